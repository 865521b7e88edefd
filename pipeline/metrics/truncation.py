"""What samples win in fidelity, and lose in diversity, when unlikely latents are left out.

    T(z) = F^-1(Phi(z)),    F the distribution of N(0, 1) on condition that |z| <= b:
    Phi(T) = Phi(-b) + Phi(z) (Phi(b) - Phi(-b))

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), section 3.1, where a latent beyond the bound b is drawn again. That is the distribution of
T(z), and T keeps the order of the latents, so that the samples of a seed are compared with those
of the same latents uncut: the precision and recall beside which the gains stand are those of
metric `prdc`. What a model has taken of whole latents to sample by, such as moments of a batch
norm, it keeps.
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
BOUND = 0.5  # standard deviations; a normal number is within it with a chance of .38


def truncated(z: Tensor, bound: float) -> Tensor:
    """Normal numbers moved, in order, to where the normal distribution within the bound has them.

    z: any shape. bound: b, above 0; at infinity z stays.
    Returns its shape.
    """
    b = torch.tensor(bound, dtype=torch.float64)
    # The distribution is even, and in its lower half all terms are positive: none cancels in the
    # tail. And Phi is half of erfc, for Torch's ndtr is 1 + erf: at -8 it is off by a fiftieth of
    # itself.
    below, outside = (torch.special.erfc(t / 2**0.5) / 2 for t in (z.double().abs(), b))
    moved = -torch.special.ndtri(outside + below * torch.special.erf(b / 2**0.5))
    within: Tensor = z.sign() * moved.clamp(0, bound)
    return within.to(z.dtype)


def lacks(model: Any, dataset: Any) -> str:
    """All that is drawn but z must be a choice among whole numbers."""
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
            title=f"{name} won by latents within {BOUND:g} standard deviations",
            unit=f"difference of shares; k = {NEIGHBOURS}",
            values=values,
            reference=0.0,
            reference_is="latents that are not cut",
            better="higher",
        )
        for name, values in zip(("precision", "recall"), gains, strict=True)
    }
