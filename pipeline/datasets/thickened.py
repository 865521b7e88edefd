"""Thick digits, and the thin digits that they were made from.

    x_ij = max of y over the pixel, its left, upper and upper left neighbours

Serra, "Image Analysis and Mathematical Morphology" (1982): a dilation by a square of 2 by 2 pixels
adds one pixel to the width of a stroke, `times` of them as many. The small digits have strokes
about two pixels wide, and a square of 3 by 3 would close their holes.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.domains import Altered
from pipeline.study.fields import Count


@dataclass(frozen=True)
class DataSet(Altered):
    """Thick digits, with the thin one of each as its partner."""

    times: Count = 1  # pixels by which a stroke is wider

    def altered(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        from scipy.ndimage import grey_dilation

        for _ in range(self.times):
            y = grey_dilation(y, size=(1, 2, 2), origin=(0, -1, -1), mode="nearest")
        return y
