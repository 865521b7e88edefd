"""Memorisation: how near samples lie to training examples.

    d(x)      = min_i |x - t_i|,  t_i the training examples
    ratio     = median d(generated) / median d(test)
    memorised = fraction of generated x with d(x) below the 1 % quantile of d(validation)

Fresh examples of the true density have ratio 1, and 1 % of them count as memorised, by the
definition of that quantile; copies of training examples have ratio 0 and all count. The comparison
with fresh examples instead of zero is that of Meehan, Chaudhuri & Dasgupta, "A Non-Parametric Test
to Detect Data-Copying in Generative Models" (2020), section 3; here distances are in the units of
the data, the pixels of images, so that a shifted copy is not detected. Samples that are worse than
any image are far from all of them: a ratio above 1 does not mean high quality.
"""

from typing import Any

from torch import Tensor

from pipeline.metrics import Found, Measured, Run, by_rows
from pipeline.models import roles

NEEDS = (roles.Sampler,)
VALUES = ("nearest_ratio", "share_nearer")
EXAMPLES = 2_000  # of each kind at most: each is compared with 50,000 training images
QUANTILE = 0.01


def nearest_distances(x: Tensor, stored: Tensor) -> Tensor:
    """d(x), the distance of each example from the nearest stored one.

    x: shape (n, d). stored: shape (m, d).
    Returns shape (n,), in the data's units.
    """
    norms = stored.square().sum(-1)

    def nearest(rows: Tensor) -> Tensor:
        # |x|^2 + |t|^2 - 2 x't: differences of 784 pixels would take forty times as long, and the
        # cancellation in float64 costs 1e-14 of the norms.
        squares = rows.square().sum(-1, keepdim=True) + norms - 2 * rows @ stored.T
        return squares.amin(-1).clamp(min=0).sqrt()

    return by_rows(nearest, x, len(stored))


def nearest_ratio(made: Tensor, fresh: Tensor) -> Tensor:
    """The median of generated examples' distances over that of fresh ones.

    made, fresh: distances from the nearest training example, shape (n,) and (m,).
    Returns shape ().
    """
    return made.quantile(0.5) / fresh.quantile(0.5)


def share_nearer(made: Tensor, fresh: Tensor, quantile: float = QUANTILE) -> Tensor:
    """The fraction of generated examples that are nearer than a quantile of fresh ones.

    made, fresh: distances from the nearest training example, shape (n,) and (m,).
    quantile: that of the fresh examples' distances.
    Returns shape (), 0 to 1.
    """
    return (made < fresh.quantile(quantile)).to(made.dtype).mean()


def lacks(model: Any, dataset: Any) -> str:
    """Where there are few points, each that is drawn has been seen."""
    return "data of more than a few points" if hasattr(dataset, "points") else ""


def measure(run: Run) -> Found:
    stored = run.train["x"].double()

    def near(x: Tensor) -> Tensor:
        return nearest_distances(x[:EXAMPLES].double(), stored)

    test, fresh = near(run.test["x"]), near(run.validation["x"])
    made = [near(x) for x in run.sample(min(EXAMPLES, len(run.test["x"])))]
    return {
        "nearest_ratio": Measured(
            title="distance of samples from the nearest training example",
            unit="median, over that of test examples",
            values=[nearest_ratio(x, test).item() for x in made],
            reference=nearest_ratio(fresh, test).item(),
            reference_is=f"validation examples, n = {len(fresh):,}; copies: 0",
            better="reference",
            least=0.0,
        ),
        "share_nearer": Measured(
            title="samples nearer to a training example than fresh ones are",
            unit=f"share below the {QUANTILE:.0%} quantile of validation examples",
            values=[share_nearer(x, fresh).item() for x in made],
            reference=share_nearer(test, fresh).item(),
            reference_is=f"test examples, n = {len(test):,}; copies: 1",
            better="reference",
            least=0.0,
            most=1.0,
        ),
    }
