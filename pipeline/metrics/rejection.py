"""What the discriminator is worth after training: samples that it accepts, held to the density.

    M = max a(x),    F(x) = a - M - log(1 - exp(a - M - eps)),    accept with s(F(x) - gamma)

with a the logit of D and s the logistic function: Azadi, Olsson, Darrell, Goodfellow & Odena,
"Discriminator Rejection Sampling" (2019), equations 6 to 8. exp(a) is the ratio p_data / p_g where
D is at its best (Goodfellow et al. 2014, proposition 1), and with gamma = 0 acceptance is
exp(a - M), which leaves exactly p_data; their gamma, the 80th percentile of F, accepts more, since
a trained D is sure of hardly any sample. What is accepted is measured by metric `coverage`.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from pipeline.engine.randomness import Uniform
from pipeline.metrics import Found, Measured, Run, coverage
from pipeline.models import roles

NEEDS = (roles.Discriminator, roles.Sampler)
NEEDS_DATA = ("means", "scale")
VALUES = ("accepted", "divergence")
DRAWN = 25_000  # of which every tenth at least is accepted: a fifth has a chance above a half
QUANTILE = 0.8  # of F, that is gamma
EPS = 1e-8  # the best sample is accepted, not with an infinite F


def acceptance(logits: Tensor, gamma: Tensor | float | None = None) -> Tensor:
    """The chance with which each sample is accepted.

    logits: a, shape (N,). gamma: None for the quantile of F that the module states.
    Returns shape (N,), 0 to 1.
    """
    below = logits - logits.max()
    f = below - (-(below - EPS).exp()).log1p()
    return logsigmoid(f - (f.quantile(QUANTILE) if gamma is None else gamma)).exp()


def measure(run: Run) -> Found:
    x = run.sample(DRAWN)
    chances = [acceptance(logits) for logits in run.logits(x).double()]
    coins = run.ensemble.noise({"coin": Uniform(())}, (DRAWN,), "evaluate/reject")["coin"]
    means = torch.as_tensor(run.dataset.means, dtype=torch.float64, device=x.device)
    shares = coverage.cell_shares(*means.shape).to(x.device)
    values, kept = [], []
    for replica, chance, coin in zip(x.double(), chances, coins, strict=True):
        accepted = replica[coin < chance][: coverage.SAMPLES]
        counts = coverage.cell_histogram(accepted, means, run.dataset.scale)
        values.append(coverage.jensen_shannon(counts, shares).item())
        kept.append(chance.mean().item())
    return {
        "divergence": Measured(
            title="Jensen-Shannon divergence from the true density, of accepted samples",
            unit="nats",
            values=values,
            reference=coverage.floor(*means.shape),
            reference_is=f"true samples, n = {coverage.SAMPLES:,}",
            better="lower",
            least=0.0,
            most=math.log(2),
        ),
        "accepted": Measured(
            title="samples that the discriminator accepts",
            unit="share",
            values=kept,
            reference=None,
            reference_is="",
            better="higher",
            least=0.0,
            most=1.0,
        ),
    }
