"""One Gaussian on the line: the simplest data that a generative model can get wrong.

    p(x) = N(x; mean, std^2)

By default neither centred nor of unit variance, so that a generator that passes its standard
normal noise through, or returns its initial value zero, is visibly wrong.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import mixture
from pipeline.study.fields import Count, Index, Positive, Real


@dataclass(frozen=True)
class DataSet:
    """A normal distribution with a known density."""

    mean: Real = 1.0
    std: Positive = 0.5
    train: Count = 50_000
    validation: Count = 10_000
    test: Count = 10_000
    seed: Index = 0

    shape = (1,)
    features = 1
    classes = 1
    levels = None

    @property
    def means(self) -> np.ndarray:
        """The centre of the only mode, shape (1, 1)."""
        return np.array([[self.mean]], float)

    @property
    def scale(self) -> float:
        """The standard deviation, under the name that all densities use."""
        return self.std

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of points x, shape (N, 1), in nats. Returns shape (N,)."""
        return mixture.log_density(x, self.means, self.scale)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n points, shape (n, 1), and the mode of each, shape (n,)."""
        return mixture.sample(n, rng, self.means, self.scale)

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/gaussian_1d.npz."""
        counts = self.train, self.validation, self.test
        return mixture.splits(counts, self.seed, self.means, self.scale)
