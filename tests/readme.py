"""The table of experiments in README.md, made from params.yaml and reports/metrics.

    python -m tests.readme

Prints it; tests/test_readme.py holds README.md to the rows of what has been measured.
"""

from pipeline.results import current
from pipeline.results.schema import MeasuredRun
from pipeline.stages import check

# What the README shows of each experiment: the first metric of its runs that is here.
SHOWN = (
    *("accuracy.vote", "settling.collapsed", "conditional_accuracy.overall", "parzen.samples"),
    *("frechet.distance", "denoiser.excess", "bits_per_dim.divergence", "coverage.lost"),
    *("coverage.modes", "pair_modes.lost", "pair_modes.modes"),  # of reports until now
    *("generator_gradient.decades_lost", "loss_rank.spearman_frechet"),
    *("histogram.kl", "disentanglement.mig", "probe.linear_few"),
    *("bits_per_dim.bits", "die.kl_to_distribution", "spiral.radius_change", "elbo.shortfall"),
    *("interpolation.linear_step_ratio", "nll.estimate", "reconstruction.squared_error"),
    *("elbo.bound", "value.game"),
)
RUNS = 6  # of more, the first is shown, the lowest and the highest


def rows() -> dict[str, tuple[str, bool]]:
    """A row for each experiment, and whether all of it has been measured as it stands.

    Its question, its runs, and what was found.
    """
    found = {}
    for name, experiment in check.study().experiments.items():
        measured = current.measured(name, experiment)
        waiting = current.waiting(experiment, measured)
        line = _found(measured)
        if waiting:
            line = "; ".join([*filter(None, [line]), f"{current.NOT_YET}: {', '.join(waiting)}"])
        row = f"| {name} | {experiment.question} | {line.replace(' | ', ' ∣ ')} |"
        found[name] = row, not waiting
    return found


def table() -> str:
    """The rows under their head."""
    head = ["| experiment | question | found |", "| --- | --- | --- |"]
    return "\n".join([*head, *(row for row, _ in rows().values())])


def _found(runs: dict[str, MeasuredRun]) -> str:
    """What was found of the runs that are measured, by the first value that is shown."""
    values = {key for run in runs.values() for key in run.metrics}
    key = next((key for key in SHOWN if key in values), None)
    if key is None:
        return ""
    metrics = {name: run.metrics[key] for name, run in runs.items() if key in run.metrics}
    told = [f"`{run}` {_told(metrics[run])}" for run in _chosen(metrics)]
    if len(told) < len(metrics):
        told[0] = f"{len(metrics)} runs, among them {told[0]}"
    references = {f"{m.reference:.4g}" for m in metrics.values() if m.reference is not None}
    metric = next(iter(metrics.values()))
    title = metric.title.replace("|", r"\|")
    should = " and ".join(sorted(references))
    return f"{title}: {', '.join(told)}; {metric.reference_is}: {should}"


def _chosen(metrics):
    """The runs that are shown."""
    if len(metrics) <= RUNS:
        return list(metrics)
    ranked = sorted((r for r in metrics if metrics[r].mean is not None), key=_mean(metrics))
    return list(dict.fromkeys([next(iter(metrics)), ranked[0], ranked[-1]]))


def _mean(metrics):
    return lambda run: metrics[run].mean


def _told(metric):
    if metric.mean is None:
        return "not defined in every seed"
    between = ""
    if metric.low is not None:
        between = f" [{metric.low:.4g}, {metric.high:.4g}]"
    return f"{metric.mean:.4g}{between}"


if __name__ == "__main__":
    print(table())
