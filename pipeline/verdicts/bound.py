"""Is a mean, or a difference of two, below or above a threshold? One-sided t test.

    m < threshold          shown by the upper end of the 1 - 2 error interval of m lying below it
    m - m' < threshold     the same, of two independent runs (Welch)
    m / m' < threshold     the same, on the scale log; on logit of the odds

The other end shows the contrary. Where the threshold says "no difference" (0, a ratio of 1) and
an effect is stated that is the least of interest, so does a difference that is shown to be
smaller than it: the whole interval falls short of the effect, as in one of Schuirmann's two tests
(equivalence.py). Else the more seeds there were, the surer would a claim of a difference that is
not there be undecided. A difference that is shown holds however small it is.

Student, "The probable error of a mean" (1908); Welch, "The
generalization of Student's problem" (1947); the scales: pipeline/verdicts/intervals.py.
"""

import math
from dataclasses import dataclass

from pipeline.study.fields import Count, Positive, Real
from pipeline.verdicts import OTHER, Interval, Side, Values, Verdict, intervals, scales


@dataclass(frozen=True)
class Rule:
    """The mean over seeds, or the difference of two runs, is on one side of the threshold."""

    side: Side
    threshold: Real  # of two runs: of their difference, their ratio (log) or odds ratio (logit)
    scale: scales.Scale = "linear"
    samples: Count | None = None  # of logit: how many samples each share is a share of

    def unfit(self, compared: bool) -> str | None:
        """What is wrong with the threshold on this scale. compared: whether of two runs."""
        return scales.unfit(self.threshold, self.scale, compared)

    def says_no_difference(self, compared: bool) -> bool:
        """Whether the threshold is that of no difference. compared: whether of two runs."""
        return self.threshold == (1 if compared and self.scale in ("log", "logit") else 0)

    def words(self, error: float, compared: bool = False, least: Positive | None = None) -> str:
        """The rule as it is applied. compared: whether to two runs. least: as in decide()."""
        of = intervals.DIFFERENCE if compared else intervals.MEAN
        short = "" if least is None else f" or wholly short of {self._effect(least):.4g}"
        return (
            f"Holds if the {100 * (1 - 2 * error):g} % interval of the {of[self.scale]} over "
            f"seeds lies {self.side} {self.threshold:g}, fails if it lies {OTHER[self.side]}"
            f"{short}, else undecided."
        )

    def decide(self, values: Values, error: float, least: float | None = None) -> Verdict:
        """The verdict on the mean over seeds.

        values: one number per seed, shape (R,).
        error: the chance of a wrong verdict.
        least: the least effect of interest, on the rule's scale, where the threshold says "no
            difference"; None where nothing is too small.
        """
        found = intervals.of_mean(values, error, self.scale, self.samples)
        if isinstance(found, Verdict):
            return found
        what = f"The {intervals.MEAN[self.scale]} over {len(values)} seeds is"
        return self._told(what, found, error, len(values), least)

    def compare(
        self, values: Values, others: Values, error: float, least: float | None = None
    ) -> Verdict:
        """The verdict on the first run against the other.

        values, others: one number per seed of each, shapes (R,) and (S,).
        error: the chance of a wrong verdict.
        least: as in decide().
        """
        found = intervals.of_difference(values, others, error, self.scale, self.samples)
        if isinstance(found, Verdict):
            return found
        what = (
            f"Of {len(values)} and {len(others)} seeds the {intervals.DIFFERENCE[self.scale]} is"
        )
        return self._told(what, found, error, len(values) + len(others), least)

    def _effect(self, least: float) -> float:
        """Where the least effect of interest lies, told as an estimate is."""
        signed = least if self.side == "above" else -least
        return math.exp(signed) if self.scale in ("log", "logit") else signed

    def _told(
        self, what: str, found: Interval, error: float, n: int, least: float | None
    ) -> Verdict:
        level, threshold = 1 - 2 * error, self.threshold
        if found.low <= threshold <= found.high:
            verdict, where = "undecided", f"holds the threshold {threshold:g}"
            if least is not None:
                effect = self._effect(least)
                if found.high < effect if self.side == "above" else found.low > effect:
                    verdict = "fails"
                    where += f" and falls short of {effect:.4g}, the least effect of interest"
        else:
            side = "below" if found.high < threshold else "above"
            verdict = "holds" if side == self.side else "fails"
            where = f"lies {side} {threshold:g}"
        because = (
            f"{what} {found.estimate:.4g}; its {100 * level:g} % interval "
            f"[{found.low:.4g}, {found.high:.4g}] {where}."
        )
        return Verdict(verdict, because, *found, level, n)
