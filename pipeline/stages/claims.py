"""Stage claims: the verdict on every claim of the ledger.

    python -m pipeline claims

reads   claims.yaml, params.yaml, reports/metrics/*.json, runs/<experiment>/<run>/run.json
writes  reports/claims.json    each claim with its rule, its numbers and its verdict, and each
                               correction of the documents with the claims that settle it

A claim about a run that has no metrics is undecided. Metrics that belong to another training
than the one in runs/ are refused. Two runs are compared seed by seed, so their seeds must be the
same. The tests of the theorems run here.
"""

import math
from collections import Counter
from pathlib import Path
from typing import Any

from pipeline.results.files import read_json, write_json
from pipeline.stages import check
from pipeline.study import validation
from pipeline.study.errors import DATA, StudyError
from pipeline.verdicts import Verdict, ledger, multiplicity, theorem
from pipeline.verdicts.outcomes import outcomes

FILE = "claims.yaml"


def main() -> None:
    """Decide the claims of the study in the current folder."""
    family_error, claims, corrections = ledger.read(FILE, check.study().experiments)
    families: Counter[Any] = Counter(c.experiment for c in claims if c.experiment)
    measured = {experiment: _runs(experiment) for experiment in families}
    problems = [line for claim in claims for line in _flaws(claim, measured)]
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
    counts = Counter(claim["verdict"] for claim in found)
    words = ("holds", "fails", "undecided")
    content = {
        "claims": found,
        "corrections": [
            {
                "id": name,
                **correction.model_dump(),
                "claims": [claim.id for claim in claims if name in claim.corrections],
            }
            for name, correction in corrections.items()
        ],
        "counts": {w: counts[w] for w in words},
    }
    write_json("reports/claims.json", content)
    for claim in found:
        print(f"{claim['verdict']:9}  {claim['id']}: {claim['because']}")


def _runs(experiment):
    """The runs of an experiment that have been measured, by name."""
    path = Path("reports", "metrics", f"{experiment}.json")
    if not path.is_file():
        return {}
    runs = read_json(path).get("runs", {})
    for name, run in runs.items():
        record = Path("runs", experiment, name, "run.json")
        if record.is_file() and (now := read_json(record)["fingerprint"]) != run["fingerprint"]:
            raise StudyError(
                f"{path}: {name} was measured at fingerprint {run['fingerprint']}, but {record} "
                f"has {now}; run the evaluate stage again",
                DATA,
            )
    return runs


def _flaws(claim, measured):
    """Lines on metrics that a run was not measured by, and on seeds that cannot be paired."""
    where, lines, seeds = f"{FILE}: claims.{claim.id}", [], {}
    for run, metric in claim.sources:
        block = measured[claim.experiment].get(run)
        if block is None:
            continue
        if metric not in block["metrics"]:
            key = "metric" if metric == claim.metric else "versus_metric"
            hint = validation.allowed(metric, block["metrics"])
            lines.append(f"{where}.{key}: {claim.experiment}.{run} has no {metric!r}{hint}")
        elif len(claim.sources) > 1:
            values = block["metrics"][metric]["values"]
            if len(values) != len(block["seeds"]):
                lines.append(f"{where}: {run} has one {metric}, not one for each seed to pair")
            seeds[run] = block["seeds"]
    first = next(iter(seeds), None)
    lines += [
        f"{where}: {first} has seeds {seeds[first]}, {run} has {own}: they cannot be paired"
        for run, own in seeds.items()
        if own != seeds[first]
    ]
    return lines


def _decided(claim, runs, error):
    absent = [run for run, _ in claim.sources if run not in runs]
    if absent:
        return Verdict("undecided", f"{claim.experiment}.{absent[0]} has not been measured.")
    columns = [
        [math.nan if v is None else v for v in runs[run]["metrics"][metric]["values"]]
        for run, metric in claim.sources
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
    return {
        "id": claim.id,
        "claim": claim.claim,
        "documents": claim.documents,
        "corrections": claim.corrections,
        "rule": words,
        "reason": claim.reason,
        "statistic": claim.statistic,
        "experiment": claim.experiment,
        "run": claim.run,
        "runs": claim.runs,
        "metric": claim.metric,
        "versus": claim.versus,
        "versus_metric": claim.versus_metric,
        "test": claim.test,
        # Of an equivalence: the estimate is a difference from it, to lie within the threshold.
        "target": getattr(claim.arguments, "target", None),
        "threshold": getattr(claim.arguments, "threshold", None),
        **verdict._asdict(),
    }
