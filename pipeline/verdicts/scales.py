"""The scales that a rule may speak on: how a value is seen there, and how it is told again.

    log      x > 0            log x
    logit    0 < x < 1        log x / (1 - x)
             0 <= x <= 1      log (s x + 1/2) / (s (1 - x) + 1/2), a share of s samples

The halves give a share that all or none of its samples have a logit, and take 1/s from the bias
of the others: Haldane, "The estimation and significance of the logarithm of a ratio of
frequencies" (1956); Anscombe, "On estimating binomial response relations" (1956).
"""

import math
import sys
from collections.abc import Sequence
from typing import Literal

from pipeline.verdicts import Verdict

Scale = Literal["linear", "log", "logit", "bootstrap", "median"]
LARGEST = math.log(sys.float_info.max)
SMALLEST = math.ulp(0.0)
BELOW_ONE = math.nextafter(1.0, 0.0)


def forward(values: Sequence[float], scale: Scale, samples: int | None = None) -> list[float]:
    """The values as the scale sees them: x, log x or the log-odds.

    values: x, as off_scale() lets them pass. samples: s, where they are shares of samples.
    """
    if scale == "log":
        return [math.log(x) for x in values]
    if scale == "logit" and samples is not None:
        return [math.log((samples * x + 0.5) / (samples * (1 - x) + 0.5)) for x in values]
    if scale == "logit":
        return [math.log(x / (1 - x)) for x in values]
    return list(values)


def back(value: float, scale: Scale) -> float:
    """A value of the scale as it is told: the inverse of forward(), without the half samples.

    value: log x or the log-odds. What rounds to an end of the range is told as the number next
        to it, which is inside.
    """
    if scale == "log":
        return factor(value)
    if scale == "logit":
        return min(max(0.5 + 0.5 * math.tanh(value / 2), SMALLEST), BELOW_ONE)
    return value


def factor(value: float) -> float:
    """e^value, but never 0 or infinite: a ratio, of its logarithm."""
    return max(math.exp(min(value, LARGEST)), SMALLEST)


def unfit(threshold: float, scale: Scale, compared: bool) -> str | None:
    """What is wrong with a threshold that its scale can never reach; None where nothing is."""
    if scale == "median" and compared:
        return "the scale median is for one run; two have linear, log, logit or bootstrap"
    if scale in ("log", "logit") and threshold <= 0:
        return f"on the scale {scale} a threshold is above 0, not {threshold:g}"
    if scale == "logit" and not compared and threshold >= 1:
        return f"on the scale logit the threshold of a share is below 1, not {threshold:g}"
    return None


def off_scale(values: list[float], scale: Scale, samples: int | None) -> Verdict | None:
    """The verdict on values that the scale does not know; None for all others.

    values: x, finite, one per seed. scale, samples: as above.
    """
    lowest, highest = min(values), max(values)
    if scale == "log" and lowest <= 0:
        because = f"A replica gives {lowest:.4g}, which has no logarithm."
    elif scale == "logit" and not 0 <= lowest <= highest <= 1:
        because = f"A replica gives {lowest if lowest < 0 else highest:.4g}, which is no share."
    elif scale == "logit" and samples is None and (lowest == 0 or highest == 1):
        because = (
            f"A replica gives {lowest if lowest == 0 else highest:g}, whose log-odds need to "
            "know of how many samples it is a share."
        )
    else:
        return None
    return Verdict("undecided", because, n=len(values))
