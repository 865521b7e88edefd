"""Command summary: what `make repro` ends with.

    python -m pipeline summary                   in a dozen lines what was made, where it is
    python -m pipeline summary EXPERIMENT ...    each number of these, and their claims
    python -m pipeline summary --all             those of all, and the time of each stage

reads   params.yaml, reports/metrics/*.json, reports/claims.json, work/: times and trainings'
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.execution import machine, times, units
from pipeline.execution.control_code import control_code
from pipeline.results import current, schema
from pipeline.stages import check
from pipeline.study import reader, validation
from pipeline.study.errors import StudyError
from pipeline.study.schema import Study

WIDTH = 110  # columns that the table needs, also where the output is no terminal
NAMED = 5  # of a list that may be long, these are named
BADGES = {
    "holds": "[green]holds[/]",
    "fails": "[red]fails[/]",
    "undecided": "[yellow]undecided[/]",
}
WORDS = {"holds": "hold", "fails": "fail", "undecided": "undecided"}


def main(names: list[str] | None = None, every: bool = False) -> None:
    """Print it. names: experiments whose numbers are told; every: those of all."""
    settings = check.study()
    for name in names or []:
        if name not in settings.experiments:
            hint = validation.allowed(name, settings.experiments)
            raise StudyError(f"{reader.FILE}: experiment {name!r} is unknown{hint}")
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    told = list(settings.experiments) if every else names or []
    if told:
        _numbers(console, settings, told)
        for claim in _claims():
            if every or claim.experiment in told:
                console.print(f"{BADGES[claim.verdict]:>20}  {claim.claim}", soft_wrap=True)
    if every:
        times.tell(list(settings.experiments), machine.processor(), machine.cores())
    if not told:
        _in_short(console, settings)
    page = Path("reports/index.html")
    if page.is_file():
        console.print(f"The page: {page.resolve().as_uri()}", soft_wrap=True)


def _in_short(console, settings):
    """How much was made, what became of the claims, what is missing, how long it took."""
    found = {name: current.measured(name, e) for name, e in settings.experiments.items()}
    runs = {f"{e}.{r}": run for e, measured in found.items() for r, run in measured.items()}
    trainings = sum(len(run.train.seeds) for run in runs.values())
    console.print(
        f"Measured: {len(runs)} runs of {len(found)} experiments, {trainings:,} trainings; "
        f"budget {settings.budget}",
        soft_wrap=True,
    )
    claims = _claims()
    for what, some in (
        ("Theorems", [claim for claim in claims if claim.test]),
        ("Claims about trainings", [claim for claim in claims if not claim.test]),
    ):
        counts = Counter(claim.verdict for claim in some)
        said = ", ".join(f"{counts[v]} {w}" for v, w in WORDS.items())
        console.print(f"{what}: {said}", soft_wrap=True)
    waiting = [
        f"{name}: {what}"
        for name, experiment in settings.experiments.items()
        for what in current.waiting(experiment, found[name])
    ]
    still = [f"{name} ({len(run.diverged)})" for name, run in runs.items() if run.diverged]
    for what, some in ((current.NOT_YET.capitalize(), waiting), ("Diverged replicas", still)):
        if some:
            more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
            console.print(f"{what}: {', '.join(some[:NAMED])}{more}", soft_wrap=True)
    hours = core_hours(settings, list(found))
    if hours:
        most = sorted(hours, key=lambda name: -hours[name])[:NAMED]
        told = ", ".join(f"{name} {hours[name]:.2f}" for name in most)
        whole = f"{_hours(settings, runs.values()):.2f} core-hours"
        console.print(f"Training: {whole}; most of them: {told}", soft_wrap=True)
    for line in times.in_short(list(settings.experiments), machine.cores()):
        console.print(line, soft_wrap=True)
    console.print(
        "Numbers: python -m pipeline summary EXPERIMENT, or --all; dvc metrics show",
        soft_wrap=True,
    )


def _numbers(console, settings, names):
    """A table of the runs, each number with its interval over training seeds and its reference."""
    table = Table(
        title=f"Means over training seeds, with 95 % intervals; budget {settings.budget}",
        title_justify="left",
    )
    for column in ("run", "seeds", "what", "mean", "interval", "reference"):
        table.add_column(column, justify="left" if column in ("run", "what") else "right")
    for name in names:
        experiment = settings.experiments[name]
        found = current.measured(name, experiment)
        rows = current.controls(name, experiment, control_code)
        for run, measured in (
            found | {f"{row} (control)": one for row, one in rows.items()}
        ).items():
            label, seeds = f"{name}.{run}", str(len(measured.train.seeds))
            for metric in measured.metrics.values():
                between = f"{_short(metric.low)} to {_short(metric.high)}"
                reference = _short(metric.reference)
                table.add_row(label, seeds, metric.title, _short(metric.mean), between, reference)
                label = seeds = ""
        for what in current.waiting(experiment, found):
            table.add_row(f"{name}: {what}", "", current.NOT_YET, "", "", "")
        table.add_section()
    console.print(table)
    for name, hours in core_hours(settings, names).items():
        console.print(f"{name}: {hours:.2f} core-hours of training", soft_wrap=True)


def core_hours(settings: Study, names: Iterable[str]) -> dict[str, float]:
    """Core-hours of training by experiment, as far as this machine's work store knows them.

    A training that two experiments share counts for each.
    """
    found = {n: current.measured(n, settings.experiments[n]).values() for n in names}
    return {n: hours for n, runs in found.items() if (hours := _hours(settings, runs))}


def _hours(settings, runs):
    """Core-hours that the trainings of some runs took, each once; 0 where none is known."""
    marks = {run.fingerprint for run in runs}
    known = [times.training_seconds(units.place(mark)) or 0.0 for mark in marks]
    return sum(known) * settings.threads / 3600


def _claims():
    """The claims with their verdicts; none before they were decided, or by older code."""
    try:
        return current.verdicts().claims if Path("reports/claims.json").is_file() else []
    except schema.Outdated:
        return []
    except current.Stale as stale:
        print(f"warning: {stale}", file=sys.stderr)
        return []


def _short(value):
    return "" if value is None else f"{value:.4g}"
