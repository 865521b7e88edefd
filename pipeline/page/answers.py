"""The short answers at the head of the page, from the metrics of the measured experiments."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.page.inputs import Finished
from pipeline.page.view import estimate, many
from pipeline.page.words import plain, spoken

QUESTIONS = {
    "coverage.modes": "Does the GAN cover every mode?",
    "pair_modes.modes": "Does it draw every pair of digits?",
    "value.game": "Where does the game end: V(D, G) beside its optimum?",
    "elbo.bound": "How well does the VAE explain unseen images: its ELBO?",
    "histogram.kl": "Are generated digits as varied as real ones: KL of their class histogram?",
    "generator_gradient.decades_lost": "How many powers of ten does a generator's gradient lose?",
    "loss_rank.spearman_frechet": "Does the critic's loss rank its own samples, without looking?",
    "conditional_accuracy.overall": "Is the digit that is asked for drawn?",
}


@dataclass(frozen=True)
class Finding:
    """The answer of one run, or of one experiment with many runs, to a question."""

    anchor: str  # of the page's section with the details
    name: str
    figure: str
    interval: str
    unit: str
    note: str


@dataclass(frozen=True)
class Answer:
    """A question of the study and its findings."""

    question: str
    findings: list[Finding]

    @property
    def note(self) -> str:
        """The note that all findings share, or nothing."""
        notes = {finding.note for finding in self.findings}
        return notes.pop() if len(notes) == 1 else ""


def answers(study: Mapping[str, list[Finished]]) -> list[Answer]:
    """The answers that the measured runs allow; a question without its metric is left out.

    Of an experiment with many runs, the first is shown, and all of them are summarised in a line.

    study: the finished runs of every experiment.
    """
    given = []
    for metric, question in QUESTIONS.items():
        findings = []
        for experiment, runs in study.items():
            able = [run for run in runs if metric in run.measured.metrics]
            if many(able):
                findings.append(_finding(experiment, able[0], metric))
                findings.append(_summary(experiment, able, metric))
            else:
                findings += [_finding(experiment, run, metric) for run in able]
        if findings:
            given.append(Answer(question, findings))
    return given


def _summary(experiment, runs, name):
    """A summary of many runs: the range of their means, or how many of them cover all modes."""
    metrics = [run.measured.metrics[name] for run in runs]
    means = [metric.mean for metric in metrics if metric.mean is not None]
    figure = f"{plain(min(means))} to {plain(max(means))}" if means else "not finite"
    note, unit = f"means of {len(runs)} runs", metrics[0].unit
    reference = metrics[0].reference
    if name == "coverage.modes" and reference is not None:
        full = sum(all(v is not None and v >= reference for v in m.values) for m in metrics)
        figure, unit = f"{full} of {len(runs)} runs", ""
        note = f"cover all {plain(reference)} modes in every seed"
    return Finding(experiment, spoken(experiment), figure, "", unit, note)


def _finding(experiment, run, name):
    metric = run.measured.metrics[name]
    found = estimate(metric)
    shown, unit, reference = found["shown"], metric.unit, plain(metric.reference)
    figure = shown["mean"]
    interval = "" if metric.low is None else f"[{shown['low']}, {shown['high']}]"
    note = "" if metric.reference is None else f"Beside {reference}: {metric.reference_is}"
    if name == "coverage.modes" and metric.reference is not None:
        full = sum(v is not None and v >= metric.reference for v in metric.values)
        note = f"cover all {reference} modes; {figure} on average"
        figure, interval, unit = f"{full} of {len(metric.values)} seeds", "", ""
    if found["broken"]:
        note = found["broken"]
    title = f"{spoken(experiment)} / {spoken(run.name)}"
    return Finding(f"{experiment}-{run.name}", title, figure, interval, unit, note)
