"""The MIG is the oracle's, 1 for the factors, 0 for noise, and invariant to scale."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.engine.randomness import Normal
from pipeline.metrics import disentanglement
from reference.metrics import disentanglement as oracle

VALUES = (3, 2, 4)
GRID = np.stack(np.unravel_index(np.arange(24), VALUES), axis=1)
BINS = 5


def gap(codes, factors=GRID):
    codes, factors = torch.as_tensor(codes, dtype=torch.float64), torch.as_tensor(factors)
    known = disentanglement.information(codes, factors, BINS, max(VALUES))
    return disentanglement.mig(known, disentanglement.entropies(factors, max(VALUES))).item()


@st.composite
def coded(draw):
    n, width, factors = (draw(st.integers(low, high)) for low, high in ((1, 30), (1, 4), (1, 3)))
    codes = draw(arrays(float, (n, width), elements=st.floats(-5, 5, width=16)))
    return codes, draw(arrays(np.int64, (n, factors), elements=st.integers(0, 3)))


@given(coded(), st.integers(1, 8))
def test_each_formula_is_the_oracles(drawn, bins):
    codes, factors = (torch.from_numpy(a) for a in drawn)
    assert_allclose(disentanglement.binned(codes, bins), oracle.binned(codes, bins))
    known = disentanglement.information(codes, factors, bins, 4)
    assert_allclose(known, oracle.information(codes, factors, bins, 4), atol=1e-13)
    assert_allclose(
        disentanglement.entropies(factors, 4), oracle.entropies(factors, 4), atol=1e-14
    )


@given(
    st.integers(1, 4).flatmap(
        lambda k: st.tuples(
            st.integers(1, 5).flatmap(
                lambda n: arrays(float, (n, k), elements=st.floats(0, 3, width=16))
            ),
            arrays(float, k, elements=st.floats(0.5, 3)),
        )
    )
)
def test_the_gap_is_the_oracles(drawn):
    known, entropy = drawn
    ours = disentanglement.mig(torch.from_numpy(known), torch.from_numpy(entropy))
    assert_allclose(ours, oracle.mig(known, entropy), atol=1e-14)


def test_information_of_counts_is_that_of_scipy():
    """I = KL of the joint distribution from the product of its margins."""
    rng = np.random.default_rng(0)
    factors = rng.integers(0, 4, (200, 1))
    codes = factors + rng.normal(0, 0.7, (200, 1))
    bins = oracle.binned(codes, BINS)[:, 0]
    joint = np.zeros((BINS, 4))
    np.add.at(joint, (bins, factors[:, 0]), 1 / 200)
    product = np.outer(joint.sum(1), joint.sum(0))
    found = disentanglement.information(torch.from_numpy(codes), torch.from_numpy(factors), 5, 4)
    assert found.item() == pytest.approx(stats.entropy(joint.ravel(), product.ravel()))


def test_the_factors_themselves_score_one_and_zeros_score_nothing():
    assert gap(GRID) == pytest.approx(1)
    assert gap(np.zeros((24, 6))) == 0
    assert gap(np.column_stack([GRID, GRID])) == pytest.approx(0)  # each is known twice
    assert gap(GRID[:, :1]) == pytest.approx(1 / 3)  # one latent, one factor of three


@given(st.permutations(range(3)), st.lists(st.sampled_from([-3.0, 0.5, 2.0]), min_size=3))
def test_order_sign_and_scale_of_latents_do_not_matter(order, scales):
    noisy = GRID + np.random.default_rng(1).normal(0, 0.4, GRID.shape)
    # Bins of a mirrored latent have their ends mirrored too: no code lies on one here.
    assert gap(noisy[:, order] * scales[:3] + 7) == pytest.approx(gap(noisy), abs=1e-12)


def test_a_turned_code_knows_as_much_and_its_axes_mean_less():
    half = np.sqrt(0.5)
    turn = np.array([[half, -half, 0], [half, half, 0], [0, 0, 1]])
    assert gap(GRID @ turn) < gap(GRID) - 0.2


class Model:
    """The first latents are columns of what it is shown; the others have collapsed, to a mean
    that follows x so little that noise of variance 1 drowns it."""

    def posterior(self):
        return {"e": Normal((3,))}

    def observation(self):
        return {}

    def observed(self, x, noise):
        return x

    def encode(self, net, x):
        log_variance = torch.where(torch.arange(3) < net, -20.0, 0.0)
        return torch.where(torch.arange(3) < net, x, 1e-3 * x), log_variance.expand(x.shape)


def test_a_run_is_held_to_its_factors_and_to_chance():
    """Three replicas whose encoders tell none, one and all of three factors; the rest is noise."""
    places = np.random.default_rng(2).integers(0, 24, 3000)
    x = torch.from_numpy(GRID[places]).float()
    run = SimpleNamespace(
        model=Model(),
        test={"x": x, "label": torch.from_numpy(places)},
        dataset=SimpleNamespace(
            factors=lambda label: GRID[label], factor_values=VALUES, factor_names="abc"
        ),
        ensemble=SimpleNamespace(
            each=lambda f, noise: torch.stack(
                [f(torch.tensor(k), {"e": noise["e"][i]}) for i, k in enumerate((0, 1, 3))]
            ),
            noise=lambda distributions, count, stream: {
                name: torch.randn(3, *count, *distribution.shape, generator=torch.manual_seed(0))
                for name, distribution in distributions.items()
            },
        ),
    )
    found = disentanglement.measure(run)
    assert found["mig"].values == pytest.approx([0, 1 / 3, 1], abs=0.03)
    assert found["mig"].reference == pytest.approx(1, abs=0.01)
    assert found["mig_rotated"].values[2] < 0.5
    assert found["mig_rotated"].reference < 0.02
    assert found["best_latent"].values == pytest.approx([0, 1 / 3, 1], abs=0.05)
    assert found["by_factor"].values[1] == pytest.approx([1, 0, 0], abs=0.05)
