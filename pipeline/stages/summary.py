"""Command summary: what `make repro` ends with.

    python -m pipeline summary

reads   reports/metrics/*.json, reports/claims.json
Prints a table of the runs, each number with its interval over training seeds and what it
should be, the verdicts, and where the page is.
"""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.results.files import read_json
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
    table = Table(title="Means over training seeds, with 95 % intervals", title_justify="left")
    for column in ("run", "seeds", "what", "mean", "interval", "should be"):
        table.add_column(column, justify="left" if column in ("run", "what") else "right")
    for experiment in settings.experiments:
        for name, run in read_json(f"reports/metrics/{experiment}.json")["runs"].items():
            label, seeds = f"{experiment}.{name}", str(len(run["seeds"]))
            for metric in run["metrics"].values():
                between = f"{_short(metric['low'])} to {_short(metric['high'])}"
                known = _short(metric["known"])
                table.add_row(
                    label, seeds, metric["title"], _short(metric["mean"]), between, known
                )
                label = seeds = ""
            table.add_section()
    console.print(table)
    for claim in read_json("reports/claims.json")["claims"]:
        console.print(f"{BADGES[claim['verdict']]:>20}  {claim['claim']}", soft_wrap=True)
    page = Path("reports/index.html").resolve()
    console.print(f"\nThe page: {page.as_uri()}", soft_wrap=True)


def _short(value):
    return "" if value is None else f"{value:.4g}"
