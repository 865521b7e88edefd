"""Numbers from tables are those of the schedules, in float32, and a step with them is the same."""

import pytest
import torch

from pipeline.engine import tables
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.schedules import decaying, falling, rising

ROUNDS = 3 * BLOCK + 2
OPTIMIZERS = {
    "adam": {"name": "adam", "lr": 1e-2},
    "adam_falling": {"name": "adam", "lr": 1e-2, "scale": falling(ROUNDS, 0.1)},
    "adam_each": {"name": "adam", "lr": [1e-2, 1e-3], "betas": [(0.5, 0.9), (0.0, 0.99)]},
    "adam_rate_each": {"name": "adam", "lr": [1e-2, 1e-3]},
    "adam_falling_each": {"name": "adam", "lr": 1e-2, "scale": falling(ROUNDS, [0.1, 0.5])},
    "sgd": {"name": "sgd", "lr": 1e-2},
    "sgd_each": {"name": "sgd", "lr": [1e-2, 1e-3]},
    "momentum": {"name": "sgd", "lr": 1e-2, "momentum": 0.5, "scale": decaying(0.99, 0.5)},
    "momentum_each": {"name": "sgd", "lr": [1e-2, 1e-3], "momentum": [0.5, 0.9]},
    "momentum_rising": {"name": "sgd", "lr": 1e-2, "momentum": rising(0.5, 0.7, 60)},
}


def begun(settings, rows):
    """An optimizer of the replicas in these rows, with two pieces of weights.

    16 numbers and 32 a replica: what fills no vector of a processor is stepped in float64 by
    Torch's kernel for CPUs, where a number from a table, in float32, is another.
    """
    weights = [
        torch.linspace(-1, 1, 32).view(2, 16)[rows].clone(),
        torch.ones(2, 32)[rows].clone(),
    ]
    return optimizer(**settings)(weights, rows=rows)


@pytest.mark.parametrize("rows", [slice(0, 2), slice(1, 2)], ids=["both", "second"])
@pytest.mark.parametrize("settings", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_step_with_numbers_from_a_table_is_one_without(settings, rows):
    """But for the rounding of a rate to float32: .01 has an error of 2e-8 of itself there."""
    plain, own = begun(settings, rows), begun(settings, rows)
    paced = tables.Paced(own, rows)
    rng = torch.Generator().manual_seed(0)
    for played in range(ROUNDS):
        gradients = [torch.randn(w.shape, generator=rng) for w in plain.weights]
        plain.step([g.clone() for g in gradients], played)
        if played % BLOCK == 0:
            paced.fill(played // BLOCK)
        paced.step([g.clone() for g in gradients], played)
        for one, other in zip(plain.weights, paced.weights, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
    for name, tensor in plain.state().items():
        torch.testing.assert_close(tensor, paced.state()[name], rtol=1e-5, atol=1e-6)


def test_a_table_has_the_number_of_each_round_of_its_block():
    table = tables.Table(lambda played: 2.0 * played, torch.device("cpu"))
    assert [float(table(t)) for t in (0, 1, BLOCK - 1, BLOCK, 3 * BLOCK + 5, 2)] == [
        0.0, 2.0, 2.0 * BLOCK - 2, 2.0 * BLOCK, 6.0 * BLOCK + 10, 4.0
    ]  # fmt: skip
    each = tables.Table(lambda played: torch.tensor([[1.0], [2.0]]) * played, torch.device("cpu"))
    assert each(BLOCK + 1).tolist() == [[BLOCK + 1.0], [2 * BLOCK + 2.0]]


def test_a_table_stays_where_it_is():
    """A captured step reads the memory that it was captured with."""
    table = tables.Table(lambda played: float(played), torch.device("cpu"))
    row = table(3)
    table.fill(2)
    assert float(row) == 2 * BLOCK + 3
