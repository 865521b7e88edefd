"""The distance of a trained denoiser from the optimal one, where the density is known.

    e*(x_t) = E[ e | x_t ] = sum_k r_k sqrt(1 - A) (x_t - sqrt(A) m_k) / (A s^2 + 1 - A)
    r = softmax_k( -|x_t - sqrt(A) m_k|^2 / (2 (A s^2 + 1 - A)) )
    excess = E| e' - e* |^2,    E| e - e' |^2 = E| e - e* |^2 + excess

for a mixture of equal Gaussians N(m_k, s^2 I); for a single one, e* is linear in x_t. Efron,
"Tweedie's formula and selection bias" (2011); Ho, Jain & Abbeel, "Denoising Diffusion
Probabilistic Models" (2020), equation 14. Each test point has its own step t, drawn uniformly as
in training.
"""

import torch
from torch import Tensor

from pipeline.engine.randomness import Distribution, Integers, Normal
from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles
from pipeline.objectives.diffusion_process import noised

NEEDS = (roles.Denoiser,)
NEEDS_DATA = ("means", "scale")
VALUES = ("excess", "noise_error")
POINTS = 10_000


def optimal_noise(xt: Tensor, signal: Tensor, means: Tensor, scale: float) -> Tensor:
    """e*(x_t) = E[ e | x_t ], shape (N, features).

    xt: shape (N, features). signal: A, shape (N, 1). means: m_k, shape (K, features).
    scale: s, of every mode along every axis.
    """
    variance = signal * scale**2 + 1 - signal
    away = xt[:, None] - signal.sqrt()[:, None] * means
    share = (-away.square().sum(-1) / (2 * variance)).softmax(-1)
    return (1 - signal).sqrt() / variance * (share[..., None] * away).sum(1)


def excess(predicted: Tensor, optimal: Tensor) -> Tensor:
    """E| e' - e* |^2 per feature: 0 for the optimal denoiser, about 1 for the prediction 0.

    predicted, optimal: e' and e*, shape (N, features).
    Returns shape ().
    """
    return (predicted - optimal).square().mean()


def measure(run: Run) -> Found:
    model, x = run.model, run.test["x"][:POINTS]
    schedule = model.log_snr(x)
    distributions: dict[str, Distribution] = {
        "e": Normal((x.shape[-1],)),
        "step": Integers(len(schedule)),
    }
    noise = run.ensemble.noise(distributions, (len(x),), "denoiser")
    log_snr = schedule[noise["step"]][..., None]
    xt, signal = noised(x, noise["e"], log_snr), log_snr.sigmoid()
    predicted = run.ensemble.each(model.predicted, xt, noise["step"], log_snr)
    means = torch.from_numpy(run.dataset.means)
    optimal = [
        optimal_noise(a.double(), b.double(), means, run.dataset.scale)
        for a, b in zip(xt, signal, strict=True)
    ]
    missed = [excess(e, o).item() for e, o in zip(noise["e"], optimal, strict=True)]
    return {
        "excess": Measured(
            title="squared distance from the best denoiser",
            unit="of 1 per feature",
            values=[excess(p, o).item() for p, o in zip(predicted, optimal, strict=True)],
            reference=0.0,
            reference_is="the conditional mean E[e | x_t] of the true density",
            better="lower",
            least=0.0,
        ),
        "noise_error": Measured(
            title="squared error of the predicted noise",
            unit="of 1 per feature",
            values=[excess(p, e).item() for p, e in zip(predicted, noise["e"], strict=True)],
            reference=sum(missed) / len(missed),
            reference_is="the best denoiser, on the same noise",
            better="lower",
            least=0.0,
        ),
    }
