"""A run directory in the words of a tracking server: parameters, points, scores, a picture.

What `pipeline.tracking.window` sends is made here from files alone, so the same files always give
the same record, during training or years later. Keys of points:

    train/<player>/<term>   a curve over rounds
    test/<metric>           after the last round; .low, .high and .reference beside the mean
"""

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.results import schema
from pipeline.results.files import read_npz
from pipeline.study.errors import DATA, StudyError

POINTS = 200  # of a curve, at most: more is not seen on a screen and costs time to send
IMAGES = 12  # of each replica in the picture
BINS, DOT = 64, 3  # cells along a side of a density's tile, pixels of a cell


class Curve(NamedTuple):
    """One term over the rounds of a run: rounds of shape (N,), values of shape (N, R)."""

    rounds: list[int]
    values: np.ndarray

    def mean(self) -> list[float]:
        """The mean over replicas at each round; not finite where one of them is not."""
        with np.errstate(all="ignore"):
            return self.values.mean(axis=1).tolist()


def key(text: str) -> str:
    """The text as a name that every tracking server accepts."""
    return re.sub(r"[^\w\-. /]", "_", text)


def parameters(run: schema.Record) -> dict[str, str]:
    """The numbers of a run, flat: {"model": "gan", "train.rounds": "15000", ...}.

    run: run.json.
    """
    # Tags, for which one can search; and what has no number.
    named_elsewhere = {"format", "fingerprint", "code", "diverged"}
    flat: dict[str, str] = {}

    def put(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for part, inner in value.items():
                put(f"{name}.{part}", inner)
        else:
            flat[key(name)] = value if isinstance(value, str) else json.dumps(value)

    for name, value in schema.plain(run).items():
        if name not in named_elsewhere:
            put(name, value)
    return flat


def curves(directory: Path, run: schema.Record, finished: bool = True) -> dict[str, Curve]:
    """Each term's curve, thinned to at most POINTS + 1 rounds.

    While a run trains the file grows: rounds that are not yet there for every replica are left
    out. Which rounds are kept follows from the run's numbers, not from the length of the file,
    so that what is shown during training is part of what is kept at the end.

    directory: holds curves.csv, with columns round, player, term, replica, value.
    run: content of run.json; finished: whether to keep the last round in any case.
    """
    path = directory / "curves.csv"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = text[: text.rfind("\n") + 1].splitlines()[1:]
    found: dict[str, dict[int, dict[int, float]]] = {}
    for number, line in enumerate(lines, start=2):
        try:
            moment, player, term, replica, value = line.split(",")
            curve = found.setdefault(key(f"train/{player}/{term}"), {})
            curve.setdefault(int(moment), {})[int(replica)] = float(value)
        except ValueError:
            raise StudyError(f"{path}: line {number} is not a point of a curve", DATA) from None

    train = run.train
    replicas = range(len(train.seeds))
    stride = max(1, math.ceil(train.rounds / train.log_every / POINTS))
    thinned = {}
    for name, points in found.items():
        whole = [moment for moment in sorted(points) if len(points[moment]) == len(replicas)]
        kept = whole[::stride]
        if finished and whole and kept[-1] != whole[-1]:
            kept.append(whole[-1])
        values = [[points[moment][r] for r in replicas] for moment in kept]
        thinned[name] = Curve(kept, np.array(values).reshape(len(kept), len(replicas)))
    return thinned


class Scores(NamedTuple):
    """What `evaluate` found: numbers of the run, numbers of each replica, and their digest."""

    run: dict[str, float | None]
    replicas: list[dict[str, float | None]]
    digest: str


def scores(root: Path, experiment: str, name: str, run: schema.Record) -> Scores | None:
    """The run's metrics, or None when it has not been evaluated as it stands.

    root: holds reports/metrics/<experiment>.json; run: content of run.json.
    """
    path = root / "reports" / "metrics" / f"{experiment}.json"
    if not path.is_file():
        return None
    try:
        block = schema.read(schema.Measurements, path).runs.get(name)
    except schema.Outdated:
        return None
    if block is None or block.fingerprint != run.fingerprint:
        return None  # of a predecessor: evaluate has not come to this run yet
    together: dict[str, float | None] = {}
    replicas: list[dict[str, float | None]] = [{} for _ in run.train.seeds]
    for metric, found in block.metrics.items():
        title = key(f"{block.split}/{metric}")
        together[title] = found.mean
        for part in ("low", "high", "reference"):
            together[f"{title}.{part}"] = getattr(found, part)
        for replica, value in zip(replicas, found.values, strict=False):
            replica[title] = value
    text = json.dumps([together, replicas], sort_keys=True)
    return Scores(together, replicas, hashlib.sha256(text.encode()).hexdigest()[:16])


def picture(directory: Path, run: schema.Record) -> np.ndarray | None:
    """What every replica generates, as grey levels of shape (height, width), or None.

    Images: one row a replica. Densities on a plane: one tile a replica, a dot where points
    fall. Densities on a line: one histogram a replica.

    directory: may hold samples.npz; run: content of run.json.
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
