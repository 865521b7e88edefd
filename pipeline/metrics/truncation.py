"""The truncation trick: fidelity gained and diversity lost without unlikely latents.

    T(z) = F^-1(Phi(z)),    F the distribution function of N(0, 1) given |z| <= b:
    Phi(T) = Phi(-b) + Phi(z) (Phi(b) - Phi(-b))

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), section 3.1, where a latent beyond the bound b is drawn again. T(z) has the same
distribution, and T is monotone, so that samples are compared with those of the same latents
without truncation: the reference precision and recall are those of metric `prdc`. Statistics that
a model has computed from latents without truncation, such as moments of a batch norm, are kept.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.engine.randomness import Integers, Normal
from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.prdc import NEIGHBOURS, precision_recall_knn
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "images"
NEEDS_EXAMPLES = {"test": NEIGHBOURS + 1, "validation": NEIGHBOURS + 1}
VALUES = ("precision_gain", "recall_gain")
BOUND = 0.5  # standard deviations; a standard normal number is within it with probability 0.38


def truncated(z: Tensor, bound: float) -> Tensor:
    """T(z): standard normal numbers, mapped monotonically to the truncated normal distribution.

    z: any shape. bound: b, above 0; at infinity T(z) = z.
    Returns the shape of z.
    """
    b = torch.tensor(bound, dtype=torch.float64)
    # By symmetry only the lower half is computed, where all terms are positive and none cancels.
    # Phi is half of erfc: Torch's ndtr uses 1 + erf, which at -8 has a relative error of 1/50.
    below, outside = (torch.special.erfc(t / 2**0.5) / 2 for t in (z.double().abs(), b))
    moved = -torch.special.ndtri(outside + below * torch.special.erf(b / 2**0.5))
    within: Tensor = z.sign() * moved.clamp(0, bound)
    return within.to(z.dtype)


def lacks(model: Any, dataset: Any) -> str:
    """Noise other than z must be integers, which have no truncation."""
    prior = dict(model.prior())
    z = prior.pop("z", None)
    if isinstance(z, Normal) and all(isinstance(other, Integers) for other in prior.values()):
        return ""
    return "a model whose samples are made of normal numbers z"


def measure(run: Run) -> Found:
    real = run.features(run.test["x"])
    drawn = [
        (x, run.ensemble.each(run.model.sample, noise | {"z": truncated(noise["z"], BOUND)}))
        for noise, x in run.drawn(len(run.validation["x"]))
    ]
    whole, cut = (
        torch.tensor([[*precision_recall_knn(real, run.features(x))] for x in torch.cat(made, 1)])
        for made in zip(*drawn, strict=True)
    )
    gains = (cut - whole).T.tolist()
    return {
        f"{name}_gain": Measured(
            title=f"{name} gained by latents within {BOUND:g} standard deviations",
            unit=f"difference of shares; k = {NEIGHBOURS}",
            values=values,
            reference=0.0,
            reference_is="latents that are not cut",
            better="higher",
            least=-1.0,
            most=1.0,
        )
        for name, values in zip(("precision", "recall"), gains, strict=True)
    }
