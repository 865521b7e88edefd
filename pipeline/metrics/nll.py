"""The negative log-likelihood of test data, by importance sampling.

    -log p(x)  ~  -log 1/K sum_k w_k,    w_k = p(x, z_k) / q(z_k | x),    z_k ~ q(z | x)

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), section 5, at
K = 5,000; here K is the experiment's `draws`. The estimate is biased upwards, by about half the
variance of w / E w over K, so that a too narrow q is penalised; more draws lower the bias. A
Bernoulli likelihood gets the same binarised images as the evidence lower bound. For fixed images
the draws alone have, by the delta method, the standard error

    1/N sqrt( sum_x v_x ),    v = Var_k w_k / ( K (1/K sum_k w_k)^2 )
"""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.metrics import Found, Measured, Run, by_draw, frozen
from pipeline.models import roles

NEEDS = (roles.LatentVariable,)
VALUES = ("error", "estimate")


def nll(log_weights: Tensor) -> Tensor:
    """-log p(x) averaged over examples, in nats per example: smaller is better.

    log_weights: log w of each example's draws, shape (N, K).
    Returns shape ().
    """
    return math.log(log_weights.shape[-1]) - log_weights.logsumexp(-1).mean()


def standard_error(log_weights: Tensor) -> Tensor:
    """The standard error of `nll` by its draws alone, in nats per example; NaN for one draw.

    log_weights: as above, shape (N, K).
    Returns shape ().
    """
    weights = (log_weights - log_weights.amax(-1, keepdim=True)).exp()
    relative = weights.var(-1) / (weights.shape[-1] * weights.mean(-1).square())
    return relative.sum().sqrt() / len(weights)


def measure(run: Run) -> Found:
    model, x = run.model, run.test["x"]
    seen = frozen(model, x)
    log_weights = _log_weights(run)
    if seen or not hasattr(run.dataset, "log_density"):
        blind = model.blind(run.train["x"])
        reference = model.reconstruction(model.observed(x, seen), blind).mean()
        reference_is = "a decoder that ignores z: pixel means"
    else:
        reference = -run.dataset.log_density(x.cpu().numpy()).mean()
        reference_is = "the true density"
    return {
        "estimate": Measured(
            title=f"test -log p(x), {run.draws} draws",
            unit="nats per example",
            values=torch.vmap(nll)(log_weights).tolist(),
            reference=float(reference),
            reference_is=reference_is,
            better="lower",
        ),
        "error": Measured(
            title=f"standard error of the likelihood, {run.draws} draws",
            unit="nats per example",
            values=torch.vmap(standard_error)(log_weights).tolist(),
            reference=0.0,
            reference_is="draws of the posterior itself",
            better="lower",
            least=0.0,
        ),
    }


def _log_weights(run: Run) -> Tensor:
    """log w of each test image's draws, (R, N, K)."""

    def weight(model: Any, net: Nets, given: Any, noise: Any) -> Any:
        x, seen = given
        return model.log_weight(net, {"x": x}, noise | seen)

    def noise(i: int, images: int) -> Iterator[dict[str, Tensor]]:
        # One block of the stream per draw: all draws at once would not fit in memory.
        for block in range(i * run.draws, (i + 1) * run.draws):
            yield Ensemble.noise(run.ensemble, run.model.posterior(), (images,), "nll", block)

    parts = by_draw(run, weight, noise, run.draws)
    return torch.cat([torch.stack(part, dim=-1).cpu() for part in parts], dim=1)
