"""The rate of each latent in nats, and the number of active latents.

    rate_j = E_x KL( q(z_j | x) || p(z_j) ),    sum_j rate_j = E_x KL( q(z|x) || p(z) )
    active = #{ j : Var_x E_q(z|x)[ z_j ] > 0.01 }

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), section 5.2. The
sum of the rates bounds the mutual information of x and z from above (Hoffman & Johnson, "ELBO
surgery", 2016). The prior is the model's own, with independent latents: under N(0, I), a latent
without information has m = 0, s = 1 for every x; it has collapsed. Under a mixture such as a
VampPrior the latents are dependent, and the KL is not a sum over them.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.engine.ensemble import Nets, Noise
from pipeline.metrics import Found, Histogram, Measured, Run, slices
from pipeline.models import roles

NEEDS = (roles.IndependentLatents,)
VALUES = ("active_units", "kl_per_latent")
ACTIVE = 0.01  # the variance of the posterior means above which a latent counts


def active_units(mean: Tensor) -> Tensor:
    """The number of latents whose posterior mean depends on x.

    mean: m of q(z | x), shape (N, latent).
    Returns shape (), 0 to latent, in the dtype of mean.
    """
    return (mean.var(0, correction=0) > ACTIVE).to(mean.dtype).sum()


def measure(run: Run) -> Found:
    def encoded(net: Nets, x: Tensor, seen: Noise) -> Any:
        return run.model.encode(net, run.model.observed(x, seen))

    parts = [run.ensemble.each(encoded, x=x, seen=seen) for x, seen in slices(run, 4)]
    mean, log_variance = (torch.cat(part, dim=1) for part in zip(*parts, strict=True))
    kl = run.model.kl_by_latent(mean, log_variance)
    by_latent = kl.mean(1).sort(descending=True).values
    latent, silent = mean.shape[-1], "an encoder that ignores x"
    return {
        "kl_per_latent": Measured(
            title="KL( q(z|x) || p(z) ) per latent",
            unit="nats per latent",
            values=by_latent.mean(1).tolist(),
            reference=0.0,
            reference_is=silent,
            better="reference",
        ),
        "active_units": Measured(
            title="active latents",
            unit=f"of {latent}",
            values=torch.vmap(active_units)(mean).tolist(),
            reference=0.0,
            reference_is=silent,
            better="higher",
            least=0.0,
            most=float(latent),
        ),
        "by_latent": Histogram(
            title="nats per latent, largest first",
            labels=[str(j + 1) for j in range(latent)],
            values=by_latent.tolist(),
            reference=[0.0] * latent,
            reference_is=silent,
        ),
    }
