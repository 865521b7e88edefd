"""The early mean of the distance: which snapshots and whose samples count."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.datasets import ring
from pipeline.metrics import early_speed
from pipeline.models import gan
from reference.errors import DomainError
from reference.metrics import early_speed as oracle
from reference.metrics.frechet import frechet_distance
from tests.metrics import lines

RNG = torch.Generator().manual_seed(0)
TEST, VALIDATION = ({"x": torch.randn(n, 2, generator=RNG)} for n in (300, 200))


def ours(values, rounds):
    return early_speed.early_mean(torch.tensor(values), torch.tensor(rounds)).item()


@given(arrays(float, st.integers(6, 30), elements=st.floats(-1e3, 1e3)), st.integers(1, 100))
def test_the_mean(values, part):
    """Of M parts M // 5 are in the first fifth, and the beginning and the rest do not count."""
    rounds = part * np.arange(len(values))
    early = (len(values) - 1) // 5
    assert_allclose(ours(values, rounds), values[1 : 1 + early].mean(), atol=1e-10)
    assert_allclose(oracle.early_mean(values, rounds), values[1 : 1 + early].mean(), atol=1e-10)
    values[0], values[1 + early :] = 1e6, -1e6
    assert_allclose(ours(values, rounds), values[1 : 1 + early].mean(), atol=1e-10)


def test_the_oracle_refuses_a_training_without_an_early_snapshot():
    with pytest.raises(DomainError, match="a snapshot in its fifth"):
        oracle.early_mean([3.0, 2.0, 1.0], [0, 10, 20])
    with pytest.raises(DomainError, match="rounds must be rising"):
        oracle.early_mean([3.0, 2.0], [0, 0])


def run(*distances):
    """Two games on normal data in the plane whose samples are so far away at each snapshot."""
    snapshots = [[(1.0, d, 0, 0) for d in pair] for pair in distances]
    model = lines.game(gan.Model, features=2)
    splits = {"test": TEST, "validation": VALIDATION, "dataset": ring.DataSet()}
    return lines.run(model, snapshots, **splits)


def test_the_distance_of_each_snapshot_is_that_of_its_samples():
    """Replica 0 comes near soon and replica 1 late; at the end both are as good."""
    far = [(9, 9), (1, 8), (1, 7), *[(1, 6)] * 7, (0, 0)]
    game = run(*far)
    found = early_speed.measure(game)
    series = np.array(found["frechet_by_round"].values)
    assert series.shape == (2, 11)
    for i in (0, 1, 2, 10):
        made = game.at(i).sample(200)[1].numpy()
        assert_allclose(series[1, i], frechet_distance(TEST["x"].numpy(), made), rtol=1e-6)
    assert found["frechet"].values == pytest.approx(series[:, 1:3].mean(1).tolist())
    soon, late = found["frechet"].values
    assert soon < 5 < 100 < late
    floor = frechet_distance(TEST["x"].numpy(), VALIDATION["x"].numpy())
    assert_allclose(found["frechet"].reference, floor, rtol=1e-6)
    assert found["frechet"].unit == "squared data units"
