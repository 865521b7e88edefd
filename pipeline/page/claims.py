"""The claims of the ledger and the corrections of the documents, as the page prints them."""

from collections.abc import Container

from pipeline.page import svg
from pipeline.page.words import number, places_of
from pipeline.results import schema
from pipeline.results.schema import Decided, Verdicts
from pipeline.study.renamed import CLAIMS, formerly

SIGNS = {"holds": "✓", "fails": "✗", "undecided": "?"}


def claim(found: Decided, there: Container[tuple]) -> dict:
    """A claim of the ledger with rounded numbers and its drawing.

    there: (experiment, run) of all runs that the page shows and can link to.
    """
    places = places_of(found.low, found.high, found.estimate)
    two_sided = found.target is not None
    runs = found.runs or [run for run in (found.run, found.versus) if run]
    return {
        **schema.plain(found),
        "formerly": formerly(CLAIMS, found.id),
        "compared": [{"run": r, "linked": (found.experiment, r) in there} for r in runs],
        "sign": SIGNS[found.verdict],
        "two_sided": two_sided,
        "drawing": svg.interval(found, two_sided),
        "shown": {
            "estimate": number(found.estimate, places),
            "low": number(found.low, places),
            "high": number(found.high, places),
        },
        "interval_is": _interval_is(found, two_sided),
        "rests_on": [_basis(basis) for basis in found.rests_on or []],
        "takes": _takes(found),
    }


def study_wide(ledger: Verdicts) -> dict | None:
    """How sure the ledger is as a whole, rounded; None where the file does not say so yet."""
    study = ledger.study
    if study is None:
        return None
    return {
        **schema.plain(study),
        "error": f"{100 * study.error:g}",
        "decided": f"{100 * study.decided:.0f}",
        "expected_wrong": f"{study.expected_wrong:.2g}",
        "withdrawn": [schema.plain(gone) for gone in ledger.withdrawn],
    }


def _basis(basis):
    """What is told of a run's training: how long, how it ended, where new seeds land."""
    converged = {None: "convergence not measured", True: "converged", False: "not converged"}
    said = [f"{basis.rounds:,} rounds", converged[basis.converged], basis.settings]
    if p := basis.predicted:
        places = places_of(p.low, p.high, None)
        ends = f"[{number(p.low, places)}, {number(p.high, places)}]"
        wide = ", by the scatter of all runs of the experiment" if p.pooled else ""
        said.append(f"{100 * p.level:g} % of means of {p.seeds} new seeds in {ends}{wide}")
    return {
        "run": basis.run,
        "metric": basis.metric,
        "said": "; ".join(said),
        "why": basis.convergence,
    }


def _takes(found):
    """What it takes to decide a claim, where its smallest effect of interest is stated."""
    if found.smallest_effect is None:
        return ""
    effect = f"Smallest effect of interest {found.smallest_effect:g}"
    if found.replicas is None:
        return f"{effect}."
    return f"{effect}: {found.replicas:,} replicas of a run show it with a chance of 0.8."


def _interval_is(found, two_sided):
    """What the interval beside a claim is of, and its level."""
    if found.level is None:
        return ""
    words = f"{100 * found.level:.4g} % interval"
    if found.runs:
        return f"{words} of the change per step"
    if found.versus not in (None, found.run):
        of = {"log": "ratio of two runs", "logit": "odds ratio of two runs"}
        words += f" of the {of.get(found.scale, 'difference of two runs')}"
        return words + (", from the target" if found.target else "")
    if found.versus_metric:
        words += " of the difference, replica by replica"
        return words + (", from the target" if found.target else "")
    return words + (" of the difference from the target" if two_sided else "")


def corrections(ledger: Verdicts) -> list[dict]:
    """The corrections of the documents, each with the claims that settle it."""
    claims = {claim.id: claim for claim in ledger.claims}
    return [
        schema.plain(correction)
        | {
            "claims": [
                schema.plain(claims[name]) | {"sign": SIGNS[claims[name].verdict]}
                for name in correction.claims
            ]
        }
        for correction in ledger.corrections
    ]
