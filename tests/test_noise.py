"""Uniform noise is a run: in its place no claim that praises a run may hold.

A claim praises a run where its holding is to the run's credit, by what the metric calls better:
the list is made from claims.yaml and the reports, and kept by no hand. A claim that noise passes
is one of a statistic that sees nothing. It waits until noise has been measured beside its run.
"""

from math import nan
from statistics import fmean

import pytest

from pipeline.execution.control_code import control_code
from pipeline.results import current
from pipeline.verdicts import binomial, bound, equivalence, ledger, multiplicity, order
from tests import committed
from tests.results import made

NOISE = "noise"


def towards(metric, x):
    """Which side of x a value is better on: "below" or "above"."""
    if metric.better != "reference":
        return {"lower": "below", "higher": "above"}[metric.better]
    return "below" if metric.reference is not None and metric.reference < x else "above"


def praised(claim, runs):
    """The run to whose credit it is that a claim holds, or None. runs: what was measured."""
    rule, (own, *others) = claim.arguments, claim.sources
    metric = runs[own[0]].metrics[own[1]]
    if isinstance(rule, order.Rule):
        means = [mean(runs, run, key) for run, key in claim.sources]
        last, first = claim.runs[-1], claim.runs[0]
        rising = towards(metric, fmean(means)) == "above"
        return last if rising == (rule.side == "below") else first
    if isinstance(rule, binomial.Rule):
        return claim.run if towards(metric, rule.at_least) == rule.side else None
    if others:
        if others[0][0] == claim.run:  # two metrics of one run: neither is a credit
            return None
        if isinstance(rule, equivalence.Rule):  # as good as the other
            return claim.run
        return claim.run if towards(metric, mean(runs, *others[0])) == rule.side else None
    if isinstance(rule, bound.Rule):
        return claim.run if towards(metric, rule.threshold) == rule.side else None
    return claim.run if at_best(metric, rule) else None


def at_best(metric, rule):
    """Whether what a mean is said to be is what is best: the reference, or beyond it."""
    if metric.reference is None:
        return False
    near = abs(rule.target - metric.reference) <= rule.margin
    beyond = metric.better != "reference" and towards(metric, metric.reference) == (
        "below" if rule.target < metric.reference else "above"
    )
    return near or beyond


def mean(runs, run, key):
    found = [v for v in runs[run].metrics[key].values if v is not None]
    return fmean(found) if found else nan


def with_noise(claim, runs, noise, error):
    """The verdict on a claim with the values of noise in place of the praised run's; or None.

    runs: what was measured, by name. noise: the control, measured alike.
    """
    there = all(run in runs and key in runs[run].metrics for run, key in claim.sources)
    if not there or (run := praised(claim, runs)) is None:
        return None
    if NOISE in {name for name, _ in claim.sources}:  # it is about noise
        return None
    if any(key not in noise.metrics for name, key in claim.sources if name == run):
        return None
    columns = [
        (noise if name == run else runs[name]).metrics[key].values for name, key in claim.sources
    ]
    if claim.runs:
        return claim.arguments.decide(columns, error)
    if len(columns) == 2:
        return claim.arguments.compare(*columns, error)
    return claim.arguments.decide(columns[0], error)


def cases():
    """Each measured claim of an experiment in which noise has been measured too."""
    experiments = committed.study().experiments
    family_error, claims, _ = ledger.read("claims.yaml", experiments)
    for name, experiment in experiments.items():
        rows = current.controls(name, experiment, control_code)
        if NOISE in rows:
            own = [claim for claim in claims if claim.experiment == name]
            runs = current.measured(name, experiment) | rows
            error = multiplicity.each(family_error, len(own)) if own else family_error
            yield from ((claim, runs, rows[NOISE], error) for claim in own)


def test_no_claim_that_praises_a_run_holds_of_noise():
    told = [
        f"{claim.id}: {verdict.because}"
        for claim, runs, noise, error in cases()
        if (verdict := with_noise(claim, runs, noise, error)) and verdict.verdict == "holds"
    ]
    assert not told, "\n".join(told)


# A synthetic ledger: ten seeds of a good run, of one that is lost, and of noise.
JITTER = [0.01 * k for k in range(-5, 5)]
RUNS = {
    "good": {"c.lost": 0.0, "c.good": 0.9, "c.hit": 8.0},
    "bad": {"c.lost": 3.0, "c.good": 0.1, "c.hit": 5.0},
    NOISE: {"c.lost": 0.0, "c.good": 0.05, "c.hit": 8.0},
}
BETTER = {"c.lost": ("lower", 0.0), "c.good": ("reference", 0.989), "c.hit": ("higher", 8.0)}


def measured(name):
    metrics = {
        key: made.metric([x + d for d in JITTER], better=BETTER[key][0], reference=BETTER[key][1])
        for key, x in RUNS[name].items()
    }
    return made.measured(made.record(range(10)), metrics)


def claim(rule, metric, **changes):
    block = {"id": "one", "claim": "It is so.", "documents": ["T001"], "statistic": "mean"}
    block |= {"experiment": "e", "metric": metric, "arguments": rule, "rule": "bound"}
    return ledger.Claim.model_validate(block | changes)


@pytest.mark.parametrize(
    ("made_of", "passes"),
    [
        # What noise passes: modes hit, and modes lost, said alone.
        ((bound.Rule("above", 7.5), "c.hit", {"run": "good"}), True),
        ((bound.Rule("below", 0.5), "c.lost", {"run": "good"}), True),
        ((binomial.Rule(7.5, "above", 0.5), "c.hit", {"run": "good"}), True),
        ((equivalence.Rule(0.0, 0.5), "c.lost", {"run": "good"}), True),
        ((bound.Rule("below", 0.0), "c.lost", {"run": "good", "versus": "bad"}), True),
        ((order.Rule("above"), "c.lost", {"runs": ["bad", "good"]}), True),
        ((equivalence.Rule(0.0, 0.5), "c.hit", {"run": "good", "versus": NOISE}), None),
        # What it does not.
        ((bound.Rule("above", 0.8), "c.good", {"run": "good"}), False),
        ((bound.Rule("above", 0.0), "c.good", {"run": "good", "versus": "bad"}), False),
        ((order.Rule("below"), "c.good", {"runs": ["bad", "good"]}), False),
        ((equivalence.Rule(0.95, 0.1), "c.good", {"run": "good"}), False),
        # What is no praise: a run is bad, and noise is too.
        ((bound.Rule("below", 0.5), "c.good", {"run": "bad"}), None),
        ((bound.Rule("above", 0.5), "c.lost", {"run": "bad"}), None),
        ((bound.Rule("below", 0.0), "c.good", {"run": "bad", "versus": "good"}), None),
        ((equivalence.Rule(0.1, 0.1), "c.good", {"run": "bad"}), None),
    ],
)
def test_a_statistic_that_noise_passes_is_found(made_of, passes):
    rule, metric, changes = made_of
    runs = {name: measured(name) for name in RUNS}
    verdict = with_noise(claim(rule, metric, **changes), runs, runs[NOISE], 0.025)
    assert (verdict and verdict.verdict == "holds") == passes


def test_the_two_ends_of_an_order():
    """Falling is praise of the last where lower is better, of the first where higher is."""
    runs = {name: measured(name) for name in RUNS}
    ends = {
        key: praised(claim(order.Rule("above"), key, runs=["bad", "good"]), runs)
        for key in ("c.lost", "c.hit")
    }
    assert ends == {"c.lost": "good", "c.hit": "bad"}
