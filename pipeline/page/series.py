"""Metrics at the snapshots of training, for the runs of an experiment side by side.

They are drawn like training curves, one panel per run; all panels of a metric share an axis.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.page import curves, wording
from pipeline.page.inputs import Finished
from pipeline.results.schema import Series


def series(experiment: str, runs: Sequence[Finished]) -> list[dict]:
    """The series of an experiment, each with one panel per run that has it."""
    names = dict.fromkeys(n for run in runs for n in run.measured.series)
    return [drawn for name in names if (drawn := _group(name, experiment, runs))]


def _group(name, experiment, runs):
    found = {r.name: r.measured.series.get(name) for r in runs}
    panels = {run: panel(s) for run, s in found.items() if s and len(s.rounds)}
    if not panels:
        return None
    first = next(s for s in found.values() if s)
    limits = [panel.limits for panel in panels.values()]
    shared = min(low for low, _ in limits), max(high for _, high in limits)
    references = {s.reference_is for s in found.values() if s and s.reference is not None}
    return {
        "title": first.title,
        "unit": first.unit,
        "references": sorted(references),
        "log": first.log,
        "panels": [
            {
                "title": wording.title(experiment, run),
                "optimum": "",
                "broken": p.broken,
                "all": len(p.values),
                "numbers": curves.numbers(p),
                "svg": curves.picture(p, shared),
            }
            for run, p in panels.items()
        ],
    }


def panel(found: Series) -> curves.Panel:
    """A series as a panel of curves. found: as reports/metrics has it."""
    values = np.array([[np.nan if v is None else v for v in row] for row in found.values])
    reference, optimum = found.reference, None
    if reference is not None and (reference > 0 or not found.log):
        optimum = reference, found.reference_is
    return curves.Panel(
        title=found.title,
        rounds=np.array(found.rounds, float),
        values=values.astype(float),
        optimum=optimum,
        spaced="linear",
        averaged=1,
        broken=int(np.isnan(values.astype(float)).any(axis=1).sum()),
        log=found.log,
    )
