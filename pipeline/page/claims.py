"""The claims of the ledger and the corrections of the documents, as the page prints them."""

from collections.abc import Container, Sequence
from typing import Any

from pipeline.page import svg
from pipeline.page.words import number, places_of
from pipeline.results import schema
from pipeline.results.schema import Decided, Verdicts
from pipeline.study.renamed import CLAIMS, formerly
from pipeline.verdicts.documents import Documents

SIGNS = {"holds": "✓", "fails": "✗", "undecided": "?"}
VERDICTS = tuple(SIGNS)


def claim(found: Decided, there: Container[tuple], said: Documents) -> dict[str, Any]:
    """A claim of the ledger with rounded numbers and its drawing.

    there: (experiment, run) of all runs that the page shows and can link to. said: the rows of
    the documents, of which it has those that the claim names.
    """
    places = places_of(found.low, found.high, found.estimate)
    two_sided = found.target is not None
    runs = found.runs or [run for run in (found.run, found.versus) if run]
    rows = [(row, said.documents[row]) for row in found.documents if row in said.documents]
    sources = sorted({at.partition(":")[0] for _, row in rows if (at := row.at)})
    return {
        **schema.plain(found),
        "formerly": formerly(CLAIMS, found.id),
        "compared": [{"run": r, "linked": (found.experiment, r) in there} for r in runs],
        "sign": SIGNS[found.verdict],
        "kind": "theorem" if found.test else "measured",
        "rows": rows,
        "unread": [row for row in found.documents if row not in said.documents],
        "sources": sources,
        "drawing": svg.interval(found, two_sided),
        "shown": {
            "estimate": number(found.estimate, places),
            "low": number(found.low, places),
            "high": number(found.high, places),
        },
        "interval_is": _interval_is(found, two_sided),
        "rests_on": [_basis(basis) for basis in found.rests_on or []],
    }


def tally(ledger: Verdicts) -> dict[str, dict[str, int]]:
    """How many theorems and how many measured claims hold, fail and are undecided."""
    kinds: dict[str, dict[str, int]] = {
        kind: dict.fromkeys(VERDICTS, 0) for kind in ("theorem", "measured")
    }
    for found in ledger.claims:
        kinds["theorem" if found.test else "measured"][found.verdict] += 1
    return kinds


def of_experiment(claims: Sequence[dict[str, Any]], experiment: str) -> list[dict[str, Any]]:
    """The claims about an experiment: what holds, then what fails, then what is undecided."""
    own = [found for found in claims if found["experiment"] == experiment]
    return [found for verdict in VERDICTS for found in own if found["verdict"] == verdict]


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
    new = None
    if p := basis.predicted:
        places = places_of(p.low, p.high, None)
        new = {
            "low": number(p.low, places),
            "high": number(p.high, places),
            "level": f"{100 * p.level:g}",
            "seeds": p.seeds,
            "pooled": p.pooled,
        }
    return {
        "run": basis.run,
        "metric": basis.metric,
        "rounds": f"{basis.rounds:,}",
        "converged": converged[basis.converged],
        "settings": basis.settings,
        "new": new,
        "why": basis.convergence,
    }


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
