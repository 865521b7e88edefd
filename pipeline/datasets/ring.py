"""Narrow Gaussians evenly spaced on a circle: the usual probe for lost modes.

    m_k = radius (cos 2 pi k / K, sin 2 pi k / K),    k = 0 ... K - 1

Lin, Khetan, Fanti and Oh, "PacGAN: the power of two samples in generative adversarial networks"
(2018), synthetic data experiments: eight modes, radius 1, variance 1e-4. The angle stops short
of 2 pi, where the last mode would coincide with the first.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import mixture
from pipeline.study.fields import Count, Index, Positive


@dataclass(frozen=True)
class DataSet:
    """Equal modes on a circle in the plane."""

    modes: Count = 8
    radius: Positive = 1.0
    scale: Positive = 0.01
    train: Count = 50_000
    validation: Count = 10_000
    test: Count = 10_000
    seed: Index = 0

    shape = (2,)
    features = 2
    levels = None

    @property
    def classes(self) -> int:
        """The number of labels, one per mode."""
        return self.modes

    @property
    def means(self) -> np.ndarray:
        """The centres m_k, shape (modes, 2)."""
        angle = 2 * np.pi * np.arange(self.modes) / self.modes
        return self.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of points x, shape (N, 2), in nats. Returns shape (N,)."""
        return mixture.log_density(x, self.means, self.scale)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n points, shape (n, 2), and the mode of each, shape (n,)."""
        return mixture.sample(n, rng, self.means, self.scale)

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/ring.npz."""
        counts = self.train, self.validation, self.test
        return mixture.splits(counts, self.seed, self.means, self.scale)
