"""Do the means of several runs rise, or fall, along a list? Paired one-sided t tests, all of them.

    m_1 < m_2 < ... < m_K    shown by K - 1 intervals of the steps m_{k+1} - m_k lying above 0

Student, "The probable error of a mean" (1908), seed by seed. Each step may err with the claim's
error / (K - 1) (pipeline/verdicts/multiplicity.py), so that all intervals hold at once; that
one step is wrong is enough for the claim to fail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.verdicts import Side, Verdict, multiplicity, student
from pipeline.verdicts.bound import Rule as Bound

GRAVEST_FIRST = ("fails", "undecided", "holds")


@dataclass(frozen=True)
class Rule:
    """The mean over seeds of each run is on one side of that of the next."""

    side: Side

    @property
    def threshold(self) -> float:
        """What every step, counted in the direction of the claim, is held against."""
        return 0.0

    def words(self, error: float, runs: int) -> str:
        """The rule as it is applied. runs: how many are in the list."""
        level = 100 * (1 - 2 * multiplicity.each(error, runs - 1))
        return (
            f"Holds if every run is {self.side} the next: of the differences between neighbours, "
            f"seed by seed, all {level:.4g} % intervals of the mean lie on that side of 0; fails "
            "if one lies on the other side, else undecided."
        )

    def decide(self, values: Sequence[Sequence[float]], error: float) -> Verdict:
        """The verdict, with the step that decides it: of the gravest kind, the lowest.

        values: one number per run and seed, shape (K, R), K >= 2.
        error: the chance of a wrong verdict.
        """
        sign = 1 if self.side == "below" else -1
        each = multiplicity.each(error, len(values) - 1)
        steps = [
            [sign * (b - a) for a, b in zip(this, following, strict=True)]
            for this, following in pairwise(values)
        ]
        for step in steps:
            if (flaw := student.without_interval(step)) is not None:
                return flaw
        found = [Bound("above", 0.0).decide(step, each) for step in steps]
        decisive = min(found, key=lambda v: (GRAVEST_FIRST.index(v.verdict), v.low))
        told = ", ".join(f"{v.estimate:.4g} [{v.low:.4g}, {v.high:.4g}]" for v in found)
        where = {"holds": "above 0", "fails": "below 0", "undecided": "across 0"}
        because = (
            f"From each run to the next the mean over {decisive.n} seeds goes {self._way} by "
            f"{told}; the least of these intervals lies {where[decisive.verdict]}."
        )
        return decisive._replace(because=because)

    @property
    def _way(self):
        return "up" if self.side == "below" else "down"
