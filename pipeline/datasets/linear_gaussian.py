"""A linear Gaussian latent-variable model: the density that a linear VAE can model exactly.

    x = W z + b + sigma e,    z ~ N(0, I), e ~ N(0, I),    x ~ N(b, W W' + sigma^2 I)

Tipping & Bishop, "Probabilistic Principal Component Analysis" (1999), equation 2. The k columns
of W are orthogonal, of lengths k, ..., 2, 1, in directions drawn once from `seed`. So the
covariance has the eigenvalues k^2 + sigma^2, ..., 1 + sigma^2, and sigma^2 for all others.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import SPLITS
from pipeline.study.fields import Count, Index, Positive


@dataclass(frozen=True)
class DataSet:
    """A Gaussian in `features` dimensions, with signal in `latent` of them and noise in all."""

    features: Count = 8
    latent: Count = 3
    noise: Positive = 1.0  # sigma, its standard deviation
    train: Count = 50_000
    validation: Count = 10_000
    test: Count = 10_000
    seed: Index = 0

    classes = 1
    levels = None

    def __post_init__(self):
        if self.latent >= self.features:
            raise ValueError("latent must be below features")

    @property
    def shape(self) -> tuple[int]:
        """The shape of one point."""
        return (self.features,)

    @property
    def loadings(self) -> np.ndarray:
        """W, shape (features, latent)."""
        directions, _ = np.linalg.qr(self._rng(0).standard_normal((self.features, self.latent)))
        return directions * np.arange(self.latent, 0, -1)

    @property
    def offset(self) -> np.ndarray:
        """b, shape (features,): all 1, so that a model has to learn it."""
        return np.ones(self.features)

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of points x, shape (N, features), in nats. Returns shape (N,)."""
        W = self.loadings
        covariance = W @ W.T + self.noise**2 * np.eye(self.features)
        centred = np.asarray(x, float) - self.offset
        squares = (centred * np.linalg.solve(covariance, centred.T).T).sum(-1)
        _, log_volume = np.linalg.slogdet(2 * np.pi * covariance)
        return -(squares + log_volume) / 2

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n points, shape (n, features) in float32, and zeros for labels, shape (n,)."""
        z = rng.standard_normal((n, self.latent))
        e = rng.standard_normal((n, self.features))
        x = z @ self.loadings.T + self.offset + self.noise * e
        return x.astype(np.float32), np.zeros(n, np.int64)

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/linear_gaussian.npz, a stream for each split."""
        arrays: dict[str, np.ndarray] = {}
        counts = (self.train, self.validation, self.test)
        for place, (split, count) in enumerate(zip(SPLITS, counts, strict=True), start=1):
            x, label = self.sample(count, self._rng(place))
            arrays |= {f"{split}_x": x, f"{split}_label": label}
        return arrays

    def _rng(self, place):
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence([self.seed, place])))
