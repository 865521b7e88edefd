"""The expected best of n settings, per group of runs, with a band over seeds.

The curve and its band over seeds are those of pipeline/verdicts/best_of.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.page import svg
from pipeline.page.curves import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, ticks
from pipeline.page.inputs import Finished
from pipeline.page.words import plain, spoken
from pipeline.verdicts.best_of import band, best_of


def compared(runs: Sequence[Finished], asked: Any) -> dict | None:
    """The panels of an experiment's groups; None if it lists none or nothing is finite.

    asked: the experiment's best_of of params.yaml.
    """
    found, broken = _groups(runs, asked) if asked else ({}, {})
    if not found:
        return None
    metric = next(m for r in runs if (m := r.measured.metrics.get(asked.metric)))
    sign = -1 if metric.better == "lower" else 1
    curves = {group: sign * best_of(sign * v.mean(1)) for group, v in found.items()}
    bands = {g: sorted((sign * e for e in band(sign * v)), key=np.sum) for g, v in found.items()}
    reference = metric.reference
    edges = [edge for pair in bands.values() for edge in pair]
    low, high = svg.domain(np.concatenate([*curves.values(), *edges]), [reference])
    return {
        "title": metric.title,
        "unit": metric.unit,
        "reference_is": metric.reference_is if _inside(reference, low, high) else "",
        "seeds": min(v.shape[1] for v in found.values()),
        "panels": [
            {
                "title": spoken(group),
                "settings": len(curves[group]),
                "broken": broken.get(group, 0),
                "svg": _picture(group, curves, bands[group], reference, low, high),
            }
            for group in found
        ],
    }


def _groups(runs, asked):
    """The metric of each group's settings, (K, R), and how many have a seed that is not finite."""
    found: dict[str, list] = {group: [] for group in asked.groups}
    for run in runs:
        names = [group for group in asked.groups if run.name.startswith(f"{group}_")]
        metric = run.measured.metrics.get(asked.metric)
        if names and metric:
            found[max(names, key=len)].append(metric.values)
    seeds = min((len(v) for values in found.values() for v in values), default=0)
    whole = {g: [v[:seeds] for v in values if None not in v] for g, values in found.items()}
    broken = {g: len(found[g]) - len(whole[g]) for g in found}
    return {g: np.array(values, float) for g, values in whole.items() if values}, broken


def _inside(reference, low, high):
    """Whether there is a reference value within the frame."""
    return reference is not None and low <= reference <= high


def _picture(group: str, curves: Mapping, edges: Sequence, reference: float | None, low, high):
    """One group's curve with its band, over thin curves of the other groups."""
    most = max(len(curve) for curve in curves.values())
    along, up = svg.scale(1, max(most, 2), LEFT + 6, RIGHT - 6), svg.scale(low, high, BOTTOM, TOP)
    sizes = range(1, len(curves[group]) + 1)
    parts = []
    for tick in ticks(low, high):
        parts += [
            svg.line(LEFT, up(tick), RIGHT, up(tick), "grid"),
            svg.text(LEFT - 6, up(tick) + 4, plain(tick), "label", "end"),
        ]
    for n in range(1, most + 1):
        parts.append(svg.line(along(n), BOTTOM, along(n), BOTTOM + 4, "axis"))
        parts.append(svg.text(along(n), BOTTOM + 17, str(n), "label"))
    parts.append(svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis"))
    across = [along(n) for n in sizes]
    around = svg.trace([*across, *across[::-1]], map(up, [*edges[0], *edges[1][::-1]]))
    parts.append(f'<path class="interval" d="{around}Z"/>')
    for name, curve in curves.items():
        if name != group:
            steps = map(along, range(1, len(curve) + 1))
            parts.append(svg.path(steps, map(up, curve), "replica"))
    if reference is not None and _inside(reference, low, high):
        parts.append(svg.line(LEFT, up(reference), RIGHT, up(reference), "reference"))
    parts.append(svg.path(across, map(up, curves[group]), "average"))
    words = f"{spoken(group)}, expected best of " + ", ".join(
        f"{n}: {plain(float(v))}" for n, v in zip(sizes, curves[group], strict=True)
    )
    return svg.drawing(WIDTH, HEIGHT, words, *parts, kind="curve")
