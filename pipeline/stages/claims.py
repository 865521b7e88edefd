"""Stage claims: the verdict on every claim of the ledger.

    python -m pipeline claims

reads   claims.yaml, params.yaml, reports/metrics/*.json, data/, runs/<experiment>/<run>/run.json
writes  reports/claims.json    each claim with its rule, its numbers and its verdict, and each
                               correction of the documents with the claims that settle it

A claim about a run or a metric that has not been measured as it stands in params.yaml is
undecided: one run that is behind keeps no other claim from its verdict. Two runs are compared seed
by seed, so their seeds must be the same. The tests of the theorems run here.
"""

import math
from collections import Counter
from typing import Any

from pipeline.execution.control_code import control_code
from pipeline.results import current, schema
from pipeline.stages import check
from pipeline.study import validation
from pipeline.study.errors import StudyError
from pipeline.verdicts import Verdict, ledger, multiplicity, theorem
from pipeline.verdicts.outcomes import outcomes

FILE = "claims.yaml"


def main() -> None:
    """Decide the claims of the study in the current folder."""
    experiments = check.study().experiments
    family_error, claims, corrections = ledger.read(FILE, experiments)
    families: Counter[Any] = Counter(c.experiment for c in claims if c.experiment)
    measured = {
        name: current.measured(name, experiments[name])
        | current.controls(name, experiments[name], control_code)
        for name in families
    }
    problems = [
        line for claim in claims for line in _flaws(claim, measured.get(claim.experiment, {}))
    ]
    if problems:
        raise StudyError("\n".join(problems))
    ended = outcomes([claim.test for claim in claims if claim.test])
    found = []
    for claim in claims:
        if claim.test:
            found.append(_told(claim, theorem.decide(ended[claim.test]), theorem.WORDS))
            continue
        error = multiplicity.each(family_error, families[claim.experiment])
        verdict = _decided(claim, measured[claim.experiment], error)
        found.append(_told(claim, verdict, _words(claim, error)))
    counts = Counter(claim.verdict for claim in found)
    settled = [
        schema.Correction(
            name,
            correction.said,
            correction.instead,
            [claim.id for claim in claims if name in claim.corrections],
        )
        for name, correction in corrections.items()
    ]
    words = ("holds", "fails", "undecided")
    verdicts = schema.Verdicts(found, settled, {word: counts[word] for word in words})
    schema.write("reports/claims.json", verdicts)
    for claim in found:
        print(f"{claim.verdict:9}  {claim.id}: {claim.because}")


def _flaws(claim, runs):
    """Lines on values that no metric gives of a run, and on seeds that cannot be paired."""
    where, lines, seeds = f"{FILE}: claims.{claim.id}", [], {}
    for run, key in claim.sources:
        if _lacks(runs, run, key):
            continue
        found = runs[run]
        if key not in found.metrics:
            what = "metric" if key == claim.metric else "versus_metric"
            file = key.partition(".")[0]
            given = [k for k in found.metrics if k.partition(".")[0] == file]
            hint = validation.allowed(key, given)
            lines.append(f"{where}.{what}: {claim.experiment}.{run} has no {key!r}{hint}")
        elif len(claim.sources) > 1:
            if len(found.metrics[key].values) != len(found.train.seeds):
                lines.append(f"{where}: {run} has one {key}, not one for each seed to pair")
            seeds[run] = found.train.seeds
    first = next(iter(seeds), None)
    lines += [
        f"{where}: {first} has seeds {seeds[first]}, {run} has {own}: they cannot be paired"
        for run, own in seeds.items()
        if own != seeds[first]
    ]
    return lines


def _lacks(runs, run, key):
    """Whether what a claim rests on is not yet measured: the run, or the metric on it."""
    return run not in runs or key.partition(".")[0] not in runs[run].files


def _decided(claim, runs, error):
    for run, key in claim.sources:
        if _lacks(runs, run, key):
            what = f"{key} of {claim.experiment}.{run}"
            return Verdict("undecided", f"{current.NOT_YET.capitalize()}: {what}.")
    columns = [
        [math.nan if v is None else v for v in runs[run].metrics[key].values]
        for run, key in claim.sources
    ]
    if claim.runs:
        return claim.arguments.decide(columns, error)
    if not claim.paired:
        return claim.arguments.decide(columns[0], error)
    differences = [own - other for own, other in zip(*columns, strict=True)]
    verdict = claim.arguments.decide(differences, error)
    return verdict._replace(because=f"Difference {_between(claim)}. {verdict.because}")


def _words(claim, error):
    """The rule of a measured claim as it is applied, and to what."""
    if claim.runs:
        return claim.arguments.words(error, len(claim.runs))
    words = claim.arguments.words(error)
    return f"Of the difference {_between(claim)}. {words}" if claim.paired else words


def _between(claim):
    """What is subtracted from what."""
    (run, metric), (other, less) = claim.sources
    if metric == less:
        names = f"{run} minus {other}"
    elif run == other:
        names = f"{metric} minus {less}"
    else:
        names = f"{metric} of {run} minus {less} of {other}"
    return f"{names}, seed by seed"


def _told(claim, verdict, words):
    """What reports/claims.json says of one claim."""
    return schema.Decided(
        id=claim.id,
        claim=claim.claim,
        documents=claim.documents,
        corrections=claim.corrections,
        rule=words,
        reason=claim.reason,
        statistic=claim.statistic,
        experiment=claim.experiment,
        run=claim.run,
        runs=claim.runs,
        metric=claim.metric,
        versus=claim.versus,
        versus_metric=claim.versus_metric,
        test=claim.test,
        target=getattr(claim.arguments, "target", None),
        threshold=getattr(claim.arguments, "threshold", None),
        **verdict._asdict(),
    )
