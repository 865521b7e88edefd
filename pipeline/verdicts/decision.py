"""A claim's rule, put to what was measured of its runs.

    one run                   rule.decide(v)
    two metrics of one run    rule.decide(v - w), replica by replica: these are the same trainings
    two runs                  rule.compare(v, w): independent samples, Welch; seeds may differ
    a list of runs            rule.decide([v_1, v_2, ...])

and then held to what is known of the trainings: pipeline/verdicts/publication.py.
"""

import math
from collections.abc import Mapping

from pipeline.results.judged import Basis
from pipeline.results.schema import MeasuredRun
from pipeline.study import trainings
from pipeline.study.schema import Converged
from pipeline.study.trainings import Standing
from pipeline.verdicts import Values, Verdict, convergence, publication
from pipeline.verdicts.ledger import Claim
from pipeline.verdicts.publication import Training

Runs = Mapping[str, MeasuredRun]
UNTRAINED = "A control is not trained."
NOT_SAID = "Which curve is to be flat was not said."


def verdict(claim: Claim, runs: Runs, error: float, standing: Mapping[str, Standing]) -> Verdict:
    """The verdict that may be told of a measured claim.

    claim: with its Rule made. runs: those it rests on, by name. error: of a wrong verdict.
    standing: of each run, from trainings.stands().
    """
    raw = by_its_rule(claim, runs, error)
    return publication.published(raw, accused(claim, raw, runs, standing))


def by_its_rule(claim: Claim, runs: Runs, error: float) -> Verdict:
    """The verdict of the rule alone. Arguments as above."""
    rule, found = claim.arguments, columns(claim, runs)
    if claim.runs:
        decided: Verdict = rule.decide(found, error)
        return decided
    if claim.compared:
        decided = rule.compare(*found, error, **_least(claim))
    else:
        decided = rule.decide(found[0], error, **_least(claim))
    if claim.compared or claim.within:
        return decided._replace(because=f"{between(claim)}: {decided.because}")
    return decided


def words(claim: Claim, error: float) -> str:
    """The rule of a measured claim as it is applied, and to what. Arguments as above."""
    rule = claim.arguments
    if claim.runs:
        told: str = rule.words(error, len(claim.runs))
        return told
    compared = {"compared": True} if claim.compared else {}
    told = rule.words(error, **compared, **_least(claim))
    return f"{between(claim)}: {told}" if claim.compared or claim.within else told


def _least(claim):
    """The rules but one know no effect that is too small."""
    return {} if claim.least is None else {"least": claim.least}


def columns(claim: Claim, runs: Runs) -> list[Values]:
    """The samples that the rule sees: one of each run, of two metrics of one run their difference.

    Arguments as above.
    """
    found = [values(runs[run], key) for run, key in claim.sources]
    if not claim.within:
        return found
    return [[None if None in (a, b) else a - b for a, b in zip(*found, strict=True)]]


def between(claim: Claim) -> str:
    """What is compared with what."""
    (run, metric), (other, less) = claim.sources
    if claim.within:
        return f"{metric} minus {less}, replica by replica"
    if metric == less:
        return f"{run} against {other}"
    return f"{metric} of {run} against {less} of {other}"


def values(run: MeasuredRun, key: str) -> Values:
    """A metric, one per replica: NaN of one that diverged, None where it is undefined.

    run: as it was measured. key: of the metric.
    """
    found = run.metrics[key].values
    if len(found) != len(run.train.seeds):  # one in all
        return list(found)
    return [math.nan if r in run.diverged else v for r, v in enumerate(found)]


def plateau(
    run: MeasuredRun, stated: Converged | None, standing: Standing
) -> convergence.Convergence | None:
    """Whether a run has converged; None where nobody has said which curve is to be flat.

    A run with fewer rounds than its paper's has not, where no curve says otherwise.

    run: as it was measured. stated: which curve, and to within how much. standing: with what twice
    the rounds changed in the search that its settings are from; of another metric that says
    nothing.
    """
    doubled, rounds = standing.doubled, run.train.rounds
    if stated is None:
        if standing.paper is None:
            return None
        because = f"Trained for {rounds:,} of the paper's {standing.paper:,} rounds."
        return convergence.Convergence(False, because)
    curve = run.series.get(stated.metric)
    if curve is None or len(curve.values) != len(run.train.seeds):
        because = f"There is no curve of {stated.metric} for each replica."
        return convergence.Convergence(False, because)
    rows = [
        [math.nan] * len(row) if r in run.diverged else row for r, row in enumerate(curve.values)
    ]
    twice = None
    if doubled and stated.metric == f"{doubled.metric}_by_round":
        twice = convergence.Doubled(doubled.once, doubled.change, doubled.seeds)
    return convergence.converged(curve.rounds, rows, stated.margin, stated.better, twice)


def basis(claim: Claim, runs: Runs, standing: Mapping[str, Standing]) -> list[Basis]:
    """What is told of the trainings of each run that a claim rests on. Arguments as above."""
    told = []
    for run, key in claim.sources:
        control = runs[run].control
        flat = None if control else plateau(runs[run], claim.converged, standing[run])
        told.append(
            Basis(
                run=run,
                metric=key,
                rounds=runs[run].train.rounds,
                converged=None if flat is None else flat.converged,
                convergence=UNTRAINED if control else flat.because if flat else NOT_SAID,
                settings=standing[run].settings,
                predicted=runs[run].metrics[key].predicted,
            )
        )
    return told


def accused(
    claim: Claim, raw: Verdict, runs: Runs, standing: Mapping[str, Standing]
) -> list[Training]:
    """The trainings that a verdict goes against; none of a claim about a budget.

    raw: the verdict by the rule. The rest as above.
    """
    if claim.budget:
        return []
    names = list(dict.fromkeys(run for run, _ in claim.sources))
    # Of two metrics neither is said to be the better one by how far they are apart.
    side = None if claim.runs or claim.versus_metric else getattr(claim.arguments, "side", None)
    better = runs[names[0]].metrics[claim.sources[0][1]].better
    whom = publication.against(raw.verdict, side, better, len(names) > 1)
    asked = {"none": [], "own": names[:1], "other": names[1:], "all": names}[whom]
    found = []
    for run in asked:
        if runs[run].control:
            continue
        flat = plateau(runs[run], claim.converged, standing[run])
        tuned = standing[run].settings != trainings.YOURS
        found.append(Training(run, None if flat is None else flat.converged, tuned))
    return found
