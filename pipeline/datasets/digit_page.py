"""A page of digits: one image, of several rows of handwritten digits.

    page = rows of the digits y_i,    i drawn without replacement from the split's digits

For models that learn from a single image: Shaham, Dekel & Michaeli, "SinGAN: Learning a Generative
Model from a Single Natural Image" (2019). The pages of the other splits have other digits.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.domains import SOURCES, Source
from pipeline.datasets.one_image import OneImage
from pipeline.study.fields import Count


@dataclass(frozen=True)
class DataSet(OneImage):
    """A page of handwritten digits."""

    of: Source = "digits"  # where the digits come from, with its own split
    rows: Count = 4  # of digits, and as many columns

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = SOURCES[self.of].shape
        return self.rows * height, self.rows * width

    @property
    def features(self) -> int:
        height, width = self.shape
        return height * width

    @property
    def levels(self) -> int:
        return int(SOURCES[self.of].levels)

    def images(self, count: int, split: str, rng: np.random.Generator) -> np.ndarray:
        digits, n = SOURCES[self.of]().splits()[f"{split}_x"], self.rows
        height, width = SOURCES[self.of].shape
        chosen = np.stack([rng.permutation(len(digits))[: n * n] for _ in range(count)])
        pages = digits[chosen].reshape(count, n, n, height, width)
        return pages.swapaxes(2, 3).reshape(count, self.features)
