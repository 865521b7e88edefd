"""The short answers at the head of the page, from the metrics of the measured experiments."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.page.inputs import Finished
from pipeline.page.view import estimate, many
from pipeline.page.words import plain, spoken

QUESTIONS = {
    "coverage.lost": "Does the GAN lose a mode?",
    "pair_modes.lost": "Does it lose a pair of digits?",
    "value.game": "Where does the game end: V(D, G) beside its optimum?",
    "elbo.bound": "How well does the VAE explain unseen images: its ELBO?",
    "histogram.kl": "Are generated digits as varied as real ones: KL of their class histogram?",
    "generator_gradient.decades_lost": "How many powers of ten does a generator's gradient lose?",
    "loss_rank.spearman_frechet": "Does the critic's loss rank its own samples, without looking?",
    "conditional_accuracy.overall": "Is the requested digit drawn?",
}

LOST = ("coverage.lost", "pair_modes.lost")  # said of seeds, for a mean of lost modes says little


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
    """A summary of many runs: the range of their means, or how many of them lose no mode."""
    metrics = [run.measured.metrics[name] for run in runs]
    means = [metric.mean for metric in metrics if metric.mean is not None]
    figure = f"{plain(min(means))} to {plain(max(means))}" if means else "not finite"
    note, unit = f"means of {len(runs)} runs", metrics[0].unit
    if name in LOST:
        full = sum(all(v == 0 for v in m.values) for m in metrics)
        figure, unit = f"{full} of {len(runs)} runs", ""
        note = "lose no mode in any seed"
    return Finding(experiment, spoken(experiment), figure, "", unit, note)


def _finding(experiment, run, name):
    metric = run.measured.metrics[name]
    found = estimate(metric)
    shown, unit, reference = found["shown"], metric.unit, plain(metric.reference)
    figure = shown["mean"]
    interval = "" if metric.low is None else f"[{shown['low']}, {shown['high']}]"
    note = "" if metric.reference is None else f"Beside {reference}: {metric.reference_is}"
    if name in LOST:
        full = sum(v == 0 for v in metric.values)
        note = f"lose no mode; {figure} {unit} lost on average" + _good(run)
        figure, interval, unit = f"{full} of {len(metric.values)} seeds", "", ""
    if found["broken"]:
        note = found["broken"]
    title = f"{spoken(experiment)} / {spoken(run.name)}"
    return Finding(f"{experiment}-{run.name}", title, figure, interval, unit, note)


def _good(run):
    """How many samples are good, beside how many modes are lost: noise loses none."""
    good = run.measured.metrics.get("coverage.good_share")
    return "" if good is None else f"; {estimate(good)['shown']['mean']} of the samples good"
