"""A texture: one image of bent stripes of one width and every direction.

    x = tanh( 2 f / sd(f) ),    f = sum_w a_w cos( w . p + b_w ),    |w| = 2 pi / period

over WAVES waves of random directions and phases b_w, a_w normal: a Gaussian field whose spectrum
is a circle: Adler, "The Geometry of Random Fields" (1981). It is stationary, so that any part of
it tells all of its law, and every image of the data set has the same law. As an image for models
that learn from one: Shaham, Dekel & Michaeli, "SinGAN" (2019), after the textures of Portilla &
Simoncelli, "A Parametric Texture Model" (2000).
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets.one_image import OneImage
from pipeline.study.fields import Count, Positive

WAVES = 200
LEVELS = 255


@dataclass(frozen=True)
class DataSet(OneImage):
    """Stripes like those of a fingerprint."""

    side: Count = 32  # pixels of height and width
    period: Positive = 7.0  # pixels from stripe to stripe

    levels = LEVELS

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.side, self.side

    @property
    def features(self) -> int:
        return self.side**2

    def images(self, count: int, split: str, rng: np.random.Generator) -> np.ndarray:
        i, j = np.divmod(np.arange(self.features), self.side)
        found = np.empty((count, self.features), np.uint8)
        for image in found:
            direction, phase = rng.uniform(0, 2 * np.pi, (2, WAVES))
            size = rng.standard_normal(WAVES)
            along = i[:, None] * np.cos(direction) + j[:, None] * np.sin(direction)
            field = np.cos(2 * np.pi / self.period * along + phase) @ size
            x = np.tanh(2 * field / (WAVES / 2) ** 0.5)
            image[:] = np.rint((x + 1) / 2 * LEVELS)
        return found
