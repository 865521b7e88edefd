"""The table of experiments in README.md, made from params.yaml and reports/metrics.

    python -m tests.readme

Prints it; tests/test_readme.py holds README.md to it.
"""

import json
from pathlib import Path

from pipeline.stages import check

# What the README shows of each experiment: the first metric of its runs that is here.
SHOWN = (
    *("accuracy.vote", "settling.collapsed", "conditional_accuracy.overall", "parzen.samples"),
    *("frechet.distance", "denoiser.excess", "bits_per_dim.divergence", "coverage.modes"),
    *("pair_modes.modes", "generator_gradient.decades_lost", "loss_rank.spearman_frechet"),
    *("histogram.kl", "disentanglement.mig", "probe.linear_few"),
    *("bits_per_dim.bits", "die.kl_to_distribution", "spiral.radius_change", "elbo.shortfall"),
    *(
        "interpolation.linear_step_ratio",
        "nll.estimate",
        "reconstruction.squared_error",
        "elbo.bound",
        "value.game",
    ),
)
RUNS = 6  # of more, the first is shown, the lowest and the highest


def table(reports: Path = Path("reports")) -> str:
    """A row for each experiment: its question, its runs, and what was found."""
    rows = ["| experiment | question | found |", "| --- | --- | --- |"]
    for name, experiment in check.study().experiments.items():
        runs = json.loads((reports / "metrics" / f"{name}.json").read_text("utf-8"))["runs"]
        shown = next(m for m in SHOWN if m in next(iter(runs.values()))["metrics"])
        metrics = {run: block["metrics"][shown] for run, block in runs.items()}
        found = [f"`{run}` {_told(metrics[run])}" for run in _chosen(metrics)]
        if len(found) < len(metrics):
            found[0] = f"{len(metrics)} runs, among them {found[0]}"
        reference = [m["reference"] for m in metrics.values() if m["reference"] is not None]
        metric = next(iter(metrics.values()))
        title = metric["title"].replace("|", "\\|")
        should = " and ".join(sorted({f"{value:.4g}" for value in reference}))
        line = f"{title}: {', '.join(found)}; {metric['reference_is']}: {should}"
        rows.append(f"| {name} | {experiment.question} | {line.replace(' | ', ' ∣ ')} |")
    return "\n".join(rows)


def _chosen(metrics):
    """The runs that are shown."""
    if len(metrics) <= RUNS:
        return list(metrics)
    ranked = sorted((r for r in metrics if metrics[r]["mean"] is not None), key=_mean(metrics))
    return list(dict.fromkeys([next(iter(metrics)), ranked[0], ranked[-1]]))


def _mean(metrics):
    return lambda run: metrics[run]["mean"]


def _told(metric):
    if metric["mean"] is None:
        return "not defined in every seed"
    between = ""
    if metric["low"] is not None:
        between = f" [{metric['low']:.4g}, {metric['high']:.4g}]"
    return f"{metric['mean']:.4g}{between}"


if __name__ == "__main__":
    print(table())
