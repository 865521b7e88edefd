"""Narrow Gaussians on a square lattice: more modes than the ring, some of them interior.

    m_k in {-4, -2, 0, 2, 4}^2,    K = 25

Lin, Khetan, Fanti and Oh, "PacGAN: the power of two samples in generative adversarial networks"
(2018), synthetic data experiments: variance 0.0025.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import mixture
from pipeline.study.fields import Count, Index, Positive


@dataclass(frozen=True)
class DataSet:
    """Twenty-five equal modes on a lattice in the plane."""

    scale: Positive = 0.05
    train: Count = 50_000
    validation: Count = 10_000
    test: Count = 10_000
    seed: Index = 0

    shape = (2,)
    features = 2
    classes = 25
    levels = None

    @property
    def means(self) -> np.ndarray:
        """The centres m_k, row by row from the lower left, shape (25, 2)."""
        ticks = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
        return np.array([[x, y] for y in ticks for x in ticks])

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of points x, shape (N, 2), in nats. Returns shape (N,)."""
        return mixture.log_density(x, self.means, self.scale)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n points, shape (n, 2), and the mode of each, shape (n,)."""
        return mixture.sample(n, rng, self.means, self.scale)

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/grid.npz."""
        counts = self.train, self.validation, self.test
        return mixture.splits(counts, self.seed, self.means, self.scale)
