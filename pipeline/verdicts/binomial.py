"""Is the share of seeds with a property below, or above, a threshold? Exact binomial interval.

    low:  P(X >= k; low) = error,    high:  P(X <= k; high) = error

Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
binomial" (1934). Never too short, whatever the share and however few the seeds.
"""

from dataclasses import dataclass
from math import isfinite

from scipy import stats

from pipeline.study.fields import Fraction, Real
from pipeline.verdicts import OTHER, Interval, Side, Values, Verdict, sample


def interval(count: int, n: int, error: float) -> Interval:
    """The share, count / n, and the two ends of its interval.

    count: how many have the property. n: of how many, at least one.
    error: the most that the chance is that the true share lies above the interval, or below.
    """
    ends = stats.binomtest(count, n).proportion_ci(1 - 2 * error, method="exact")
    return Interval(count / n, float(ends.low), float(ends.high))


@dataclass(frozen=True)
class Rule:
    """The share of trainings whose value is at_least so much is on one side of `share`."""

    at_least: Real
    side: Side
    share: Fraction

    @property
    def threshold(self) -> float:
        """What the estimate, a share, is held against."""
        return self.share

    def words(self, error: float) -> str:
        """The rule as it is applied."""
        return (
            f"Holds if the {100 * (1 - 2 * error):g} % Clopper–Pearson interval of the share of "
            f"seeds that reach {self.at_least:g} lies {self.side} {self.share:g}, fails if it "
            f"lies {OTHER[self.side]}, else undecided."
        )

    def decide(self, values: Values, error: float) -> Verdict:
        """The verdict on the share, of all trainings, that have the property.

        values: one number per seed, shape (R,). A replica that diverged counts against the
            claim, whichever side that is on; where one is undefined the claim is undecided.
        error: the chance of a wrong verdict.
        """
        n, level = len(values), 1 - 2 * error
        if n == 0:
            return Verdict("undecided", "There is no seed.", n=0)
        if (flaw := sample.undefined(values)) is not None:
            return flaw
        numbers, lost = sample.defined(values), sample.diverged(values)
        k = sum(isfinite(v) and v >= self.at_least for v in numbers)
        if self.side == "below":
            k += lost
        share, low, high = interval(k, n, error)
        if low <= self.share <= high:
            verdict, where = "undecided", f"holds the threshold {self.share:g}"
        else:
            found = "below" if high < self.share else "above"
            verdict = "holds" if found == self.side else "fails"
            where = f"lies {found} {self.share:g}"
        against = f" ({lost} not finite, counted against the claim)" if lost else ""
        because = (
            f"{k} of {n} seeds reach {self.at_least:g}{against}; the {100 * level:g} % interval "
            f"of the share, [{low:.3g}, {high:.3g}], {where}."
        )
        return Verdict(verdict, because, share, low, high, level, n)
