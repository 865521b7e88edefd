"""A critic's estimate, and whether it ranks the snapshots of a training as quality does."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import rankdata, spearmanr

from pipeline.metrics import frechet, loss_rank, value
from pipeline.models import gan, roles, wgan, wgan_gp
from reference.errors import DomainError
from reference.metrics import loss_rank as oracle
from reference.metrics import prdc
from reference.metrics.frechet import frechet_distance
from tests.metrics import lines

TIES = (
    st.integers(-2, 2).map(float) | st.floats(-1e6, 1e6) | st.sampled_from([math.inf, -math.inf])
)
ROWS = arrays(float, st.tuples(st.just(2), st.integers(2, 12)), elements=TIES)
RNG = torch.Generator().manual_seed(0)
TEST, VALIDATION = (
    {"x": torch.randn(300, 2, generator=RNG)},
    {"x": torch.randn(200, 2, generator=RNG)},
)


@given(ROWS)
def test_ranks_and_their_correlation(rows):
    x, y = torch.from_numpy(rows)
    for row in rows:
        assert_allclose(loss_rank.ranks(torch.from_numpy(row)), rankdata(row))
        assert_allclose(oracle.ranks(row), rankdata(row))
    assume(len(set(rows[0])) > 1 and len(set(rows[1])) > 1)
    known = spearmanr(rankdata(rows[0]), rankdata(rows[1])).statistic
    assert_allclose(loss_rank.spearman(x, y), known, atol=1e-13)
    assert_allclose(oracle.spearman(*rows), known, atol=1e-13)


@given(ROWS, st.integers(0, 2**32 - 1))
def test_only_the_order_of_the_numbers_matters(rows, seed):
    """Not that of the snapshots, nor any scale; a row upside down turns the sign."""
    x, y = torch.from_numpy(rows)
    rho = loss_rank.spearman(x, y)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(x)))
    for other in ((x[order], y[order]), (y, x), (x.atan(), 8 * y)):
        assert_allclose(loss_rank.spearman(*other), rho, atol=1e-13)
    assert_allclose(loss_rank.spearman(x, -y), -rho, atol=1e-13)


def test_what_has_no_rank_correlation():
    """One number for all snapshots has no order, and NaN is not a small number."""
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    assert loss_rank.spearman(x, torch.ones(3)).isnan()
    assert loss_rank.spearman(x, torch.tensor([math.nan, 2, 3])).isnan()
    with pytest.raises(DomainError, match="y must be of two values"):
        oracle.spearman([1.0, 2.0], [3.0, 3.0])


@given(arrays(float, 3, elements=st.floats(-100, 100)))
def test_the_estimate_of_a_minimax_loss(loss):
    ours = loss_rank.jensen_shannon_estimate(torch.from_numpy(loss))
    assert_allclose(ours, oracle.jensen_shannon_estimate(loss), atol=1e-14)


def run(Model, snapshots, **arguments):
    model = lines.game(Model, features=2, **arguments)
    return lines.run(model, snapshots, test=TEST, validation=VALIDATION)


def drawn(found, replica):
    """Real and generated logits of the last snapshot, on the validation examples, in float64."""
    noise = found.ensemble.noise(found.model.prior(), (200,), "evaluate/loss_rank")
    made = found.ensemble.each(found.model.sample, noise)
    f = found.model.scores if isinstance(found.model, roles.Critic) else found.model.logits
    real = found.ensemble.each(f, x=VALIDATION["x"])[replica]
    return real.double(), found.ensemble.each(f, made)[replica].double()


@pytest.mark.parametrize(("Model", "extra"), [(wgan.Model, {}), (wgan_gp.Model, {"penalty": 9.0})])
def test_a_critics_estimate_leaves_its_penalty_out(Model, extra):
    game = run(Model, [[(1, 0.1 * i, 2, 5), (2, 0, -3, 1)] for i in range(4)], **extra)
    found = loss_rank.measure(game)["loss_by_round"]
    for replica in (0, 1):
        real, fake = drawn(game, replica)
        assert_allclose(found.values[replica][-1], (real.mean() - fake.mean()).item(), atol=1e-5)
    assert "W₁" in found.unit


def test_a_discriminators_estimate_is_a_divergence():
    game = run(gan.Model, [[(1, 0.1 * i, 2, 1)] for i in range(4)])
    found = loss_rank.measure(game)["loss_by_round"]
    v = value.value(*drawn(game, 0)).item()
    assert_allclose(found.values[0][-1], (v + math.log(4)) / 2, atol=1e-6)
    assert found.unit == "JSD"


def test_which_way_is_up():
    """Samples draw near to the data: an estimate that falls is worth 1, one that rises -1.

    What the critic says at first, when nothing is trained, does not count.
    """
    told = [[(1, d, sign, 0) for sign in (-1, 1)] for d in (8.0, 6, 4, 2, 1, 0)]
    game = run(wgan.Model, [[(0.5, 9, sign, 0) for sign in (1, -1)], *told])
    found = loss_rank.measure(game)
    assert_allclose(found["spearman_frechet"].values, [1, -1])
    assert_allclose(found["spearman_coverage"].values, [1, -1], atol=0.1)
    assert "over 6 snapshots" in found["spearman_frechet"].title
    distances, coverage = found["frechet_by_round"], found["coverage_by_round"]
    assert (np.diff(distances.values[0]) < 0).all()
    assert coverage.values[0][0] < 0.1 < 0.9 < coverage.values[0][-1]
    known = frechet.frechet_distance(TEST["x"].double(), VALIDATION["x"].double()).item()
    assert distances.reference == known
    assert 0.9 < coverage.reference <= 1


def test_the_quality_of_each_snapshot_is_that_of_its_samples():
    """Wider than the data, as wide and narrower: the oracle's distance and its coverage."""
    game = run(wgan.Model, [[(s, 1.0, -1, 0)] for s in (2.0, 1.0, 1.5, 0.3)])
    found = loss_rank.measure(game)
    for i, snapshot in enumerate(game.at(i) for i in range(4)):
        real, made = TEST["x"].numpy(), snapshot.sample(loss_rank.SAMPLES)[0].numpy()
        distance = found["frechet_by_round"].values[0][i]
        assert_allclose(distance, frechet_distance(real, made), rtol=1e-6)
        share = prdc.density_coverage(real, made, 5)[1]
        assert_allclose(found["coverage_by_round"].values[0][i], share, atol=1 / len(real))
