"""The negative log-likelihood of test data, by importance sampling.

    -log p(x)  ~  -log 1/K sum_k w_k,    w_k = p(x, z_k) / q(z_k | x),    z_k ~ q(z | x)

Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), section 5, at
K = 5,000; here K is the experiment's `draws`. The estimate is biased upwards, by about half the
variance of w / E w over K, so that a too narrow q is penalised; more draws lower the bias. A
Bernoulli likelihood gets the same binarised images as the evidence lower bound.
"""

import math
from typing import Any

import torch
from torch import Tensor

from pipeline.engine.ensemble import Nets
from pipeline.metrics import Found, Measured, Run, frozen, slices
from pipeline.models import roles

NEEDS = (roles.LatentVariable,)
VALUES = ("estimate",)


def nll(log_weights: Tensor) -> Tensor:
    """-log p(x) averaged over examples, in nats per example: smaller is better.

    log_weights: log w of each example's draws, shape (N, K).
    Returns shape ().
    """
    return math.log(log_weights.shape[-1]) - log_weights.logsumexp(-1).mean()


def measure(run: Run) -> Found:
    model, x = run.model, run.test["x"]
    seen = frozen(model, x)

    def weight(net: Nets, noise: dict[str, Tensor], x: Tensor, seen: dict[str, Tensor]) -> Any:
        return model.log_weight(net, {"x": x}, noise | seen)

    parts = []
    for i, (some, seen_of_them) in enumerate(slices(run)):
        # One block of the stream per draw: all draws at once would not fit in memory.
        blocks = range(i * run.draws, (i + 1) * run.draws)
        noise = (run.ensemble.noise(model.posterior(), (len(some),), "nll", b) for b in blocks)
        drawn = [run.ensemble.each(weight, one, x=some, seen=seen_of_them) for one in noise]
        share = len(some) / len(x)
        parts.append(torch.vmap(nll)(torch.stack(drawn, dim=-1)) * share)
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
            values=torch.stack(parts).sum(0).tolist(),
            reference=float(reference),
            reference_is=reference_is,
            better="lower",
        )
    }
