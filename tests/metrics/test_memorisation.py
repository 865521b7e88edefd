"""Copies are told from fresh examples: copies are near, fresh ones as far as other fresh ones."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline import metrics
from pipeline.metrics import memorisation
from reference.errors import DomainError, ShapeError
from reference.metrics import memorisation as oracle
from tests.strategies import points

PLAIN = points(width=3, bound=10.0).filter(lambda x: np.abs(x).max() < 1e3)
FAR = arrays(float, st.integers(1, 9), elements=st.floats(0.5, 9))


@given(PLAIN, PLAIN)
def test_distances(x, stored):
    """Squares are right to ten roundings of the norms, so distances to the root of that."""
    found = memorisation.nearest_distances(*map(torch.from_numpy, (x, stored)))
    known = oracle.nearest_distances(x, stored)
    slack = 10 * 2.0**-52 * ((x**2).sum(1).max() + (stored**2).sum(1).max())
    assert (np.abs(found.numpy() ** 2 - known**2) <= slack).all()


@given(FAR, FAR, st.floats(0, 1))
def test_ratio_and_share(made, fresh, quantile):
    ours = [torch.from_numpy(d) for d in (made, fresh)]
    assert_allclose(
        memorisation.nearest_ratio(*ours), oracle.nearest_ratio(made, fresh), rtol=1e-14
    )
    # A distance at the quantile to the last bit is on either side of it.
    clear = made[np.abs(made - np.quantile(fresh, quantile)) > 1e-12]
    if len(clear):
        found = memorisation.share_nearer(torch.from_numpy(clear), ours[1], quantile)
        assert_allclose(found, oracle.share_nearer(clear, fresh, quantile))


def test_the_oracle_refuses_what_is_no_distance():
    with pytest.raises(DomainError, match="made must be at least 0"):
        oracle.nearest_ratio([-1.0], [1.0])
    with pytest.raises(DomainError, match="median of fresh must be above 0"):
        oracle.nearest_ratio([1.0], [0.0, 0.0, 1.0])
    with pytest.raises(DomainError, match="quantile must be in"):
        oracle.share_nearer([1.0], [1.0], 1.1)
    with pytest.raises(ShapeError, match="differ in their last axis"):
        oracle.nearest_distances([[1.0, 2.0]], [[1.0]])


def test_a_slice_at_a_time_changes_nothing(monkeypatch):
    x, stored = torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0)).double()
    whole = memorisation.nearest_distances(x, stored)
    monkeypatch.setattr(metrics, "PAIRS", 100)
    assert_allclose(memorisation.nearest_distances(x, stored), whole, rtol=1e-13)


@pytest.fixture
def run():
    """Replica 0 copies training examples, replica 1 draws fresh ones, replica 2 far ones."""
    rng = torch.Generator().manual_seed(0)

    def fresh(n):
        return torch.randn(n, 4, generator=rng)

    train = fresh(2000)
    return SimpleNamespace(
        train={"x": train},
        validation={"x": fresh(2000)},
        test={"x": fresh(1000)},
        sample=lambda count: torch.stack([train[:count], fresh(count), 20 + fresh(count)]),
    )


def test_a_memoriser_is_found_and_a_generator_is_not(run):
    """The fresh share is binomial about .01, and the quantile's own error is as large."""
    found = memorisation.measure(run)
    copied, fresh, far = found["share_nearer"].values
    error = (0.01 * 0.99 * (1 / 1000 + 1 / 2000)) ** 0.5
    assert copied == 1
    assert abs(fresh - 0.01) < 4.5 * error
    assert abs(found["share_nearer"].reference - 0.01) < 4.5 * error
    assert far == 0
    copied, fresh, far = found["nearest_ratio"].values
    assert copied < 1e-6
    assert abs(fresh - 1) < 0.1
    assert abs(found["nearest_ratio"].reference - 1) < 0.1
    assert far > 10


def test_a_copy_of_test_examples_is_no_copy_of_what_was_learnt(run):
    run.sample = lambda count: run.test["x"][None, :count]
    found = memorisation.measure(run)
    assert found["nearest_ratio"].values == [1.0]
    assert found["share_nearer"].values[0] == found["share_nearer"].reference
