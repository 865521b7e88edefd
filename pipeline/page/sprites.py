"""What every seed of a run generates, as one small picture: a cell per seed, one above another.

The page shows the cells side by side, as many in a row as there is room for. Images are ten
tiles a seed. Points of the plane are counted by pixel, with a ring around every true mode; points
of the line are a histogram under the exact density. All cells of a run share a scale, and the
first is test data. A sprite has at most BYTES: where that is short, fewer tiles or grey levels.
"""

import base64
import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from pipeline.page import samples
from pipeline.page.inputs import Finished

BYTES = 20_000
ACROSS = 5  # tiles of a cell in a row
COUNTS = ((10, 16), (10, 8), (10, 4), (5, 8), (5, 4), (2, 4), (1, 4), (1, 2))  # tiles, levels
SIDE, HIGH = 72, 44  # pixels of a plane; height of a line
PAPER, RING = (255, 255, 255), (217, 119, 60)
INK = ((255, 255, 255), (140, 172, 205), (74, 122, 173), (28, 66, 110))  # 0, 1, 2 and more points


class Sprite(NamedTuple):
    """One picture of all seeds."""

    address: str  # a data URI
    width: int  # of a cell, in pixels
    height: int
    names: Sequence[str]  # of the cells: "" of test data, then of each seed
    kind: str  # "image", "plane" or "line"
    shown: int  # examples in a cell

    @property
    def zoom(self) -> float:
        """The width of a picture's pixel in pixels of the page."""
        return max(1, 3 if self.kind == "image" and self.width < 60 else 1.6)


def sprite(run: Finished, real: np.ndarray, dataset: Any) -> Sprite | None:
    """The sprite of a run; None where there is nothing to show.

    real: test examples, shape (N, features). dataset: the run's DataSet.
    """
    if not samples.shown(run):
        return None
    kind = samples.kind(run.shape)
    drawn = [real[: run.samples.shape[1]], *run.samples]
    for count, levels in COUNTS:
        cells, palette = _cells(drawn, kind, run.shape, dataset, count, levels, real)
        png = _png(np.concatenate(cells), palette)
        if len(png) <= BYTES or kind != "image":
            break
    address = "data:image/png;base64," + base64.b64encode(png).decode()
    height, width = cells[0].shape
    shown = min(count if kind == "image" else len(real), run.samples.shape[1])
    return Sprite(address, width, height, ["", *_names(run)], kind, shown)


def _names(run: Finished) -> Iterator[str]:
    """What the cells are called: by the seed alone, where it was used once."""
    for name in run.replicas:
        yield name.removeprefix("seed ") if name.startswith("seed ") else name


def _cells(drawn, kind, shape, dataset, count, levels, real):
    """The cells as places in a palette, and the palette."""
    if kind == "image":
        grey = [tuple([255 - round(255 * k / (levels - 1))] * 3) for k in range(levels)]
        return [_tiles(x[:count], shape, levels) for x in drawn], [*grey, PAPER]
    low, high = samples.frame(real)
    if kind == "line":
        return [_line(x[:, 0], dataset, low, high) for x in drawn], [PAPER, INK[1], RING]
    return [_plane(x, dataset, low, high) for x in drawn], [*INK, RING]


def _tiles(x, shape, levels):
    """Images in rows of ACROSS, one pixel apart; what is between them is the palette's last."""
    height, width = shape[:2]
    down = -(-len(x) // ACROSS)
    cell = np.full((down * (height + 1) + 1, min(ACROSS, len(x)) * (width + 1)), levels, np.uint8)
    ink = (np.clip(np.nan_to_num(x.reshape(len(x), height, width)), -1, 1) + 1) / 2
    for i, image in enumerate(np.rint(ink * (levels - 1)).astype(np.uint8)):
        top, left = i // ACROSS * (height + 1), i % ACROSS * (width + 1)
        cell[top : top + height, left : left + width] = image
    return cell


def _plane(x, dataset, low, high):
    """Points counted by pixel, over rings around the means."""
    cell = np.zeros((SIDE, SIDE), np.uint8)
    place = (SIDE - 1) / (high - low)
    rows, columns = np.ogrid[:SIDE, :SIDE]
    for a, b in np.asarray(dataset.means)[:, :2]:
        away = np.hypot(columns - (a - low) * place, rows - (high - b) * place)
        cell[(away > 2.6) & (away < 3.6)] = len(INK)
    inside = x[np.isfinite(x).all(1) & (x >= low).all(1) & (x <= high).all(1)]
    across = np.rint((inside[:, 0] - low) * place).astype(int)
    down = np.rint((high - inside[:, 1]) * place).astype(int)
    counts = np.zeros((SIDE, SIDE), int)
    np.add.at(counts, (down, across), 1)
    return np.where(counts > 0, np.minimum(counts, len(INK) - 1), cell).astype(np.uint8)


def _line(x, dataset, low, high):
    """A histogram, filled, under the exact density."""
    grid, density = samples.exact(dataset, low, high)
    _, heights = samples.histogram(x, low, high)
    top = 1.45 * float(density.max())
    wide = 2 * samples.BINS
    up = np.rint(np.repeat(heights, 2) / top * HIGH).astype(int)
    curve = np.interp(np.linspace(low, high, wide), grid, density)
    truth = np.rint(curve / top * (HIGH - 1)).astype(int)
    rows = np.arange(HIGH)[::-1, None]
    cell = (rows < up).astype(np.uint8)
    steps = np.stack([truth, np.roll(truth, -1)])
    steps[1, -1] = truth[-1]
    cell[(rows >= steps.min(0)) & (rows <= steps.max(0))] = 2
    return cell


def _png(cells, palette):
    image = Image.fromarray(cells, "P")
    image.putpalette([value for colour in palette for value in colour])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, bits=4 if len(palette) <= 16 else 8)
    return buffer.getvalue()
