"""Whether samples can be told from test data by their neighbours: a classifier two-sample test.

    accuracy = 1/2n #{ i : the nearest other point of z_i is of its own sample },  z = x and y

Lopez-Paz & Oquab, "Revisiting Classifier Two-Sample Tests" (2017), section 4, with the nearest
neighbour of all other points as the classifier: leave-one-out, so that nothing is trained or held
out. n samples x of the data's distribution are told from n test points y in half of the cases;
in all, where the two do not meet. Below a half, x lies nearer to y than y to itself, as copies do.
"""

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_DATA = ("means", "scale")
VALUES = ("accuracy",)
SAMPLES = 2_500


def nearest_neighbour_accuracy(x: Tensor, y: Tensor) -> Tensor:
    """The share of points whose nearest other point is of their own sample.

    x, y: two samples, shape (n, d) each. Of points that are equally near, any may be the one.
    Returns shape (), 0 to 1, in the dtype of x.
    """
    together = torch.cat([x, y]).numpy()
    if not np.isfinite(together).all():
        return x.new_tensor(float("nan"))
    of_y = np.arange(len(together)) >= len(x)
    found = cKDTree(together).query(together, k=2)[1]
    own = found[:, 0] == np.arange(len(together))  # of equal points it may be another
    nearest = np.where(own, found[:, 1], found[:, 0])
    return x.new_tensor((of_y[nearest] == of_y).mean())


def measure(run: Run) -> Found:
    y = run.test["x"][:SAMPLES].double().cpu()
    x = run.sample(len(y)).double().cpu()
    return {
        "accuracy": Measured(
            title="samples told from test data by their nearest neighbour",
            unit="share of cases",
            values=[nearest_neighbour_accuracy(replica, y).item() for replica in x],
            reference=0.5,
            reference_is="true samples",
            better="reference",
            least=0.0,
            most=1.0,
        )
    }
