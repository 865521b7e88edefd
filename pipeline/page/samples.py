"""Samples of every replica beside real data, without any selection.

Images are rows of tiles, one row per replica. Points of the line are a histogram under the exact
density; points of the plane a scatter plot with the true means. All panels of a run share a scale.
"""

import base64
import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from pipeline.page.inputs import Finished

ROW = 10  # tiles per strip of images; two strips per replica
POINTS = 800  # per replica in a scatter plot on the page
SIDE = 168  # pixels of a panel
BINS = 60


def kind(shape: tuple[int, ...]) -> str:
    """How examples of a shape are shown: as image, line or plane; other shapes are not shown."""
    if len(shape) in (2, 3):
        return "image"
    return "line" if shape == (1,) else "plane" if shape == (2,) else "none"


def shown(run: Finished) -> bool:
    """Whether a run has samples of a shape that can be shown."""
    return run.samples.shape[1] > 0 and kind(run.shape) != "none"


def tiles(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Examples side by side, one pixel apart, dark on a transparent background.

    x: examples in [-1, 1], shape (n, features). shape: of one example, (height, width).
    Returns grey and alpha, shape (height, n (width + 1) - 1, 2), uint8.
    """
    height, width = shape[:2]
    ink = (np.clip(np.nan_to_num(x.reshape(len(x), height, width)), -1, 1) + 1) / 2
    grey = 255 - np.rint(ink * 32).clip(0, 32) * 255 / 32  # 33 greys compress well
    strip = np.zeros((height, len(x) * (width + 1), 2), np.uint8)
    strip[..., 0] = 255
    for i, image in enumerate(grey.astype(np.uint8)):
        left = i * (width + 1)
        strip[:, left : left + width, 0] = image
        strip[:, left : left + width, 1] = 255
    return strip[:, :-1]


def data_uri(pixels: np.ndarray) -> str:
    """A PNG of grey and alpha as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(pixels, "LA").save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def zoom(shape: tuple[int, ...]) -> int:
    """The width of an image pixel in pixels of the page."""
    return max(1, 36 // (shape[1] + 1))


def frame(real: np.ndarray) -> tuple[float, float]:
    """The range of a run's panels along every axis: that of real data with a margin."""
    low, high = float(real.min()), float(real.max())
    margin = 0.2 * (high - low)
    return low - margin, high + margin


def histogram(x: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Edges (BINS + 1,) and density (BINS,) of a sample; values outside count in the total."""
    finite = x[np.isfinite(x)]
    counts, edges = np.histogram(finite, BINS, (low, high))
    return edges, counts / max(1, len(x)) / (edges[1] - edges[0])


def exact(dataset: Any, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """A grid on the line and the density of the data there, both (n,).

    For a distribution on levels, such as a die, it is the histogram's limit for infinitely many
    throws.
    """
    if hasattr(dataset, "distribution"):
        faces = np.linspace(-1, 1, len(dataset.distribution))
        shares, edges = np.histogram(faces, BINS, (low, high), weights=dataset.distribution)
        return (edges[1:] + edges[:-1]) / 2, shares / (edges[1] - edges[0])
    grid = np.linspace(low, high, 201)
    return grid, np.exp(dataset.log_density(grid[:, None]))


def draw(axes: Axes, x: np.ndarray, dataset: Any, low: float, high: float) -> None:
    """The same panel of one replica by Matplotlib, for the PNG.

    x: shape (n, 1) or (n, 2). low, high: the frame.
    """
    axes.set_xlim(low, high)
    if x.shape[1] == 1:
        edges, heights = histogram(x[:, 0], low, high)
        grid, density = exact(dataset, low, high)
        axes.stairs(heights, edges, fill=True, color="#9db4cf")
        axes.plot(grid, density, color="#b14a12", linewidth=1)
        axes.set_ylim(0, 1.45 * density.max())
    else:
        axes.scatter(
            dataset.means[:, 0],
            dataset.means[:, 1],
            s=60,
            facecolors="none",
            edgecolors="#b14a12",
            linewidth=1,
        )
        axes.scatter(x[:POINTS, 0], x[:POINTS, 1], s=2, color="#2c5f8f", linewidths=0)
        axes.set_ylim(low, high)
        axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
