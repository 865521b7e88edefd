"""Which verdict may be published: a method is judged at its best, or not at all.

    "M does X"      fails only where M is settled: converged at the settings that were frozen for
                    it, or trained for the rounds of the paper that makes the claim
    "M does not"    holds only where M is settled
    "M beats N"     fails only where M is settled, holds only where N is
    no side taken   an order, an equivalence of two runs: only where all of them are settled

that is, a verdict *against* a run needs that run at its best; else the claim is undecided, "not
converged", with its numbers left in sight. What counts as praise is told by the metric: higher,
or lower, is better. A theorem needs no training, and a sentence that names its budget ("within
2,500 rounds") is about that budget: for these nothing is asked.

What a method does in fewer rounds than it was given elsewhere is a fact about the rounds; of 39
claims that failed at an early budget of this study, 14 said no more. The study's own rule: no
paper is followed.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pipeline.verdicts import Side, Verdict

# Seeds, by what they are for: tests, taste and first tries; published; tuning. Only what has
# never been trained before its settings were frozen may be published.
FIRST_PUBLISHED, FIRST_TUNING = 200, 1000


class Training(NamedTuple):
    """What is known of the training of a run that a claim is about."""

    run: str
    converged: bool | None  # None: nobody has said which curve is to be flat
    tuned: bool  # its settings are those that were frozen
    paper_budget: bool = False  # it had the rounds of the paper that makes the claim

    @property
    def settled(self) -> bool:
        """Whether a verdict may go against it; where nothing can be known, it may."""
        return (self.converged is not False and self.tuned) or self.paper_budget

    @property
    def lacks(self) -> str:
        """Why it is not settled, in words."""
        if self.converged is not False:
            return f"{self.run} is not tuned"
        return f"{self.run} has not converged" + ("" if self.tuned else ", nor is it tuned")


def against(
    verdict: str, side: Side | None, better: str, compared: bool
) -> Literal["none", "own", "other", "all"]:
    """The runs that a verdict goes against: the claim's own, the one it is compared with, all.

    verdict: of the rule. side: on which the claim says that the metric of its run lies, or the
    difference from the other; None where the rule has no side.
    better: of the metric, "higher", "lower" or "reference". compared: whether of several runs.
    """
    if verdict == "undecided":
        return "none"
    if side is None or better == "reference":
        return "all" if compared or verdict == "fails" else "none"
    praised = (side == "above") == (better == "higher")
    if praised != (verdict == "holds"):
        return "own"
    return "other" if compared else "none"


def published(raw: Verdict, trainings: Sequence[Training]) -> Verdict:
    """The verdict as it may be told: the rule's own, or undecided for want of training.

    raw: of the rule.
    trainings: of the runs that it goes against; none of a sentence that names its budget.
    """
    lacking = [t.lacks for t in trainings if not t.settled]
    if not lacking or raw.verdict == "undecided":
        return raw
    flat = all(t.converged is not False for t in trainings if not t.settled)
    because = f"Not {'tuned' if flat else 'converged'}: {'; '.join(lacking)}. "
    because += f"By its rule the claim {raw.verdict}: "
    return raw._replace(verdict="undecided", because=because + raw.because)


def meant_for(seeds: Sequence[int]) -> Literal["tests", "publication", "tuning", "several ends"]:
    """What seeds are for: below 200 tests and first tries, to 999 publication, above tuning.

    seeds: of a run.
    """
    kinds: set[Literal["tests", "publication", "tuning"]] = {
        "tests" if seed < FIRST_PUBLISHED else "publication" if seed < FIRST_TUNING else "tuning"
        for seed in seeds
    }
    return kinds.pop() if len(kinds) == 1 else "several ends"
