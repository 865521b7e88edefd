"""Outlines of digits, and the digits.

    x = dilation(y) - y,    dilation(y)_ij the largest of y_ij and its four neighbours

Serra, "Image Analysis and Mathematical Morphology" (1982): the external gradient, the rim around
what is drawn. It is bright where the digit is not. The task of Isola et al., "Image-to-Image
Translation with Conditional Adversarial Networks" (2017), from edges to photographs.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.domains import Altered


@dataclass(frozen=True)
class DataSet(Altered):
    """Outlines, with the digit inside each as its partner."""

    def altered(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        from scipy.ndimage import generate_binary_structure, grey_dilation

        cross = generate_binary_structure(2, 1)[None]
        return grey_dilation(y, footprint=cross, mode="nearest") - y
