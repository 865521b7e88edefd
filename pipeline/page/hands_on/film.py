"""The theory film: the densities, D, D* and G of a training at each of its snapshots."""

from collections.abc import Mapping
from typing import Any

import numpy as np

ARROWS = 21  # latents whose images under G are shown
LINES = ("p_data", "p_g", "D", "D*")


def films(finished: Mapping[str, list[Any]]) -> list[dict]:
    """One for each run whose densities were measured at snapshots.

    finished: the measured runs by experiment.
    """
    found = []
    for experiment, runs in finished.items():
        for run in runs:
            densities = run.measured.profiles.get("motion.densities")
            if densities is None or "p_data" not in densities.lines:
                continue
            x = np.array(densities.x, float)
            lines = {n: _through(x, densities.lines[n]) for n in LINES if n in densities.lines}
            made = {
                "name": f"{experiment}/{run.name}",
                "x": x.tolist(),
                "rounds": densities.rounds,
                "lines": lines,
            }
            mapped = run.measured.profiles.get("motion.map")
            if mapped is not None and mapped.rounds == densities.rounds:
                z = np.array(mapped.x, float)
                pick = np.linspace(0, len(z) - 1, ARROWS).round().astype(int)
                ways = np.array(next(iter(mapped.lines.values())), float)
                if np.isfinite(ways).all():
                    made |= {"z": z[pick].tolist(), "G": ways[:, pick].round(4).tolist()}
            found.append(made)
    return found


def _through(x, rows):
    """Lines of a profile, interpolated over gaps, to four digits; one of gaps alone is none."""
    told = []
    for row in np.array(rows, float):
        there = np.isfinite(row)
        whole = np.interp(x, x[there], row[there]) if there.any() else None
        told.append(None if whole is None else [float(f"{v:.4g}") for v in whole])
    return told
