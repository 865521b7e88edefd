"""KID, the kernel distance of generated from real examples, in the classifier's features.

    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y),    k(a, b) = (a'b / d + 1)^3

Binkowski, Sutherland, Arbel & Gretton, "Demystifying MMD GANs" (2018), section 4; the estimate
is that of Gretton et al., "A Kernel Two-Sample Test" (2012), equation 3, over pairs of different
examples. It is unbiased at any sample size, unlike a Frechet distance, and so it may be negative.
The features are those of the Frechet distance, not those of an Inception network. They are divided
by the root of their mean square on real examples: the kernel has a fixed scale, and the scale of
logits is arbitrary.
"""

from typing import Any

from torch import Tensor

from pipeline.metrics import Found, Measured, Run, by_rows
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "images"
NEEDS_EXAMPLES = {"test": 2, "validation": 2}
VALUES = ("distance",)


def kernel_distance(x: Tensor, y: Tensor) -> Tensor:
    """The unbiased estimate of MMD^2 with the cubic kernel; it may be negative.

    x, y: samples, shape (n, d) and (m, d), at least two rows each.
    Returns shape ().
    """

    def pairs(a: Tensor, b: Tensor) -> Tensor:
        return by_rows(lambda rows: _cubed(rows @ b.T, b).sum(-1), a, len(b)).sum()

    def different(a: Tensor) -> Tensor:
        return (pairs(a, a) - _cubed(a.square().sum(-1), a).sum()) / (len(a) * (len(a) - 1))

    return different(x) + different(y) - 2 * pairs(x, y) / (len(x) * len(y))


def _cubed(products: Tensor, samples: Tensor) -> Tensor:
    return (products / samples.shape[-1] + 1).pow(3)


def lacks(model: Any, dataset: Any) -> str:
    """Examples are scaled by their root mean square."""
    return "data of more than one point" if getattr(dataset, "points", 2) == 1 else ""


def measure(run: Run) -> Found:
    real, fresh = run.features(run.test["x"]), run.features(run.validation["x"])
    scale = real.square().mean().sqrt()
    made = [run.features(x) / scale for x in run.sample(len(fresh))]
    real, fresh = real / scale, fresh / scale
    return {
        "distance": Measured(
            title="kernel distance of samples",
            unit="squared MMD, cubic kernel",
            values=[kernel_distance(real, x).item() for x in made],
            reference=kernel_distance(real, fresh).item(),
            reference_is=f"as many validation examples, n = {len(fresh):,}",
            better="lower",
        )
    }
