"""The atlas of mode collapse: how many modes every seed of every game has, and its samples.

Counted as the study's metrics count them; nothing is computed here but pictures.
"""

import base64
import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from pipeline.results.kept import Kept

# Which histogram shows a run's modes, and which metric counts them.
COUNTED = {
    "histogram.by_class": "histogram.classes_present",
    "coverage.by_mode": "coverage.modes",
}
IMAGES, POINTS = 12, 150  # samples of a seed that are shown
PICTURES = ("sprite", "columns", "points")


def games(
    finished: Mapping[str, list[Any]],
    titled: Callable[[str, str], Any],
    last: Kept | None = None,
) -> tuple[list[dict], list[dict]]:
    """The rows of the atlas, and what its cells show.

    finished: the measured runs by experiment. titled: what a run is called. last: the last page,
    for samples of runs that are not here.
    """
    rows, shown, known = list[dict](), list[dict](), set[str]()
    kept = {game["of"]: game for game in (last and last.data("atlas", "games")) or []}
    for experiment, runs in finished.items():
        for run in runs:
            of = run.measured.fingerprint
            if of in known or not (run.part or run.samples.shape[1]):
                continue  # a run that two experiments share has one row
            for histogram, metric in COUNTED.items():
                modes = run.measured.histograms.get(histogram)
                counted = run.measured.metrics.get(metric)
                pictures = _pictures(run, kept.get(of)) if modes and counted else None
                if pictures is None or len(counted.values) != len(run.seeds):
                    continue
                known.add(of)
                rows.append(
                    {
                        "game": len(shown),
                        "name": f"{experiment}/{run.name}",
                        "title": titled(experiment, run.name),
                        "data": run.measured.data.name,
                        "latent": run.measured.arguments.get("latent"),
                        "of": len(modes.labels),
                        "cells": list(zip(run.seeds, counted.values, strict=True)),
                    }
                )
                shares = [[_share(v) for v in row] for row in modes.values]
                reference = [_share(v) for v in modes.reference]
                shown.append({"of": of, "seeds": run.seeds, "shares": shares})
                shown[-1] |= {"reference": reference, **pictures}
    return sorted(rows, key=lambda row: row["data"]), shown


def _share(value):
    return 0 if value is None else round(value, 4)


def _pictures(run, kept):
    """The first samples of each seed: one sprite of images, or points as bytes; else None.

    kept: what the last page has of the run, which is shown if its samples are not here.
    """
    if run.part:
        return kept and {name: kept[name] for name in PICTURES if name in kept}
    shape = run.measured.data.shape
    x = np.nan_to_num(run.samples)
    if len(shape) == 2:
        tiles = x[:, :IMAGES].reshape(len(x), -1, *shape)
        height, width = shape
        sheet = tiles.transpose(0, 2, 1, 3).reshape(len(x) * height, tiles.shape[1] * width)
        grey = np.rint((sheet.clip(-1, 1) + 1) * 7.5).astype(np.uint8) * 17  # 16 levels
        buffer = io.BytesIO()
        Image.fromarray(grey, "L").save(buffer, "PNG", optimize=True)
        sprite = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
        return {"sprite": sprite, "columns": tiles.shape[1]}
    if shape == [2]:
        reach = np.quantile(np.abs(x), 0.995) * 1.1 or 1.0
        bytes_ = np.rint((x[:, :POINTS] / reach).clip(-1, 1) * 127 + 128).astype(np.uint8)
        return {"points": [base64.b64encode(one.tobytes()).decode() for one in bytes_]}
    return None
