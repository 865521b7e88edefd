"""Is a mean equal to a target, or to another run's, to within a margin? Two one-sided tests.

    |m - target| < margin      shown by the 1 - 2 error interval of m lying within the margin
    |m - m' - target| < margin            the same of two independent runs (Welch)
    1 / margin < m / target < margin      on the scale log, of a mean or of the ratio of two;
                                          on logit of the odds

Schuirmann, "A comparison of the two one-sided tests procedure and the power approach for
assessing the equivalence of average bioavailability" (1987), who has ratios within 1.25. An
ordinary test cannot show equality: it says "no difference found" the sooner, the fewer seeds
there are.
"""

import math
from dataclasses import dataclass

from pipeline.study.fields import Count, Positive, Real
from pipeline.verdicts import Interval, Values, Verdict, intervals, scales


@dataclass(frozen=True)
class Rule:
    """The mean over seeds is the target, or two runs have it as difference or ratio."""

    target: Real  # of two runs 0, on log and logit 1, where no difference is meant
    margin: Positive  # how far from it is still called equal; on log and logit a factor above 1
    scale: scales.Scale = "linear"
    samples: Count | None = None  # of logit: how many samples each share is a share of

    @property
    def threshold(self) -> float:
        """What the estimate is held against: a difference, on log and logit a logarithm."""
        return math.log(self.margin) if self._factors else self.margin

    @property
    def _factors(self) -> bool:
        return self.scale in ("log", "logit")

    def unfit(self, compared: bool) -> str | None:
        """What is wrong with the numbers on this scale. compared: whether of two runs."""
        if self._factors and self.margin <= 1:
            return f"on the scale {self.scale} a margin is a factor above 1, not {self.margin:g}"
        return scales.unfit(self.target, self.scale, compared)

    def words(self, error: float, compared: bool = False) -> str:
        """The rule as it is applied. compared: whether to two runs."""
        of = intervals.DIFFERENCE if compared else intervals.MEAN
        within = "a factor of " if self._factors else ""
        odds = " in its odds" if self.scale == "logit" and not compared else ""
        return (
            f"Holds if the {100 * (1 - 2 * error):g} % interval of the {of[self.scale]} over "
            f"seeds lies within {within}{self.margin:g} of {self.target:.4g}{odds}, fails if it "
            "lies wholly outside, else undecided."
        )

    def decide(self, values: Values, error: float) -> Verdict:
        """The verdict, with the estimate and its interval as differences from the target.

        values: one number per seed, shape (R,).
        error: the chance of a wrong verdict.
        """
        found = intervals.of_mean(values, error, self.scale, self.samples)
        if isinstance(found, Verdict):
            return found
        what = f"The {intervals.MEAN[self.scale]} over {len(values)} seeds is"
        return self._told(what, found, self.scale, error, len(values))

    def compare(self, values: Values, others: Values, error: float) -> Verdict:
        """The verdict on the two runs, with the estimate as its difference from the target.

        values, others: one number per seed of each, shapes (R,) and (S,).
        error: the chance of a wrong verdict.
        """
        found = intervals.of_difference(values, others, error, self.scale, self.samples)
        if isinstance(found, Verdict):
            return found
        what = (
            f"Of {len(values)} and {len(others)} seeds the {intervals.DIFFERENCE[self.scale]} is"
        )
        ratio: scales.Scale = (
            "log" if self._factors else self.scale
        )  # an odds ratio is compared as a ratio
        return self._told(what, found, ratio, error, len(values) + len(others))

    def _told(
        self, what: str, found: Interval, scale: scales.Scale, error: float, n: int
    ) -> Verdict:
        (target,) = scales.forward([self.target], scale)
        off, low, high = (end - target for end in scales.forward(found, scale))
        level, margin = 1 - 2 * error, self.threshold
        if -margin < low and high < margin:
            verdict, where = "holds", "inside"
        elif high < -margin or margin < low:
            verdict, where = "fails", "outside"
        else:
            verdict, where = "undecided", "across an end of"
        if self._factors:
            a_factor, allowed = "a factor of ", f"[{1 / self.margin:.3g}, {self.margin:.3g}]"
            told = [math.exp(x) for x in (off, low, high)]
        else:
            a_factor, allowed, told = "", f"±{margin:g}", [off, low, high]
        because = (
            f"{what} {found.estimate:.4g}, off {self.target:.4g} by {a_factor}{told[0]:.3g}; the "
            f"{100 * level:g} % interval of that, [{told[1]:.3g}, {told[2]:.3g}], lies {where} "
            f"{allowed}."
        )
        return Verdict(verdict, because, off, low, high, level, n)
