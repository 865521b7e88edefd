"""The content of the page, in its order and words, for the template.

Every number comes from the files of earlier stages; only its rounding and its position in drawings
are computed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.page import curves, samples, svg
from pipeline.page.inputs import Control, Finished
from pipeline.page.words import decimals, number, places_of, plain, settings, spoken
from pipeline.results import schema
from pipeline.results.schema import Metric
from pipeline.results.sheets import Sheet

BETTER = {
    "higher": "higher is better",
    "lower": "lower is better",
    "reference": "nearest the reference is best",
}
MANY = 4  # the most runs of an experiment that are all unfolded and drawn with all seeds
FIRST = 3  # seeds that are drawn of each of more runs


def estimate(metric: Metric) -> dict:
    """A metric's mean, interval and reference value, rounded to the same digit, and unrounded."""
    places = places_of(metric.low, metric.high, metric.mean)
    broken = sum(value is None for value in metric.values)
    reference = metric.reference
    ones = sum(value == 1 for value in metric.values)
    return {
        "share": f"{ones} of {len(metric.values)}" if metric.share else "",
        "mean": metric.mean,
        "low": metric.low,
        "high": metric.high,
        "reference": reference,
        "shown": {
            "mean": number(metric.mean, places),
            **{end: _end(getattr(metric, end), places, metric.share) for end in ("low", "high")},
            "reference": plain(reference),
        },
        "predicted": _predicted(metric, places),
        "level": None if metric.low is None else f"{100 * metric.level:g}",
        "n": len(metric.values) - broken,
        "together": len(metric.values) == 1,
        "broken": f"not finite in {broken} of {len(metric.values)} seeds" if broken else "",
    }


def _predicted(metric, places):
    """Where the mean of new seeds lies."""
    if metric.predicted is None:
        return ""
    p = metric.predicted
    ends = (_end(x, places, metric.share) for x in (p.low, p.high))
    return f"new seeds [{', '.join(ends)}], {100 * p.level:g} %{', pooled' if p.pooled else ''}"


def _end(x, places, share):
    """An end of an interval; for a proportion, in whole per cent."""
    return f"{100 * x:.0f} %" if share and x is not None else number(x, places)


def many(runs: Sequence[Finished]) -> bool:
    """Whether an experiment has more than MANY runs, which are folded and show fewer seeds."""
    return len(runs) > MANY


def table(runs: Sequence[Finished], controls: Sequence[Control] = ()) -> dict:
    """The results of an experiment: one column per metric, one row per run, one strip per cell.

    controls: further rows of the same columns, under a rule.
    """
    names = list(dict.fromkeys(name for run in runs for name in run.measured.metrics))
    everyone: list[Finished | Control] = [*runs, *controls]
    columns, cells = [], {}
    for name in names:
        found = {r.name: r.measured.metrics.get(name) for r in everyone}
        metrics = [metric for metric in found.values() if metric]
        says = {m.reference_is for m in metrics if m.reference is not None}
        columns.append(
            {
                "title": metrics[0].title,
                "unit": metrics[0].unit,
                "better": BETTER.get(metrics[0].better, ""),
                "reference_is": says.pop() if len(says) == 1 else "",
            }
        )
        for run in everyone:
            metric = found[run.name]
            cells[run.name, name] = metric and {
                **estimate(metric),
                "reference_is": "" if columns[-1]["reference_is"] else metric.reference_is,
                "strip": svg.strip(metric, run.replicas, *_range(metric, metrics)),
            }
    rows, below = (
        [{"run": run, "cells": [cells[run.name, name] for name in names]} for run in some]
        for some in (runs, controls)
    )
    return {"columns": columns, "rows": rows, "controls": below}


def _range(metric, metrics):
    """The range of a metric's drawing: that of all runs with the same reference value.

    Where reference values differ, as for a probability and a density, the runs' values are not
    comparable, and a common scale would suggest that they are.
    """
    if metric.share:
        return -0.04, 1.04
    alike = [m for m in metrics if m.reference == metric.reference]
    numbers = [v for m in alike for v in (*m.values, m.low, m.high)]
    return svg.domain(numbers, [metric.reference])


def every_seed(run: Finished) -> dict:
    """All values of a run: one row per seed, one column per metric with one value per seed."""
    metrics = [m for m in run.measured.metrics.values() if len(m.values) == len(run.seeds)]
    columns = [_column(m.values) for m in metrics]
    rows = [
        {"seed": name.removeprefix("seed "), "values": [column[i] for column in columns]}
        for i, name in enumerate(run.replicas)
    ]
    return {"titles": [m.title for m in metrics], "rows": rows}


def _column(values):
    """(value, text) pairs, all rounded to the same digit: three figures of their spread."""
    finite = [v for v in values if v is not None]
    spread = max(finite, default=0) - min(finite, default=0)
    whole = all(float(v).is_integer() for v in finite)
    places = 0 if whole else decimals(spread or finite[0], 3)
    return [(v, number(v, places)) for v in values]


def generated(run: Finished, data: Mapping, dataset: Any, many: bool = False) -> dict | None:
    """The samples of every replica beside real data, or None if there is nothing to show.

    data: the arrays of the run's data set. many: whether only the first seeds are shown, because
    the experiment has many runs.
    """
    if not samples.shown(run):
        return None
    kind = samples.kind(run.shape)
    real = data["test"]["x"]
    drawn = dict(zip(run.replicas, run.samples, strict=True))
    drawn = dict(list(drawn.items())[: FIRST if many else None])
    seeds = "every seed"
    if len(drawn) < len(run.seeds):
        seeds = f"the first {len(drawn)} of {len(run.seeds)} seeds"
    if kind == "image":
        rows = [("test data", real), *drawn.items()]
        return {
            "kind": kind,
            "note": f"The first {min(2 * samples.ROW, run.samples.shape[1])} images of {seeds}, "
            "in the order in which they were drawn.",
            "zoom": samples.zoom(run.shape),
            "rows": [{"name": name, "strips": samples.strips(x, run.shape)} for name, x in rows],
        }
    low, high = samples.frame(real)
    picture = samples.line_picture if kind == "line" else samples.plane_picture
    panels = []
    lacking = run.measured.metrics.get("coverage.lost")
    points = samples.POINTS // 3 if many else samples.POINTS
    for i, (name, x) in enumerate([("test data", real[: run.samples.shape[1]]), *drawn.items()]):
        lost = samples.outside(x, low, high) / len(x)
        notes = [f"{100 * lost:.2g} % out of frame"] if lost else []
        if i and lacking:
            notes.insert(0, f"{plain(lacking.values[i - 1])} modes lost")
        words = f"{len(x):,} points, {name}" + "".join(f", {note}" for note in notes)
        seen = x if kind == "line" else x[:points]
        svg_of = picture(seen, dataset, low, high, words)
        panels.append({"name": name, "note": ", ".join(notes), "svg": svg_of})
    note = (
        f"Filled: histogram of what {seeds} generates; a bar at the top edge goes on beyond it. "
        "Line: the exact density of the data."
        if kind == "line"
        else f"The first {points} points of {seeds}; a ring around every true mode."
    )
    return {"kind": kind, "note": note, "panels": panels}


def sheets(shown: list[Sheet]) -> list[dict]:
    """The sheets of an experiment's figures, one strip per row of images."""
    drawn = []
    for sheet in shown:
        strips = [samples.tiles(x, sheet.shape) for x in sheet.images]
        drawn.append(
            {
                "title": spoken(sheet.title),
                "note": sheet.note,
                "zoom": samples.zoom(sheet.shape),
                "rows": [
                    {"name": spoken(name), "image": samples.data_uri(s), "pixels": s.shape[1]}
                    for name, s in zip(sheet.rows, strips, strict=True)
                ],
            }
        )
    return drawn


def histograms(run: Finished, many: bool = False) -> list[dict]:
    """The histograms of a run: bars per seed, ticks at the reference frequencies.

    many: whether only the first seeds are drawn, because the experiment has many runs.
    """
    drawn = []
    seeds = run.replicas[: FIRST if many else None]
    for found in run.measured.histograms.values():
        finite = [share for row in found.values for share in row if share is not None]
        top = 1.08 * max([*finite, *found.reference], default=0.0) or 1.0
        panels = [
            _bars(name, found.labels, shares, found.reference, top)
            for name, shares in zip(seeds, found.values, strict=False)
        ]
        drawn.append({"title": found.title, "reference_is": found.reference_is, "panels": panels})
    return drawn


def _bars(name, labels, shares, reference, top):
    """The histogram of one seed."""
    if None in shares:
        return {"name": f"{name}: not finite", "svg": ""}
    pairs = zip(labels, shares, strict=True)
    words = f"{name}: " + ", ".join(f"{label} {plain(share)}" for label, share in pairs)
    return {"name": name, "svg": svg.bars(words, labels, shares, reference, top)}


def trained(run: Finished, many: bool = False) -> list[dict]:
    """The training curves of a run, one panel per term; with fewer points beside many runs."""
    drawn = []
    for panel in curves.panels(run.curves, _points(many)):
        notes = [f"optimum {panel.optimum[1]}"] if panel.optimum else []
        if panel.broken:
            notes.append(f"not finite in {panel.broken} of {len(run.seeds)} seeds")
        drawn.append(
            {"title": panel.title, "note": "; ".join(notes), "svg": curves.picture(panel)}
        )
    return drawn


def _points(many):
    return curves.POINTS // 2 if many else curves.POINTS


def curve_note(run: Finished, many: bool = False) -> str:
    """A note on how the curves of a run are drawn."""
    panels = curves.panels(run.curves, _points(many))
    note = "Across: rounds, log-spaced." if panels[0].spaced == "log" else "Across: rounds."
    averaged = max(panel.averaged for panel in panels)
    if averaged > 1:
        note += f" A point is the mean of up to {averaged} logged rounds."
    return note


def provenance(run: Finished) -> list[tuple[str, str]]:
    """The provenance of a run's numbers, as (key, value) pairs."""
    found = schema.plain(run.record)
    first = ("fingerprint", "code", "model")
    record = {key: found[key] for key in first}
    record |= {key: value for key, value in found.items() if key not in ("format", "diverged")}
    return [*settings(record), ("measured on", run.measured.split)]
