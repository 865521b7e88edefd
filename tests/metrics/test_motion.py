"""A game on the line by quadrature: its densities, and the theorem that relates them."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import norm

from pipeline.datasets.gaussian_1d import DataSet
from pipeline.metrics import motion
from pipeline.models import gan
from reference.metrics import motion as oracle
from reference.theory.value_function import value_regret
from tests.metrics import lines
from tests.strategies import logit_values, two_distributions

STANDARD = DataSet(mean=0.0, std=1.0)
HALF = 0.0, 0.0  # D = 1/2


def run(*snapshots, data=STANDARD):
    return lines.run(lines.game(gan.Model), snapshots, dataset=data)


def jsd_of_normals(shift, width=1.0):
    """By adaptive quadrature of the standard normal distribution and another one."""

    def share(x):
        p, q = norm.logpdf(x), norm.logpdf(x, shift, width)
        both = np.logaddexp(p, q) - math.log(2)
        return (np.exp(p) * (p - both) + np.exp(q) * (q - both)) / 2

    places = shift + width * np.array([-8, -3, -1, 0, 1, 3, 8])
    return quad(share, -12, 12 + shift, points=places, epsabs=1e-13, limit=500)[0]


@st.composite
def maps(draw):
    """Edges of bins, a map that turns, stays and leaves them, and what lies below its latents."""
    ends = draw(arrays(float, st.integers(2, 9), elements=st.integers(-4, 4).map(float)))
    steps = draw(arrays(float, len(ends), elements=st.floats(0, 1)))
    edges = draw(st.lists(st.integers(-5, 5), min_size=2, max_size=8, unique=True))
    return np.sort(edges) + 0.37, ends, np.cumsum(steps) / len(steps)


@given(maps())
def test_what_a_map_carries_to_each_bin(args):
    """By monotone pieces, as the oracle has it by cells."""
    assert_allclose(motion.pushforward(*args), oracle.pushforward(*args), atol=1e-14)


@given(maps(), st.integers(0, 2**32 - 1))
def test_neither_the_way_through_nor_more_latents_matter(args, seed):
    """Backwards, upside down, and with latents in between, the same mass lies in each bin."""
    edges, ends, below = args
    known = motion.pushforward(edges, ends, below)
    assert known.min() >= 0
    assert known.sum() <= below[-1] - below[0] + 1e-14
    backwards = motion.pushforward(edges, ends[::-1], below[-1] - below[::-1])
    assert_allclose(backwards, known, atol=1e-14)
    assert_allclose(motion.pushforward(-edges[::-1], -ends, below)[::-1], known, atol=1e-14)
    at = np.arange(len(ends), dtype=float)
    more = np.sort(np.append(at, np.random.default_rng(seed).uniform(0, at[-1], 5)))
    finer = np.interp(more, at, ends), np.interp(more, at, below)
    assert_allclose(motion.pushforward(edges, *finer), known, atol=1e-13)


def test_a_folded_normal():
    """|z| has twice the mass of z at every x > 0, to the fourth order of a bin."""
    z, edges = motion.Z.numpy(), np.linspace(0, 3, 31)
    known = 2 * np.diff(norm.cdf(edges))
    assert_allclose(motion.pushforward(edges, np.abs(z), norm.cdf(z)), known, atol=1e-6)


@given(two_distributions(min_size=2), st.data())
def test_the_torch_numbers_are_the_oracles(distributions, data):
    p, q = (
        np.where(m < 1e-300, 0, m) for m in distributions
    )  # the oracle's ratio of such to 1 is 0
    a = data.draw(arrays(float, len(p), elements=logit_values()))
    ours = [torch.from_numpy(array) for array in (p, q, a)]
    jsd, best = motion.jensen_shannon(*ours[:2]), motion.optimum(*ours[:2])
    assert_allclose(jsd, oracle.jensen_shannon(p, q), atol=4e-15)
    assert_allclose(best, oracle.optimum(p, q), atol=4e-15)
    assert_allclose(best, 2 * jsd - math.log(4), atol=4e-15)
    value = motion.game_value(*ours)
    assert_allclose(value, oracle.game_value(p, q, a), rtol=1e-14)
    assert_allclose(best - value, value_regret(p, q, a), atol=4e-15, rtol=1e-13)


def test_nothing_to_be_told_apart():
    """G hands its noise through to normal data: JSD 0, and D = 1/2 has V = -log 4, the best."""
    found = motion.measure(run([(1, 0, *HALF)], [(-1, 0, *HALF)]))
    assert abs(found["jsd"].values[0]) < 1e-8
    assert_allclose(found["value_by_round"].values, -math.log(4), atol=1e-13)
    assert_allclose(found["regret_by_round"].values, 0, atol=2e-8)


@pytest.mark.parametrize("shift", [0.1, 1.0, 5.0])
def test_normal_data_and_shifted_samples(shift):
    """log p - log q = s (s - 2 x) / 2: the best discriminator is a line, and has no regret."""
    best = -shift, shift**2 / 2
    found = motion.measure(run([(1, shift, *best), (1, shift, *HALF)]))
    known = jsd_of_normals(shift)
    assert_allclose(found["jsd"].values, known, atol=2e-6)
    first, second = found["value_gap"].values
    assert -1e-8 < first <= 1e-13
    assert_allclose(second, -2 * known, atol=4e-6)
    assert_allclose(found["optimum_by_round"].values, 2 * known - math.log(4), atol=4e-6)


def test_a_narrow_and_a_distant_generator():
    """A tenth of the data's width, a point among them, and samples where no data are."""
    found = motion.measure(run([(0.1, 0, *HALF), (1e-9, 0, *HALF), (1, 50, *HALF)]))
    narrow, point, far = found["jsd"].values
    assert 0 < jsd_of_normals(0, 0.1) - narrow < 5e-5
    assert 0 < math.log(2) - point < 0.02
    assert_allclose(far, math.log(2), rtol=1e-12)


def test_what_is_told_of_each_snapshot():
    snapshots = [[(s, 1, 0.3, 0.2), (2 * s, 1, *HALF)] for s in (0.1, 0.5, 1.0)]
    found = motion.measure(run(*snapshots, data=DataSet()))
    for name in ("jsd", "value", "optimum", "regret"):
        assert np.shape(found[f"{name}_by_round"].values) == (2, 3)
        assert found[f"{name}_by_round"].rounds == [0, 10, 20]
    jsd, regret = (np.array(found[f"{n}_by_round"].values) for n in ("jsd", "regret"))
    assert (regret >= 0).all()
    assert jsd[0].argmin() == 1  # s = .5 is the data's
    assert (jsd[1] > jsd[0])[1:].all()
    assert found["jsd"].values == pytest.approx(jsd[:, -1])
    assert found["value_gap"].values == pytest.approx(-regret[:, -1])


def test_what_is_drawn():
    """Of normal samples twice as wide as the data, D 1/2: the densities and the map."""
    found = motion.measure(run([(2, 0, *HALF)], [(-2, 0, *HALF)]))
    densities, drawn = found["densities"], found["map"]
    x, line = np.array(densities.x), {n: np.array(v) for n, v in densities.lines.items()}
    assert densities.rounds == [0, 10]
    p, q = norm.pdf(x), norm.pdf(x, scale=2)
    assert_allclose(line["p_data"], [p, p], rtol=1e-12)
    assert_allclose(line["p_g"], [q, q], rtol=1e-3)
    assert_allclose(line["D"], 0.5)
    assert_allclose(drawn.lines["G(z)"], [2 * np.array(drawn.x), -2 * np.array(drawn.x)])
    assert_allclose(drawn.lines["log gradient"], math.log(2), rtol=1e-12)


def test_many_snapshots_are_thinned_for_the_drawing():
    """The first and the last are always there."""
    rounds = motion.measure(run(*[[(1, 0, *HALF)]] * 51))["densities"].rounds
    assert len(rounds) == motion.SHOWN
    assert (rounds[0], rounds[-1]) == (0, 500)


@given(maps(), st.booleans())
def test_no_mass_is_lost_at_the_ends(args, tight):
    """Where the bins hold all that is generated they hold its mass, however much of it lies in
    points, and whichever edges these are on: each bin has its lower one, the last both."""
    _, ends, below = args
    low, high = ends.min(), ends.max()
    edges = np.arange(low, high + 1) if tight and high > low else np.arange(low - 1, high + 2)
    for pushforward in (motion.pushforward, oracle.pushforward):
        assert_allclose(pushforward(edges, ends, below).sum(), below[-1] - below[0], atol=1e-14)
    known = oracle.pushforward(edges, ends, below)
    assert_allclose(motion.pushforward(edges, ends, below), known, atol=1e-14)
    points = np.repeat(ends, 2)  # a step function: points alone, as a histogram counts them
    mass = np.arange(len(ends) + 1) / len(ends)
    shares = np.sort(np.concatenate([mass[:-1], mass[1:]]))
    counted = np.histogram(ends, edges)[0] / len(ends)
    for pushforward in (motion.pushforward, oracle.pushforward):
        assert_allclose(pushforward(edges, points, shares), counted, atol=1e-14)


def test_a_collapsed_generator_has_nothing_of_the_data():
    """One point that lies where no data are, as an end of what is drawn or not: JSD is log 2."""
    found = motion.measure(run([(0, x, *HALF) for x in (-50.0, -9.0, 9.0, 50.0)]))
    assert_allclose(found["jsd"].values, math.log(2), rtol=1e-12)
