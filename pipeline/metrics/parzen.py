"""The Parzen window likelihood of test images, with controls that are no models.

    p(x) = 1/m sum_i N(x; s_i, sigma^2 I),    s_i samples of the model, pixels in [0, 1]

Breuleux, Bengio & Vincent, "Quickly Generating Representative Samples from an RBM-Derived
Process" (2011), section 4; Goodfellow et al., "Generative Adversarial Nets" (2014), section 5 and
table 1, whose protocol this is: 10,000 samples; of ten values of sigma from 0.1 to 1, the one with
the largest mean on (at most 1,000) validation images; then the mean over test images. Theis, van
den Oord & Bethge, "A note on the evaluation of generative models" (2016), section 5.1 and table 1,
refute the measure: windows on k-means centres of training images, which are blurred, score far
above windows on as many of the real images themselves.
"""

import numpy as np
import torch
from torch import Tensor

from pipeline.engine.randomness import Uniform, draw
from pipeline.metrics import Found, Measured, Run, by_rows
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_EXAMPLES = {"train": 2}
VALUES = ("centres", "samples", "training", "training_few")
SAMPLES = 10_000  # and training images, at most
VALIDATION = 1_000
SIGMAS = tuple(np.logspace(-1, 0, 10).tolist())  # for pixels in [0, 1]
CENTRES = 1_000  # at most; half as many as training images, where that is less
STEPS = 30  # of k-means


def log_density(x: Tensor, centres: Tensor, sigma: float) -> Tensor:
    """log p(x) under Gaussian windows on the centres.

    x: shape (n, d). centres: s, shape (m, d). sigma: of every window, in the units of x.
    Returns shape (n,), in nats.
    """
    return by_rows(lambda rows: _windows(_squares(rows, centres), sigma, x), x, len(centres))


def best_sigma(x: Tensor, centres: Tensor, sigmas: tuple[float, ...] = SIGMAS) -> float:
    """The sigma with the largest mean log density; the first one of equals.

    x: validation examples, shape (n, d). centres: shape (m, d). sigmas: the candidates.
    Returns one of sigmas.
    """

    def each(rows: Tensor) -> Tensor:
        squares = _squares(rows, centres)
        return torch.stack([_windows(squares, sigma, rows) for sigma in sigmas], dim=1)

    return sigmas[int(by_rows(each, x, len(centres)).mean(0).argmax())]


def _squares(x: Tensor, centres: Tensor) -> Tensor:
    # |x|^2 + |s|^2 - 2 x's: 1e-14 of the norms cancels, which are d at most in [0, 1].
    return x.square().sum(-1, keepdim=True) + centres.square().sum(-1) - 2 * x @ centres.T


def _windows(squares: Tensor, sigma: float, x: Tensor) -> Tensor:
    volume = x.shape[-1] * (np.log(sigma) + np.log(2 * np.pi) / 2) + np.log(squares.shape[-1])
    found: Tensor = (-squares / (2 * sigma**2)).logsumexp(-1) - volume
    return found


def measure(run: Run) -> Found:
    def pixels(x: Tensor) -> Tensor:
        return (x.double() + 1) / 2

    test, fresh = pixels(run.test["x"]), pixels(run.validation["x"][:VALIDATION])
    train = pixels(run.train["x"])
    many = min(SAMPLES, len(train))
    few = min(CENTRES, many // 2)

    def stored(seed: int, count: int) -> Tensor:
        order = draw(Uniform(()), (len(train),), seed, "parzen", 0, "cpu").argsort(stable=True)
        return train[order[:count].to(train.device)]

    real = (stored(seed, many) for seed in run.seeds)
    fewer = (stored(seed, few) for seed in run.seeds)
    centres = (_centres(stored(seed, many), few, seed) for seed in run.seeds)
    windows = {
        "samples": ("samples", SAMPLES, map(pixels, run.sample(SAMPLES))),
        "training": ("training images", many, real),
        "training_few": ("training images", few, fewer),
        "centres": ("k-means centres of training images", few, centres),
    }
    values = {
        name: [log_density(test, w, best_sigma(fresh, w)).mean().item() for w in drawn]
        for name, (_, _, drawn) in windows.items()
    }
    return {
        name: Measured(
            title=f"Parzen window on {count:,} {what}",
            unit="nats per test image, pixels in [0, 1]",
            values=values[name],
            reference=float(np.mean(values["training"])),
            reference_is=f"on {many:,} training images",
            better="higher",
        )
        for name, (what, count, _) in windows.items()
    }


def _centres(x: Tensor, count: int, seed: int) -> Tensor:
    from sklearn.cluster import KMeans  # takes 1 s, only needed here

    means = KMeans(count, n_init=1, max_iter=STEPS, random_state=seed).fit(x.cpu().numpy())
    return torch.from_numpy(means.cluster_centers_).to(x)
