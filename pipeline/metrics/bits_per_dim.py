"""The likelihood of test data under a model, or its bound.

    bits per dimension = -log P(x) / (D log 2),    D features
    KL( p || q )  =  E_p[ log p(x) - log q(x) ]    where the density p of the data is known

Theis, van den Oord & Bethge, "A note on the evaluation of generative models" (2016), section 3.1.
Pixels have a probability: the density of dequantised pixels, in units of one level, is a bound on
it. The control is the Gaussian mixture that is best on held-out training images, dequantised in
the same way. Points have a density, in nats; the reference value is that of the true density.
"""

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.engine.ensemble import Nets, Noise
from pipeline.metrics import Found, Measured, Run, at_once
from pipeline.models import roles

NEEDS = (roles.Likelihood,)
VALUES = ("bits", "divergence", "nll")
POINTS = 2_000  # test points of a density
CHUNK = 500  # the most examples per call
SPREAD = 4  # draws of the dequantisation of each image, for the mixture
MIXTURES = tuple((k, "full", r) for k in (1, 3, 5, 8, 12) for r in (0.03, 0.3)) + tuple(
    (k, "diag", 0.01) for k in (10, 20, 40, 60, 80)
)  # components, covariance type, and the regularisation of its diagonal

Levels = tuple[tuple[int, ...], bytes]  # the shape of whole grey levels, and they


def bits_per_dim(negative_log_likelihood: Tensor, features: int) -> Tensor:
    """The mean over examples, in bits per dimension: smaller is better.

    negative_log_likelihood: -log P(x) of each example in nats, shape (N,). features: D.
    Returns shape ().
    """
    return negative_log_likelihood.mean() / (features * math.log(2))


def divergence(negative_log_likelihood: Tensor, log_density: Tensor) -> Tensor:
    """KL( p || q ), estimated from draws of p, in nats: 0 for the true density.

    negative_log_likelihood: -log q(x), shape (N,). log_density: log p(x), shape (N,).
    Returns shape ().
    """
    return (negative_log_likelihood + log_density).mean()


def lacks(model: Any, dataset: Any) -> str:
    """The model's levels must be the data's: a density is no probability of discrete pixels."""
    if (levels := dataset.levels or 0) != model.levels:
        return f"a model with levels: {levels}, as the data have"
    if not levels and not hasattr(dataset, "log_density"):
        return "data with levels or with log_density"
    return ""


def measure(run: Run) -> Found:
    model, dataset = run.model, run.dataset
    x = run.test["x"] if dataset.levels else run.test["x"][:POINTS]

    def value(net: Nets, noise: Noise, x: Tensor) -> Any:
        return model.negative_log_likelihood(net, {"x": x}, noise)

    parts, distributions = [], model.likelihood_noise()
    size = min(CHUNK, at_once(x.shape[-1], distributions))
    for i, part in enumerate(x.split(size)):  # a bound gets one draw of noise per example
        noise = run.ensemble.noise(distributions, (len(part),), "likelihood", i)
        parts.append(run.ensemble.each(value, noise, x=part))
    each = torch.cat(parts, dim=1).double()
    if dataset.levels:
        features = x.shape[-1]
        floor, words = _mixture(_levels(run.train["x"], dataset), _levels(x, dataset))
        return {
            "bits": Measured(
                title="test -log P(x)",
                unit="bits per dimension",
                values=[bits_per_dim(v, features).item() for v in each],
                reference=bits_per_dim(torch.tensor(floor), features).item(),
                reference_is=words,
                better="lower",
                least=0.0,
            )
        }
    log_density = torch.from_numpy(dataset.log_density(x.cpu().numpy()))
    return {
        "nll": Measured(
            title="test -log p(x)",
            unit="nats per example",
            values=each.mean(1).tolist(),
            reference=-log_density.mean().item(),
            reference_is="the true density, on the same points",
            better="lower",
        ),
        "divergence": Measured(
            title="KL of the true density to the model",
            unit="nats per example",
            values=[divergence(v, log_density).item() for v in each],
            reference=0.0,
            reference_is="the true density",
            better="lower",
        ),
    }


def _levels(x: Tensor, dataset: Any) -> Levels:
    """Integer grey levels as bytes, so that they can be a cache key."""
    level = ((x.cpu().numpy() + 1) / 2 * dataset.levels).round().astype(np.uint8)
    return level.shape, level.tobytes()


@cache
def _mixture(train: Levels, test: Levels) -> tuple[list[float], str]:
    """-log p of each test image under the best mixture, in nats, and the mixture's description.

    It is selected on every fifth training image, and then fitted to all of them.
    """
    from sklearn.mixture import GaussianMixture  # takes 1 s, only needed for images

    rng = np.random.Generator(np.random.SFC64(0))

    def spread(level: np.ndarray) -> np.ndarray:
        tiled = np.tile(level, (SPREAD, 1))
        return tiled + rng.random(tiled.shape)

    def fitted(kind: tuple[int, str, float], x: np.ndarray) -> Any:
        k, covariance, added = kind
        mixture = GaussianMixture(
            k, covariance_type=covariance, reg_covar=added, max_iter=40, random_state=0
        )
        return mixture.fit(x)

    x, y = (np.frombuffer(b, np.uint8).reshape(s).astype(float) for s, b in (train, test))
    held = np.arange(len(x)) % 5 == 4
    fit, held_out = spread(x[~held]), spread(x[held])
    best = max(MIXTURES, key=lambda kind: fitted(kind, fit).score(held_out))
    each = -fitted(best, spread(x)).score_samples(spread(y))
    words = f"best Gaussian mixture: {best[0]} components, {best[1]} covariance"
    return each.reshape(SPREAD, -1).mean(0).tolist(), words
