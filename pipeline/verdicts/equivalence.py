"""Is a mean equal to a target, to within a margin? Two one-sided tests.

    |m - target| < margin    shown by the 1 - 2 error interval of m lying within the margin

Schuirmann, "A comparison of the two one-sided tests procedure and the power approach for
assessing the equivalence of average bioavailability" (1987). An ordinary test cannot show
equality: it says "no difference found" the sooner, the fewer seeds there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.study.fields import Positive, Real
from pipeline.verdicts import Verdict, student


@dataclass(frozen=True)
class Rule:
    """The mean over seeds is the target."""

    target: Real
    margin: Positive  # how far from it is still called equal

    @property
    def threshold(self) -> float:
        """What the estimate, a difference from the target, is held against."""
        return self.margin

    def words(self, error: float) -> str:
        """The rule as it is applied."""
        return (
            f"Holds if the {100 * (1 - 2 * error):g} % interval of the mean over seeds lies "
            f"within {self.margin:g} of {self.target:.4g}, fails if it lies wholly outside, "
            "else undecided."
        )

    def decide(self, values: Sequence[float], error: float) -> Verdict:
        """The verdict, with the estimate and its interval as differences from the target.

        values: one number per seed, shape (R,).
        error: the chance of a wrong verdict.
        """
        differences = [v - self.target for v in values]
        if (flaw := student.without_interval(differences)) is not None:
            return flaw
        mean, low, high = student.interval(differences, error)
        level, margin = 1 - 2 * error, self.margin
        if -margin < low and high < margin:
            verdict, where = "holds", f"inside ±{margin:g}"
        elif high < -margin or margin < low:
            verdict, where = "fails", f"outside ±{margin:g}"
        else:
            verdict, where = "undecided", f"across an end of ±{margin:g}"
        because = (
            f"The mean over {len(values)} seeds is {mean + self.target:.4g}, off "
            f"{self.target:.4g} by {mean:.3g}; the {100 * level:g} % interval of that, "
            f"[{low:.3g}, {high:.3g}], lies {where}."
        )
        return Verdict(verdict, because, mean, low, high, level, len(values))
