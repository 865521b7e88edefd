"""Noisy digits with a part missing, and the clean digits.

    x = m (y + s L e),    e ~ N(0, 1) per pixel, m = 0 in a square at a random place, 1 elsewhere

L is the number of grey levels. Vincent, Larochelle, Bengio & Manzagol, "Extracting and Composing
Robust Features with Denoising Autoencoders" (2008), and Pathak et al., "Context Encoders" (2016),
remove the one and the other. Many x belong to a y, so that no map from B to A can find the very
partner: there the least squared error is that of the mean of x given y.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.domains import Altered
from pipeline.study.fields import NonNegative, Share


@dataclass(frozen=True)
class DataSet(Altered):
    """Damaged digits, with the clean one of each as its partner."""

    noise: NonNegative = 0.15  # s, standard deviation as a fraction of the grey levels
    hole: Share = 0.375  # side of the square as a fraction of the image's

    def altered(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        x = y + self.noise * self.levels * rng.standard_normal(y.shape)
        inside = []
        for side in self.shape:
            size = round(self.hole * side)
            corner = rng.integers(side - size + 1, size=(len(y), 1))
            place = np.arange(side)
            inside.append((place >= corner) & (place < corner + size))
        return np.where(inside[0][:, :, None] & inside[1][:, None, :], 0.0, x)
