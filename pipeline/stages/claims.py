"""Stage claims: the verdict on every claim of the ledger.

    python -m pipeline claims

reads   claims.yaml, params.yaml, history.yaml, settings.yaml, reports/metrics/*.json, data/,
        runs/<experiment>/<run>/run.json
writes  reports/claims.json    each claim with its rule, its numbers, its verdict, what is known
                               of its trainings and how it stands to its history; each correction
                               of the documents with the claims that settle it; what was withdrawn;
                               what is left open

A claim about a run or a metric that has not been measured as it stands in params.yaml is
undecided: one run that is behind keeps no other claim from its verdict. The tests of the theorems
run here. What was frozen is only compared: `python -m pipeline freeze` writes it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.execution.control_code import control_code
from pipeline.results import control_run, current, schema
from pipeline.results.schema import MeasuredRun
from pipeline.stages import unmoved
from pipeline.study import papers, trainings, validation
from pipeline.study.errors import StudyError
from pipeline.study.schema import Experiment, Study
from pipeline.verdicts import Verdict, decision, history, ledger, multiplicity, seeds, theorem
from pipeline.verdicts.history import Standing
from pipeline.verdicts.ledger import Claim
from pipeline.verdicts.outcomes import outcomes

FILE = "claims.yaml"
Measured = Mapping[str, Mapping[str, MeasuredRun]]


def main() -> None:
    """Decide the claims of the study in the current folder."""
    with unmoved.study(lambda study: study.experiments, _read) as settings:
        _decide(settings)


def _read(study: Study) -> list[Path]:
    """The files that decide the verdicts, beside params.yaml."""
    files = [Path(FILE), Path(history.FILE), Path(trainings.FILE)]
    return files + [Path("reports", "metrics", f"{name}.json") for name in study.experiments]


def _decide(settings):
    experiments = settings.experiments
    family_error, claims, corrections = ledger.read(FILE, experiments)
    entries = history.read()
    used = {c.experiment for c in claims if c.experiment}
    current.warn(experiments)
    decided_from = current.files({name: experiments[name] for name in sorted(used)})
    measured: Measured = {
        name: current.measured(name, experiments[name])
        | current.controls(name, experiments[name], control_code)
        for name in used
    }
    if problems := [line for claim in claims for line in _flaws(claim, measured)]:
        raise StudyError.of(problems)
    families = multiplicity.families(rests_on(claims, experiments))
    errors = {c: multiplicity.each(family_error, len(f)) for f in families for c in f}
    known, longer = trainings.frozen(), papers.rounds()
    standing = {
        name: {
            run: trainings.stands(f"{name}/{run}", block, known)._replace(
                paper=longer.get(f"{name}/{run}")
            )
            for run, block in experiments[name].runs.items()
        }
        | dict.fromkeys(control_run.rows(experiments[name]), trainings.Standing(trainings.CONTROL))
        for name in used
    }
    stands = history.compare(claims, family_error, entries)
    ended = outcomes([claim.test for claim in claims if claim.test])
    found, unshown = [], 0
    for claim in claims:
        hashed = history.rule_hash(claim, family_error)
        if claim.test:
            verdict, words, more = theorem.decide(ended[claim.test]), theorem.WORDS, {}
        else:
            error, own = errors[claim.id], standing[claim.experiment or ""]
            runs = measured[claim.experiment or ""]
            verdict, more, bare = _decided(claim, runs, error, own)
            if settings.budget == "taste":
                because = f"A taste decides nothing. {verdict.because}"
                verdict, bare = verdict._replace(verdict="undecided", because=because), False
            words = decision.words(claim, error)
            unshown += bare
        found.append(_told(claim, verdict, words, hashed, stands[claim.id], more))
    places = {name: k for k, family in enumerate(families, 1) for name in family}
    found = [replace(told, family=places.get(told.id)) for told in found]
    gone = history.withdrawn(claims, entries)
    counts: Counter[str] = Counter(claim.verdict for claim in found)
    study = schema.StudyWide(
        error=family_error,
        measured=len(errors),
        families=len(families),
        largest=max(map(len, families), default=0),
        expected_wrong=round(multiplicity.expected_wrong(errors.values()), 6),
        decided=round(
            history.decided_share([c.verdict for c in found if c.test is None], gone), 6
        ),
        unshown=unshown,
    )
    settled = [
        schema.Correction(
            name, stated.said, stated.instead, [c.id for c in claims if name in c.corrections]
        )
        for name, stated in corrections.items()
    ]
    withdrawn = [
        schema.Withdrawn(name, e.claim, e.rule, e.frozen, e.withdrawn, e.verdict)
        for name, e in gone.items()
    ]
    tally = {word: counts[word] for word in ("holds", "fails", "undecided")}
    left = [schema.Open(**opened.model_dump()) for opened in ledger.opened(FILE)]
    last = withdrawn, settings.budget, decided_from, left
    schema.write("reports/claims.json", schema.Verdicts(found, settled, tally, study, *last))
    for told in found:
        print(f"{told.verdict:9}  {told.id}: {told.because}")


def rests_on(claims: list[Claim], experiments: Mapping[str, Experiment]) -> dict[str, list[str]]:
    """The trainings that each measured claim rests on, by claim.

    claims: of the ledger. experiments: of params.yaml.
    """
    return {
        claim.id: [
            training
            for run in dict.fromkeys(run for run, _ in claim.sources)
            if (block := experiments[claim.experiment or ""].runs.get(run))  # no control
            for training in trainings.trainings(block)
        ]
        for claim in claims
        if not claim.test
    }


def _flaws(claim, measured):
    """Lines on values that no metric gives of a run, and on what is not there for each seed."""
    where, lines = f"{FILE}: claims.{claim.id}", []
    runs = measured.get(claim.experiment, {})
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
        elif len(claim.sources) > 1 and len(found.metrics[key].values) != len(found.train.seeds):
            lines.append(f"{where}: {run} has one {key}, not one for each seed")
    return lines


def _lacks(runs, run, key):
    """Whether what a claim rests on is not yet measured: the run, or the metric on it."""
    return run not in runs or key.partition(".")[0] not in runs[run].files


def _decided(claim, runs, error, standing):
    """The verdict, what is told beside it, and whether it goes against a run of unknown state."""
    for run, key in claim.sources:
        if _lacks(runs, run, key):
            what = f"{key} of {claim.experiment}.{run}"
            because = f"{current.NOT_YET.capitalize()}: {what}."
            return Verdict("undecided", because), {}, False
    verdict = decision.verdict(claim, runs, error, standing)
    accused = decision.accused(claim, verdict, runs, standing)
    needs = seeds.needed(
        claim.arguments, decision.columns(claim, runs), claim.smallest_effect, error
    )
    more = {"rests_on": decision.basis(claim, runs, standing), "replicas": needs}
    return verdict, more, any(t.converged is None for t in accused)


def _told(
    claim: Claim,
    verdict: Verdict,
    words: str,
    hashed: str,
    stands: Standing,
    more: Mapping[str, Any],
) -> schema.Decided:
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
        scale=getattr(claim.arguments, "scale", None),
        budget=claim.budget,
        smallest_effect=claim.smallest_effect,
        hash=hashed,
        frozen=stands.frozen,
        first=stands.first,
        changed=stands.changed,
        history=stands.words,
        **verdict._asdict(),
        **more,
    )
