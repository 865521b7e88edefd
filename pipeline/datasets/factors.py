"""Small images of one shape each, generated from five known, independent factors.

    grey level = number of the pixel's 4 x 4 points that the shape covers, 0 ... 16
    u = (x - c) rotated by -t,    half-length a, half-width b = a / 2
    rectangle |u_1| <= a, |u_2| <= b      ellipse (u_1/a)^2 + (u_2/b)^2 <= 1
    triangle  |u_1| <= a, |u_2| <= b (a - u_1) / 2a

After Matthey et al., "dSprites: Disentanglement testing Sprites dataset" (2017), with two
changes. Rotations span 90 degrees only, and no shape is symmetric within them, so that every
factor can be read from the image and lies on a line, not on a circle. Images are anti-aliased, so
that neighbouring values of a factor give similar images.

Every combination occurs once. An example's label is its index in the grid of combinations, and
`factors` turns it into the five values: the factors are known exactly, without further arrays.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from pipeline.study.fields import Fraction, Index

SIDE = 16  # pixels
POINTS = 4  # sample points of a pixel along each side; lengths below are in points
HALF_LENGTHS = np.array([8.0, 11.0, 14.0, 17.0])
TURNS = np.linspace(-np.pi / 4, np.pi / 4, 8)
REACH = 20  # the largest distance of a covered point from the shape's centre, at any rotation
PLACES = 21 + 3 * np.arange(8)  # coordinates of the centre: no shape leaves the frame
NAMES = ("shape", "size", "turn", "across", "down")
VALUES = (3, len(HALF_LENGTHS), len(TURNS), len(PLACES), len(PLACES))


@dataclass(frozen=True)
class DataSet:
    """Shapes with known factors."""

    validation: Fraction = 0.1  # of all combinations
    test: Fraction = 0.4
    seed: Index = 0  # of the split

    shape = (SIDE, SIDE)
    features = SIDE * SIDE
    classes = prod(VALUES)  # combinations
    levels = POINTS * POINTS
    factor_names = NAMES
    factor_values = VALUES

    def __post_init__(self):
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together leave nothing to train on")

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples of each split."""
        test, validation = (round(s * self.classes) for s in (self.test, self.validation))
        return {
            "train": self.classes - test - validation,
            "validation": validation,
            "test": test,
        }

    def factors(self, label: np.ndarray) -> np.ndarray:
        """The index of each factor's value, 0 ... VALUES - 1, shape (N, 5).

        label: indices in the grid of combinations, shape (N,).
        """
        return np.stack(np.unravel_index(np.asarray(label), VALUES), axis=1)

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/factors.npz: x (N, 256) grey levels in uint8, label (N,) in int64."""
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed)))
        order = rng.permutation(self.classes)
        sizes = [round(self.test * self.classes), round(self.validation * self.classes)]
        test, validation, train = np.split(order, np.cumsum(sizes))
        arrays: dict[str, np.ndarray] = {}
        for split, members in (("train", train), ("validation", validation), ("test", test)):
            arrays |= {f"{split}_x": drawn(self.factors(members)), f"{split}_label": members}
        return arrays


def drawn(factors: np.ndarray) -> np.ndarray:
    """The image of each combination, grey levels 0 ... 16, shape (N, 256) in uint8.

    factors: the index of each factor's value, shape (N, 5).
    """
    shapes = _shapes()
    lit = np.zeros((len(factors), SIDE * POINTS, SIDE * POINTS), bool)
    for image, (kind, size, turn, across, down) in zip(lit, factors, strict=True):
        left, top = PLACES[across] - REACH, PLACES[down] - REACH
        square = shapes[kind, size, turn]
        image[top : top + len(square), left : left + len(square)] = square
    pixels = lit.reshape(-1, SIDE, POINTS, SIDE, POINTS).sum(axis=(2, 4))
    return pixels.reshape(-1, SIDE * SIDE).astype(np.uint8)


def _shapes():
    """The covered points of every shape, size and rotation, (3, 4, 8, 41, 41)."""
    x = np.arange(-REACH, REACH + 1)
    y, a, t = x[:, None], HALF_LENGTHS[:, None, None, None], TURNS[:, None, None]
    along = (np.cos(t) * x + np.sin(t) * y) / a
    aside = (np.cos(t) * y - np.sin(t) * x) / (a / 2)
    rectangle = (abs(along) <= 1) & (abs(aside) <= 1)
    ellipse = along**2 + aside**2 <= 1
    triangle = rectangle & (abs(aside) <= (1 - along) / 2)
    return np.stack([rectangle, ellipse, triangle])
