"""The standard error of a KL term that is estimated from draws of z.

    KL(x) ~ 1/S sum_s k_s(x),    k_s = log q(z_s | x) - log p(z_s)
    error = 1/N sqrt( sum_x 1/S Var_s k_s(x) )

Tomczak & Welling, "VAE with a VampPrior" (2018), equation 9: the KL to a mixture has no closed
form. Its estimate is unbiased, and this is the standard error of its mean over the N test images,
for the same draws as in the evidence lower bound (pipeline/metrics/elbo.py) and for fixed images.
Where the KL has a closed form, all draws are equal and the error is 0.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, bound, elbo
from pipeline.models import roles

NEEDS = (roles.LatentVariable,)
VALUES = ("standard_error",)


def standard_error(draws: Tensor) -> Tensor:
    """The standard error of the mean over images and draws, in nats per image.

    draws: k, one row per draw, S of at least 2, shape (S, N).
    Returns shape ().
    """
    return (draws.var(0) / len(draws)).sum().sqrt() / draws.shape[1]


def measure(run: Run) -> Found:
    draws = bound(run, elbo.DRAWS)["kl"]
    return {
        "standard_error": Measured(
            title=f"standard error of the KL, {elbo.DRAWS} draws",
            unit="nats per image",
            values=torch.vmap(standard_error, in_dims=1)(draws).tolist(),
            reference=0.0,
            reference_is="a KL in closed form",
            better="lower",
            least=0.0,
        )
    }
