"""Slanted digits, and the digits as they were written.

    x(i, j) = y(i, j + s (i - c)),    c the middle row, y linear between two pixels, 0 outside

A shear moves the top of a digit to the right and its foot to the left by s pixels a row. It loses
nothing but what it interpolates and what leaves the frame, so that the way back is nearly exact.
Slant is the first factor that recognition of handwriting removes: LeCun, Bottou, Bengio & Haffner,
"Gradient-based learning applied to document recognition" (1998), section III.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.domains import Altered
from pipeline.study.fields import Real


@dataclass(frozen=True)
class DataSet(Altered):
    """Slanted digits, with the one that was written as partner."""

    slant: Real = 0.4  # s, pixels a row

    def altered(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        from scipy.ndimage import affine_transform

        shear = np.array([[1.0, 0.0], [self.slant, 1.0]])
        middle = np.array([0.0, -self.slant * (y.shape[1] - 1) / 2])
        drawn = y.astype(np.float64)
        return np.stack([affine_transform(image, shear, middle, order=1) for image in drawn])
