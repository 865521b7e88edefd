"""Modes of several digits in a row: classified in order, counted, and compared with true ones."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import pair_modes
from reference.errors import DomainError
from reference.metrics import pair_modes as oracle
from tests.strategies import simplex


@given(arrays(float, st.integers(1, 30), elements=st.integers(0, 3).map(float)))
def test_modes_named(counts):
    assert pair_modes.modes_named(torch.from_numpy(counts)) == oracle.modes_named(counts)


@given(simplex(max_size=5), st.integers(1, 4))
def test_joint_shares(shares, parts):
    """The oracle's, and the product over every combination in the order of its digits."""
    found = pair_modes.joint_shares(torch.from_numpy(shares), parts)
    assert_allclose(found, oracle.joint_shares(shares, parts), rtol=1e-14, atol=1e-320)
    known = [np.prod(combination) for combination in product(shares, repeat=parts)]
    assert_allclose(found, known, rtol=1e-14, atol=1e-320)


def test_the_oracle_refuses_what_is_no_count_and_no_share():
    with pytest.raises(DomainError, match="counts must be at least 0"):
        oracle.modes_named([-1.0])
    with pytest.raises(DomainError, match="sum of shares must be 1"):
        oracle.joint_shares([0.5, 0.6], 2)
    with pytest.raises(DomainError, match="parts must be at least 1"):
        oracle.joint_shares([1.0], 0)


def run(parts, draw):
    """Digits of `base` classes that are their own logits, in a row; draw(n) makes the labels.

    Real parts are of class 0 twice as often as of any other.
    """
    base = 10 if parts == 2 else 4
    rng = torch.Generator().manual_seed(0)
    # A digit is its class, and noise of its own that tells it from others.
    digits = torch.cat([torch.eye(base), torch.eye(base)[:1]])
    digits = digits + 0.01 * torch.rand(digits.shape, generator=rng)
    chosen = torch.randint(base + 1, (3000, parts), generator=rng)

    def split(x):
        return list(x.unflatten(-1, (parts, base)).unbind(-2))

    def named(x):
        joint = split(x)[0]
        for part in split(x)[1:]:
            joint = (joint[:, :, None] + part[:, None, :]).flatten(1)
        return joint

    def drawn(count):
        for n in (count // 3, count - count // 3):
            yield {}, torch.stack([torch.eye(base)[labels].flatten(1) for labels in draw(n)])

    return SimpleNamespace(
        dataset=SimpleNamespace(classes=base**parts, parts=split),
        test={"x": digits[chosen].flatten(1)},
        classifier=SimpleNamespace(class_log_probabilities=lambda x: x),
        class_log_probabilities=named,
        drawn=drawn,
    )


def true(n, parts, base, rng):
    """Labels of n true examples, class 0 twice as often as another."""
    return torch.from_numpy(rng.integers(base + 1, size=(n, parts)) % base)


@pytest.mark.parametrize(("parts", "base"), [(2, 10), (3, 4)])
def test_true_samples_cover_all_modes_and_score_the_floor(parts, base):
    """2n KL is chi-squared with K - 1 degrees of freedom, over 40 replicas; |z| < 4.5."""
    rng = np.random.default_rng(0)
    found = pair_modes.measure(
        run(parts, lambda n: [true(n, parts, base, rng) for _ in range(40)])
    )
    modes = base**parts
    n, error = 26 * modes, (2 * (modes - 1) / 40) ** 0.5 / (2 * 26 * modes)
    assert found["reverse_kl"].reference == (modes - 1) / (2 * n)
    assert (
        abs(np.mean(found["reverse_kl"].values) - found["reverse_kl"].reference)
        < 4.5 * error + 1e-4
    )
    assert np.mean(found["reverse_kl_uniform"].values) == pytest.approx(
        found["reverse_kl_uniform"].reference, rel=0.02
    )
    assert found["modes_hit"].reference == pytest.approx(modes, abs=0.01)
    assert min(found["modes_hit"].values) >= modes - 1
    assert found["lost"].values == [0.0] * 40
    assert found["no_mode_lost"].values == [1.0] * 40
    assert found["no_mode_lost"].share


def test_a_mode_that_is_hit_once_is_lost():
    """A mode with a few samples, under a quarter of its share: hit, and yet lost."""
    rng = np.random.default_rng(0)

    def draw(n):
        x = true(3 * n, 2, 10, rng)
        rare = (x == torch.tensor([3, 5])).all(1) & (torch.arange(3 * n) > 40)
        return [torch.cat([torch.tensor([[3, 5]]), x[~rare]])[:n]]

    found = pair_modes.measure(run(2, draw))
    assert found["modes_hit"].values == [100]
    assert found["lost"].values == [1]


def test_lost_modes_are_counted_and_move_no_other():
    """Replica 0 never has a 7 on the left, replica 1 lacks one pair, replica 2 two of them."""
    rng = np.random.default_rng(0)

    def draw(n):
        x = true(3 * n, 2, 10, rng)
        label = 10 * x[:, 0] + x[:, 1]
        lost = [x[:, 0] == 7, label == 35, (label == 35) | (label == 1)]
        return [x[~missing][:n] for missing in lost]

    found = pair_modes.measure(run(2, draw))
    assert found["modes_hit"].values == [90, 99, 98]
    assert found["lost"].values == [10, 1, 2]
    assert found["no_mode_lost"].values == [0, 0, 0]
    lost = -np.log(1 - 1 / 11)
    assert found["reverse_kl"].values[0] == pytest.approx(lost + 89 / 5200, abs=0.015)
