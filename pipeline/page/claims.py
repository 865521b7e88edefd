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
    }


def _interval_is(found, two_sided):
    """What the interval beside a claim is of, and its level."""
    if found.level is None:
        return ""
    words = f"{100 * found.level:.4g} % interval"
    if found.runs:
        return f"{words} of the step that decides"
    if found.versus or found.versus_metric:
        words += " of the difference, seed by seed"
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
