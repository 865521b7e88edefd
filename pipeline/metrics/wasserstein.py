"""The Wasserstein-1 distance of two samples on the line.

    W_1( F, G ) = int |F(t) - G(t)| dt

Vallender, "Calculation of the Wasserstein distance between probability distributions on the
line" (1974), theorem 1, for the empirical distribution functions of the samples.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_DATA = ("sample",)
VALUES = ("distance",)
SAMPLES = 10_000
FLOORS = 20  # pairs of true samples over which the reference value is averaged


def wasserstein(x: Tensor, y: Tensor) -> Tensor:
    """W_1 of the two empirical distributions, in the unit of x.

    x: one sample, shape (N,). y: the other, shape (M,).
    Returns shape ().
    """
    points, order = torch.cat([x, y]).sort()
    steps = torch.cat([x.new_full(x.shape, 1 / len(x)), x.new_full(y.shape, -1 / len(y))])
    difference = steps[order].cumsum(0)[:-1]  # F - G between consecutive points
    return (difference.abs() * points.diff()).sum()


def lacks(model: Any, dataset: Any) -> str:
    return "" if dataset.features == 1 else "data on the line, of one feature"


def measure(run: Run) -> Found:
    y = run.test["x"][:, 0].double()
    floors = []
    for pair in range(FLOORS):
        rng = np.random.default_rng([len(y), pair])
        samples = [run.dataset.sample(n, rng)[0][:, 0] for n in (SAMPLES, len(y))]
        floors.append(wasserstein(*(torch.as_tensor(s).double() for s in samples)).item())
    return {
        "distance": Measured(
            title="W₁ to the test sample",
            unit="data units",
            values=[wasserstein(x, y).item() for x in run.sample(SAMPLES)[..., 0].double()],
            reference=float(np.mean(floors)),
            reference_is=f"two true samples of these sizes, mean of {FLOORS} pairs",
            better="lower",
            least=0.0,
        )
    }
