"""Completions of a Gaussian's points against the known conditional: their mean and their spread.

    x_S | x_rest  ~  N( m_S + C_SR C_RR^-1 (x_R - m_R),  C_SS - C_SR C_RR^-1 C_RS )
    mean error = E |y' - E[x | x_R]|^2 / E tr Cov[x | x_R],    y' the mean of the draws y
    spread     = E tr Cov[y] / E tr Cov[x | x_R]

Bishop, "Pattern Recognition and Machine Learning" (2006), equations 2.81 and 2.82. Each test
point has a mask of its own, the same for all replicas, and DRAWS completions. Of true draws the
mean error is 1 / DRAWS and the spread 1; of the conditional mean itself, which a squared error
would ask for, they are 0 and 0: the spread tells it from a conditional.
"""

import torch
from torch import Tensor

from pipeline.engine.ensemble import Nets
from pipeline.engine.randomness import draw
from pipeline.metrics import FROZEN_SEED, Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Completer,)
NEEDS_DATA = ("loadings", "offset", "noise")
VALUES = ("mean", "spread")
DRAWS, SAMPLES = 64, 500  # completions of a point, and points


def conditional(
    mean: Tensor, covariance: Tensor, x: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    """E[x | x_R], and the variance of each entry given x_R, which is 0 where it is known.

    mean: shape (d,). covariance: shape (d, d). x: points, shape (N, d).
    mask: 1 where an entry is known, 0 elsewhere, shape (N, d).
    Returns shapes (N, d) and (N, d).
    """
    rest = torch.diag_embed(1 - mask)
    inner = mask[:, :, None] * covariance * mask[:, None] + rest  # C_RR, and 1 for the others
    masked = mask[:, :, None] * covariance  # C_R. , and 0
    gain = torch.linalg.solve(inner, masked)
    found = mean + ((x - mean)[:, :, None] * mask[:, :, None] * gain).sum(1)
    variance = covariance.diagonal() - (masked * gain).sum(1)
    return found, variance * (1 - mask)


def mean_error(draws: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """The squared distance of the draws' mean from the conditional mean, over its variance.

    draws: completions, shape (K, N, d). mean, variance: of `conditional`, shape (N, d).
    Returns shape ().
    """
    return (draws.mean(0) - mean).square().sum() / variance.sum()


def spread(draws: Tensor, variance: Tensor) -> Tensor:
    """The variance of the draws over that of the conditional. draws, variance: as above.

    Returns shape ().
    """
    return draws.var(0).sum() / variance.sum()


def measure(run: Run) -> Found:
    x = run.test["x"][:SAMPLES]
    seeds = {
        name: draw(distribution, (len(x),), FROZEN_SEED, f"completion/{name}", 0, x.device)
        for name, distribution in run.model.mask_noise().items()
    }
    mask = run.model.mask(seeds)
    loadings, offset = (torch.from_numpy(a) for a in (run.dataset.loadings, run.dataset.offset))
    own = run.dataset.noise**2 * torch.eye(len(offset), dtype=offset.dtype)
    known = conditional(offset, loadings @ loadings.T + own, x.double(), mask.double())

    def completed(net: Nets, noise: dict[str, Tensor]) -> Tensor:
        made: Tensor = run.model.complete(net, x, mask, noise)
        return made

    parts = []
    for block in range(DRAWS):
        noise = run.ensemble.noise(run.model.completion_noise(), (len(x),), "completion", block)
        parts.append(run.ensemble.each(completed, noise))
    draws = torch.stack(parts, dim=1).double()
    return {
        "mean": Measured(
            "distance of completions' mean from the conditional mean",
            "share of the conditional variance",
            [mean_error(own, *known).item() for own in draws],
            1 / DRAWS,
            f"{DRAWS} draws of the conditional",
            "lower",
        ),
        "spread": Measured(
            "variance of completions",
            "of the conditional's",
            [spread(own, known[1]).item() for own in draws],
            1.0,
            "draws of the conditional; its mean alone: 0",
            "reference",
        ),
    }
