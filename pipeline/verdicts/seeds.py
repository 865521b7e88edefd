"""How many replicas a claim needs, from its smallest interesting effect.

    bound, one run     the mean lies `effect` beyond the threshold
    two runs           their difference does; so many replicas of each
    equivalence        the margin is the effect, and the truth in the middle of it
    binomial           the share of all trainings lies `effect` beyond `share`

with the standard deviation that was found, on the scale of the rule, and a power of .8. An effect
is what would change what a reader does, stated before the run; what was found is no effect to
plan by, since of an undecided claim it is small by selection. The formulas: power.py. Hoenig and
Heisey, "The abuse of power" (2001), for why not.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.verdicts import Values, binomial, equivalence, order, sample, scales
from pipeline.verdicts.power import Kind, replicas_for, replicas_for_share


def needed(rule: Any, columns: Sequence[Values], effect: float | None, error: float) -> int | None:
    """The replicas, of each run, that show the effect with a power of .8.

    None where no effect is stated, nothing varies or 10,000 are not enough; an order is asked for
    its slope, which has no one number of replicas.

    rule: of the claim. columns: of each run one number per seed; one of differences of two
    metrics. effect: on the rule's scale; of an equivalence it is the margin. error: of the claim.
    """
    if effect is None or isinstance(rule, order.Rule):
        return None
    level = 1 - 2 * error
    if isinstance(rule, binomial.Rule):
        truth = rule.share + (effect if rule.side == "above" else -effect)
        return replicas_for_share(truth, rule.share, level) if 0 <= truth <= 1 else None
    seen = []
    for column in columns:
        numbers = sample.defined(column)
        if len(numbers) < 2 or len(numbers) < len(column) or sample.diverged(column):
            return None
        if scales.off_scale(numbers, rule.scale, rule.samples) is not None:
            return None
        seen.append(scales.forward(numbers, rule.scale, rule.samples))
    sd = math.sqrt(sum(float(np.var(x, ddof=1)) for x in seen) / len(seen))
    if sd == 0:
        return None
    two = len(seen) > 1
    kind: Kind = "difference" if two else "mean"
    if isinstance(rule, equivalence.Rule):
        kind, effect = "equivalence of two" if two else "equivalence", rule.threshold
    return replicas_for(effect, sd, level, kind)
