"""One image with samples of every replica of a run."""

from pathlib import Path

import numpy as np

from pipeline.results import schema
from pipeline.results.files import read_npz

IMAGES = 12  # per replica
BINS, DOT = 64, 3  # cells along each side of a density's tile, and pixels per cell


def picture(directory: Path, run: schema.Record) -> np.ndarray | None:
    """Samples of every replica as grey levels of shape (height, width), or None.

    Images: one row per replica. Points of the plane: one tile per replica, with dots where points
    fall. Points of the line: one histogram per replica.

    directory: may contain samples.npz. run: content of run.json.
    """
    path = directory / "samples.npz"
    shape = tuple(run.data.shape)
    if not path.is_file() or (shape not in {(1,), (2,)} and len(shape) != 2):
        return None
    x = read_npz(path)["x"].astype(np.float64)  # (R, n, features)
    if len(shape) == 2:
        tiles = x[:, :IMAGES].reshape(-1, *shape)
        grey = np.clip(np.nan_to_num(tiles + 1) * 127.5, 0, 255).astype(np.uint8)
        size = max(1, 56 // shape[0])
        return _sheet(
            [np.kron(tile, np.ones((size, size), np.uint8)) for tile in grey],
            columns=min(IMAGES, x.shape[1]),
        )
    finite = x[np.isfinite(x).all(axis=2)]
    if not len(finite):
        return None
    low, high = np.percentile(finite, 0.5), np.percentile(finite, 99.5)
    edges = np.linspace(
        low - 0.15 * (high - low) - 1e-6, high + 0.15 * (high - low) + 1e-6, BINS + 1
    )
    draw = _bars if shape == (1,) else _dots
    return _sheet([draw(replica, edges) for replica in x], columns=min(5, len(x)))


def _dots(points: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Points on a plane, (n, 2), as a tile: dark where they fall, the second axis upwards."""
    points = points[np.isfinite(points).all(axis=1)]
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=(edges, edges))
    most = max(counts.max(), 1.0)
    grey = np.where(counts > 0, 170 - 170 * np.sqrt(counts / most), 255).astype(np.uint8)
    return np.kron(grey.T[::-1], np.ones((DOT, DOT), np.uint8))


def _bars(points: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Points on a line, (n, 1), as a tile with their histogram."""
    counts, _ = np.histogram(points[np.isfinite(points)], bins=edges)
    heights = np.round(counts / max(counts.max(), 1) * (BINS - 4)).astype(int)
    dark = np.arange(BINS)[::-1, None] < heights
    return np.kron(np.where(dark, 60, 255).astype(np.uint8), np.ones((DOT, DOT), np.uint8))


def _sheet(tiles: list[np.ndarray], columns: int) -> np.ndarray:
    """Tiles of equal shape side by side, in rows of `columns`, a grey line between them."""
    framed = [np.pad(tile, 2, constant_values=200) for tile in tiles]
    framed += [np.full_like(framed[0], 255)] * (-len(tiles) % columns)
    rows = [np.hstack(framed[i : i + columns]) for i in range(0, len(framed), columns)]
    return np.vstack(rows)
