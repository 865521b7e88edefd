"""Which verdict may be published: a method is judged at its best, or not at all.

    fails    of "method M does X" only where M is settled: converged at the settings that its
             search found, or trained for the rounds of the paper that makes the claim
    both     of "M beats N", and of a sentence that speaks against a method ("loses modes", "is
             unstable"), only where every run concerned is settled

else the claim is undecided, "not converged", with its numbers left in sight. A theorem needs no
training, and a sentence that names its budget ("within 2,500 rounds") is about that budget: for
these nothing is asked. Undecided stays undecided.

What a method does in fewer rounds than it was given elsewhere is a fact about the rounds; of 39
claims that failed at an early budget of this study, 14 said no more. The study's own rule: no
paper is followed.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.verdicts import Verdict


class Training(NamedTuple):
    """What is known of the training of a run that a claim is about."""

    run: str
    converged: bool
    tuned: bool  # its settings are those that a search found
    paper_budget: bool = False  # it had the rounds of the paper that makes the claim

    @property
    def settled(self) -> bool:
        """Whether a verdict may go against it."""
        return (self.converged and self.tuned) or self.paper_budget

    @property
    def lacks(self) -> str:
        """Why it is not settled, in words."""
        if self.converged:
            return f"{self.run} is not tuned"
        return f"{self.run} has not converged" + ("" if self.tuned else ", nor is it tuned")


def published(raw: Verdict, trainings: Sequence[Training], both: bool) -> Verdict:
    """The verdict as it may be told: the rule's own, or undecided for want of training.

    raw: of the rule.
    trainings: of the runs that the claim is about; none of a sentence that names its budget.
    both: whether "holds" needs settled runs as well as "fails" does, as of a comparison.
    """
    lacking = [t.lacks for t in trainings if not t.settled]
    if not lacking or raw.verdict == "undecided" or (raw.verdict == "holds" and not both):
        return raw
    because = f"Not converged: {'; '.join(lacking)}. By its rule the claim {raw.verdict}: "
    return raw._replace(verdict="undecided", because=because + raw.because)
