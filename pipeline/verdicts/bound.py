"""Is a mean below, or above, a threshold? One-sided t test.

    m < threshold    shown by the upper end of the 1 - 2 error interval of m lying below it

Student, "The probable error of a mean" (1908); the lower end shows the contrary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.study.fields import Real
from pipeline.verdicts import OTHER, Side, Verdict, student


@dataclass(frozen=True)
class Rule:
    """The mean over seeds is on one side of the threshold."""

    side: Side
    threshold: Real

    def words(self, error: float) -> str:
        """The rule as it is applied."""
        return (
            f"Holds if the {100 * (1 - 2 * error):g} % interval of the mean over seeds lies "
            f"{self.side} {self.threshold:g}, fails if it lies {OTHER[self.side]}, else undecided."
        )

    def decide(self, values: Sequence[float], error: float) -> Verdict:
        """The verdict on the mean over seeds.

        values: one number per seed, shape (R,).
        error: the chance of a wrong verdict.
        """
        if (flaw := student.without_interval(values)) is not None:
            return flaw
        mean, low, high = student.interval(values, error)
        level, threshold = 1 - 2 * error, self.threshold
        if low <= threshold <= high:
            verdict, where = "undecided", f"holds the threshold {threshold:g}"
        else:
            found = "below" if high < threshold else "above"
            verdict = "holds" if found == self.side else "fails"
            where = f"lies {found} {threshold:g}"
        because = (
            f"The mean over {len(values)} seeds is {mean:.4g}; its {100 * level:g} % interval "
            f"[{low:.4g}, {high:.4g}] {where}."
        )
        return Verdict(verdict, because, mean, low, high, level, len(values))
