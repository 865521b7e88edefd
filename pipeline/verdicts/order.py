"""Do the means of several runs rise, or fall, along a list? A trend test.

    b = sum_k (k - (K + 1) / 2) m_k / sum_k (k - (K + 1) / 2)^2,    k = 1 ... K

is the least-squares slope of the means over their places: the change per step. The claim holds
where the interval of b lies on its side and no step, m_{k+1} - m_k, is shown to go the other way;
it fails where the interval of b, or that of a step, lies wholly on the other side. If the order
is true, so is b's side: `error` is divided, a half for b and a half for the K - 1 steps, so that
the chance that a true order fails is at most `error`, and so is that of a "holds" where b is not
on its side. That *each* step is shown is not asked: to see one of equal steps takes
K (K^2 - 1) / 6 times the seeds that show the slope (4 times for three runs, 20 for five), and a
clear trend would be undecided for its smallest step.

The slope and not a rank test (Jonckheere, 1954), since ranks ask for runs that differ in nothing
but their place, and a run that collapses differs in variance most of all.

Abelson and Tukey, "Efficient utilization of non-numerical information in quantitative analysis"
(1963), for contrasts of ordered means; Welch and Satterthwaite for their interval
(pipeline/verdicts/student.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pipeline.study.fields import Count
from pipeline.verdicts import Side, Values, Verdict, intervals, multiplicity, scales, student
from pipeline.verdicts.sample import defined, without_interval


@dataclass(frozen=True)
class Rule:
    """The means over seeds of the runs rise (below: each is below the next) or fall (above)."""

    side: Side
    scale: Literal["linear", "log", "logit"] = "linear"
    samples: Count | None = None  # of logit: how many samples each share is a share of

    @property
    def threshold(self) -> float:
        """What the change per step, in the direction of the claim, is held against."""
        return 0.0

    def words(self, error: float, runs: int) -> str:
        """The rule as it is applied. runs: how many are in the list."""
        slope, step = (100 * (1 - 2 * e) for e in self._errors(error, runs))
        return (
            f"Holds if along the list the {intervals.MEAN[self.scale]} over seeds goes "
            f"{self._way}: the {slope:.4g} % interval of the change{self._log} per step lies on "
            f"that side of 0, and the {step:.4g} % interval of no step lies on the other; fails "
            "if one of these intervals lies on the other side, else undecided."
        )

    def decide(self, values: Sequence[Values], error: float) -> Verdict:
        """The verdict, with the change per step, counted in the direction of the claim.

        values: of each run one number per seed, K >= 2 columns of shape (R_k,).
        error: the chance of a wrong verdict.
        """
        if (flaw := without_interval(*values)) is not None:
            return flaw
        numbers = [defined(column) for column in values]
        for column in numbers:
            if (flaw := scales.off_scale(column, self.scale, self.samples)) is not None:
                return flaw
        columns = [scales.forward(column, self.scale, self.samples) for column in numbers]
        sign = 1 if self.side == "below" else -1
        runs, n = len(columns), sum(map(len, columns))
        e_slope, e_step = self._errors(error, runs)
        places = [k - (runs - 1) / 2 for k in range(runs)]
        spread = sum(place**2 for place in places)
        slope = student.contrast(columns, [sign * place / spread for place in places], e_slope)
        steps = [
            student.contrast([this, following], [-sign, sign], e_step)
            for this, following in pairwise(columns)
            if len({*this, *following}) > 1
        ]
        against = [step for step in steps if step.high < 0]
        level = 100 * (1 - 2 * e_slope)
        because = (
            f"From each run to the next the {intervals.MEAN[self.scale]} over seeds goes "
            f"{self._way} by {slope.estimate:.4g}{self._log}; the {level:.4g} % interval of that, "
            f"[{slope.low:.4g}, {slope.high:.4g}], lies "
        )
        where = "above 0" if slope.low > 0 else "below 0" if slope.high < 0 else "across 0"
        if against:
            worst = min(against, key=lambda step: step.high)
            told = f"[{worst.low:.4g}, {worst.high:.4g}]"
            because += f"{where}, and one step goes the other way: {told}."
        else:
            because += f"{where}, and no step is shown to go the other way."
        verdict = {"above 0": "holds", "below 0": "fails", "across 0": "undecided"}[where]
        verdict = "fails" if against else verdict
        return Verdict(verdict, because, *slope, 1 - 2 * e_slope, n)

    def _errors(self, error: float, runs: int) -> tuple[float, float]:
        """Of the slope and of each step; of two runs these are the same interval."""
        if runs == 2:
            return error, error
        return error / 2, multiplicity.each(error / 2, runs - 1)

    @property
    def _way(self) -> str:
        return "up" if self.side == "below" else "down"

    @property
    def _log(self) -> str:
        return {"linear": "", "log": " in its logarithm", "logit": " in its log-odds"}[self.scale]
