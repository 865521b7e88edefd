"""The arrival of all modes: by hand, by the oracle, and on planted samples."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.metrics import arrival
from reference.errors import DomainError
from reference.metrics import arrival as oracle
from tests.strategies import points

MODES = 4
COVERED = arrays(np.int64, st.integers(2, 9), elements=st.integers(MODES - 1, MODES))
MEANS = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0], [5.0, 5.0]])


def ours(covered, rounds):
    return arrival.rounds_to_all(torch.tensor(covered), torch.tensor(rounds), MODES).item()


@given(COVERED)
def test_the_round(covered):
    rounds = 10 * np.arange(len(covered))
    assert ours(covered, rounds) == oracle.rounds_to_all(covered, rounds, MODES)


@given(points(width=2, bound=3.0), points(width=2, bound=3.0), st.floats(0.01, 2))
def test_modes_kept(x, means, scale):
    kept = arrival.modes_kept(*(torch.from_numpy(array) for array in (x, means)), scale)
    assert kept == oracle.modes_kept(x, means, scale)


@pytest.mark.parametrize(
    ("covered", "arrives"),
    [
        ([0, 3, 4, 4, 4], 20),
        ([4, 4, 4, 4, 4], 0),
        ([0, 4, 3, 4, 4], 30),  # lost once more
        ([0, 4, 4, 4, 3], 40),  # never: not at the end
        ([0, 3, 3, 3, 3], 40),  # never
        ([0, 3, 3, 3, 4], 40),  # the last snapshot alone has not been seen to last
    ],
)
def test_by_hand(covered, arrives):
    assert ours(covered, [0, 10, 20, 30, 40]) == arrives


@given(COVERED, st.integers(0, 8))
def test_to_lose_a_mode_is_never_sooner(covered, at):
    """And no arrival has the number of all rounds, which is that of a seed without one."""
    rounds = 10 * np.arange(len(covered))
    lost = covered.copy()
    lost[at % len(covered)] = MODES - 1
    assert ours(lost, rounds) >= ours(covered, rounds)
    arrived = (covered[-2:] == MODES).all()
    assert (ours(covered, rounds) < rounds[-1]) == arrived


def test_the_oracle_refuses_what_is_no_training():
    with pytest.raises(DomainError, match="rounds must be rising"):
        oracle.rounds_to_all([0, 1], [10, 10], 1)
    with pytest.raises(DomainError, match="covered must be below 2"):
        oracle.rounds_to_all([0, 2], [0, 10], 1)


def test_a_mode_is_kept_by_a_quarter_of_its_weight_in_good_samples():
    """Of 160 samples and 4 modes that is 10: 10 and 9 good ones, 40 beside the mode, the rest."""
    beside = MEANS[2] + np.array([0.4, 0.0])  # 4 s: nearest to its mode and no good sample
    x = np.concatenate(
        [np.tile(p, (n, 1)) for p, n in zip([*MEANS[:2], beside], (10, 9, 40), strict=True)]
    )
    x = torch.from_numpy(np.concatenate([x, np.tile(MEANS[3], (101, 1))]))
    assert arrival.modes_kept(x, torch.from_numpy(MEANS), 0.1) == 2
    noise = torch.rand(2_500, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert arrival.modes_kept(12 * noise - 3.5, torch.from_numpy(MEANS), 0.1) == 0


def test_planted_modes_are_followed():
    """Replica 0 finds a mode per snapshot, replica 1 loses the first and finds it at the end."""
    found = [[(0,), (0, 1, 2)], [(0, 1), (0, 1, 2, 3)], [(0, 1, 2), (0,)]]
    found += [[(0, 1, 2, 3), (1, 2, 3)], [(0, 1, 2, 3), (0, 1, 2, 3)]]

    def at(i):
        def sample(count):
            near = [MEANS[list(m)][np.arange(count) % len(m)] for m in found[i]]
            return torch.from_numpy(np.stack(near)) + 0.1

        return SimpleNamespace(sample=sample)

    dataset = SimpleNamespace(means=MEANS, scale=0.1)
    run = SimpleNamespace(snapshots=[0, 50, 100, 150, 200], at=at, dataset=dataset)
    told = arrival.measure(run)
    assert told["modes_by_round"].values == [[1, 2, 3, 4, 4], [3, 4, 1, 3, 4]]
    assert told["modes_by_round"].rounds == run.snapshots
    assert told["rounds"].values == [150, 200]
    assert told["rounds"].reference == 200
    assert told["part"].values == [0.75, 1]
    assert told["before_end"].values == [1, 0]
    assert told["before_end"].share
