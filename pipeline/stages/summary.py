"""Command summary: what `make repro` ends with.

    python -m pipeline summary

reads   params.yaml, reports/metrics/*.json, reports/claims.json, work/times.json
Prints a table of the runs, each number with its interval over training seeds and what it should
be, what is not yet measured, the verdicts, the time of each stage, and where the page is.
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.execution import machine, times
from pipeline.execution.control_code import control_code
from pipeline.results import current, schema
from pipeline.stages import check

WIDTH = 110  # columns that the table needs, also where the output is no terminal
BADGES = {
    "holds": "[green]holds[/]",
    "fails": "[red]fails[/]",
    "undecided": "[yellow]undecided[/]",
}


def main() -> None:
    settings = check.study()
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    table = Table(
        title=f"Means over training seeds, with 95 % intervals; budget {settings.budget}",
        title_justify="left",
    )
    for column in ("run", "seeds", "what", "mean", "interval", "reference"):
        table.add_column(column, justify="left" if column in ("run", "what") else "right")
    for name, experiment in settings.experiments.items():
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
    for claim in _claims():
        console.print(f"{BADGES[claim.verdict]:>20}  {claim.claim}", soft_wrap=True)
    times.tell(list(settings.experiments), machine.processor(), machine.cores())
    page = Path("reports/index.html")
    if page.is_file():
        console.print(f"\nThe page: {page.resolve().as_uri()}", soft_wrap=True)


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
