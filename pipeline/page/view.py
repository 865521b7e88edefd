"""The content of an experiment on the page, in its order and words, for the template.

Every number comes from the files of earlier stages; only its rounding and its position in drawings
are computed here.
"""

from collections.abc import Sequence

from markupsafe import Markup

from pipeline.page import curves, languages, samples, svg, wording
from pipeline.page.estimates import estimate as estimate
from pipeline.page.inputs import Control, Finished
from pipeline.page.words import decimals, number, plain, settings
from pipeline.results import schema
from pipeline.results.sheets import Sheet

BETTER = {
    "higher": "higher is better",
    "lower": "lower is better",
    "reference": "nearest the reference is best",
}
ACROSS = 4  # the most columns of numbers that a table has


def tables(
    experiment: str, runs: Sequence[Finished], controls: Sequence[Control] = ()
) -> list[dict]:
    """The results of an experiment, as tables that fit: no more than ACROSS columns of numbers.

    Few runs stand across and their metrics down. Where there are more, runs stand down and the
    metrics are split. controls: rows that are no trainings, after the runs.
    """
    names = list(dict.fromkeys(name for run in runs for name in run.measured.metrics))
    everyone: list[Finished | Control] = [*runs, *controls]
    metrics = [_metric(name, everyone) for name in names]
    if len(everyone) <= ACROSS:
        heads = [_run_head(experiment, run) for run in everyone]
        rows = [
            {"head": m["head"], "cells": m["cells"], "reference": m["reference"]} for m in metrics
        ]
        return [{"down": "metrics", "heads": heads, "rows": rows}] if rows else []
    return [
        {
            "down": "runs",
            "heads": [m["head"] for m in some],
            "rows": [
                {
                    "head": _run_head(experiment, run),
                    "control": i >= len(runs),
                    "cells": [m["cells"][i] for m in some],
                }
                for i, run in enumerate(everyone)
            ],
            "references": [m["reference"] for m in some],
        }
        for at in range(0, len(metrics), ACROSS)
        if (some := metrics[at : at + ACROSS])
    ]


def _run_head(experiment, run):
    """The name of a run, and where it leads; a control leads nowhere."""
    control = isinstance(run, Control)
    return {
        "title": wording.title(experiment, run.name),
        "link": "" if control else f"{experiment}-{run.name}",
        "remark": "" if control else run.remark,
        "seeds": len(run.seeds),
        "control": control,
    }


def _metric(name, everyone):
    """The head, the cells by run, and the reference value of a metric, where all have one."""
    found = [run.measured.metrics.get(name) for run in everyone]
    metrics = [metric for metric in found if metric]
    says = {(m.reference, m.reference_is) for m in metrics}
    shared, alike = len(says) == 1, len({m.unit for m in metrics}) == 1
    value, words = next(iter(says))
    cells = [
        m
        and {
            **estimate(m),
            "shared": shared,
            "unit": "" if alike else m.unit,
            "reference_is": m.reference_is,
            "strip": svg.strip(m, *_range(m, metrics)),
        }
        for m in found
    ]
    first = metrics[0]
    head = {
        "title": first.title,
        "unit": first.unit if alike and first.unit != first.title else "",
        "better": BETTER.get(first.better, ""),
    }
    reference = {"value": value, "shown": plain(value), "is": words} if shared else None
    return {"head": head, "cells": cells, "reference": reference}


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


def budget(runs: Sequence[Finished]) -> Markup:
    """What the runs of an experiment were given: seeds, rounds, examples."""

    def told(numbers):
        low, high = min(numbers), max(numbers)
        return plain(low) if low == high else f"{plain(low)}–{plain(high)}"

    return languages.both(
        "{runs} runs, {seeds} seeds each, {rounds} rounds of {batch} examples",
        runs=len(runs),
        seeds=told([len(run.seeds) for run in runs]),
        rounds=told([run.measured.train.rounds for run in runs]),
        batch=told([run.measured.train.batch for run in runs]),
    )


def every_seed(run: Finished) -> list[dict]:
    """All values of a run: one row per seed, in tables of at most ACROSS metrics."""
    metrics = [m for m in run.measured.metrics.values() if len(m.values) == len(run.seeds)]
    found = []
    for at in range(0, len(metrics), ACROSS):
        some = metrics[at : at + ACROSS]
        columns = [_column(m.values) for m in some]
        rows = [
            {"seed": name.removeprefix("seed "), "values": [column[i] for column in columns]}
            for i, name in enumerate(run.replicas)
        ]
        found.append({"titles": [m.title for m in some], "rows": rows})
    return found


def _column(values):
    """(value, text) pairs, all rounded to the same digit: three figures of their spread."""
    finite = [v for v in values if v is not None]
    spread = max(finite, default=0) - min(finite, default=0)
    whole = all(float(v).is_integer() for v in finite)
    places = 0 if whole else decimals(spread or finite[0], 3)
    return [(v, number(v, places)) for v in values]


def sheets(shown: list[Sheet]) -> list[dict]:
    """The sheets of an experiment's figures, one strip per row of images."""
    drawn = []
    for sheet in shown:
        strips = [samples.tiles(x, sheet.shape) for x in sheet.images]
        drawn.append(
            {
                "title": sheet.title,
                "note": sheet.note,
                "zoom": samples.zoom(sheet.shape),
                "rows": [
                    {"name": name, "image": samples.data_uri(s), "pixels": s.shape[1]}
                    for name, s in zip(sheet.rows, strips, strict=True)
                ],
            }
        )
    return drawn


def histograms(run: Finished) -> list[dict]:
    """The histograms of a run: bars of the mean over seeds, each seed's as a dot."""
    drawn = []
    for found in run.measured.histograms.values():
        rows = [[v for v in row if v is not None] for row in found.values if None not in row]
        if not rows:
            continue
        top = 1.08 * max(max(map(max, rows)), *found.reference, 1e-9)
        drawn.append(
            {
                "title": found.title,
                "reference_is": found.reference_is,
                "broken": len(found.values) - len(rows),
                "all": len(found.values),
                "svg": svg.bars(found.title, found.labels, rows, found.reference, top),
            }
        )
    return drawn


def trained(run: Finished) -> list[dict]:
    """The training curves of a run, one panel per term."""
    drawn = []
    for panel in curves.panels(run.curves, curves.POINTS // 2):
        player, _, term = panel.title.partition(": ")
        drawn.append(
            {
                "player": player,
                "term": term,
                "optimum": panel.optimum[1] if panel.optimum else "",
                "broken": panel.broken,
                "all": len(run.seeds),
                "spaced": panel.spaced,
                "svg": curves.picture(panel),
            }
        )
    return drawn


def provenance(run: Finished) -> list[tuple[str, str]]:
    """The provenance of a run's numbers, as (key, value) pairs."""
    found = schema.plain(run.record)
    first = ("fingerprint", "code", "model")
    record = {key: found[key] for key in first}
    record |= {key: value for key, value in found.items() if key not in ("format", "diverged")}
    return [*settings(record), ("measured on", run.measured.split)]
