"""Is a theorem kept by the code? Its test says so.

A theorem needs no statistics: its test draws cases over the whole domain and compares the
code with the proof. A test that did not come to an end decides nothing.
"""

from pipeline.verdicts import Verdict

WORDS = "A theorem: holds if its test passes, fails if it fails, else undecided."
BECAUSE = {
    "passed": ("holds", "Its test passes."),
    "failed": ("fails", "Its test fails."),
    "error": ("undecided", "Its test broke before it could decide."),
    "skipped": ("undecided", "Its test was skipped."),
    "absent": ("undecided", "Its test was not found."),
    "unavailable": ("undecided", "Its test could not be run: pytest did not start."),
}


def decide(outcome: str) -> Verdict:
    """The verdict on a theorem.

    outcome: of its test, a key of BECAUSE.
    """
    return Verdict(*BECAUSE[outcome])
