"""The table of experiments in README.md, made from params.yaml and reports/metrics.

    python -m tests.readme

Prints it; tests/test_readme.py holds README.md to it.
"""

import json
from pathlib import Path

from pipeline import study

# What the README shows of each experiment: the first metric of its runs that is here.
SHOWN = (
    *("vote_accuracy", "frechet", "excess", "divergence", "modes_covered", "class_kl", "mig"),
    *("linear_few", "linear_step_ratio", "bits_per_dim", "kl_to_law", "elbo_shortfall", "nll"),
    *("squared_error", "elbo", "value"),
)


def table(reports: Path = Path("reports")) -> str:
    """A row for each experiment: its question, its runs, and what was found."""
    rows = ["| experiment | question | found |", "| --- | --- | --- |"]
    for name, experiment in study.read().experiments.items():
        runs = json.loads((reports / "metrics" / f"{name}.json").read_text("utf-8"))["runs"]
        shown = next(m for m in SHOWN if m in next(iter(runs.values()))["metrics"])
        found = []
        for run, block in runs.items():
            metric = block["metrics"][shown]
            between = ""
            if metric["low"] is not None:
                between = f" [{metric['low']:.4g}, {metric['high']:.4g}]"
            found.append(f"`{run}` {metric['mean']:.4g}{between}")
        known = {f"{block['metrics'][shown]['known']:.4g}" for block in runs.values()}
        title = metric["title"].replace("|", "\\|")
        should = " and ".join(sorted(known))
        line = f"{title}: {', '.join(found)}; {metric['known_is']}: {should}"
        rows.append(f"| {name} | {experiment.question} | {line.replace(' | ', ' ∣ ')} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
