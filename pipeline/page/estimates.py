"""A metric as it is printed: its mean, its interval and its reference value, to one digit."""

from typing import Any

from pipeline.page import languages
from pipeline.page.words import number, places_of, plain
from pipeline.results.schema import Metric


def estimate(metric: Metric) -> dict[str, Any]:
    """A metric's mean, interval and reference value, rounded to the same digit, and unrounded."""
    places = places_of(metric.low, metric.high, metric.mean)
    broken = sum(value is None for value in metric.values)
    ones = sum(value == 1 for value in metric.values)
    return {
        "share": f"{ones} of {len(metric.values)}" if metric.share else "",
        "ones": ones,
        "all": len(metric.values),
        "mean": metric.mean,
        "low": metric.low,
        "high": metric.high,
        "reference": metric.reference,
        "shown": {
            "mean": number(metric.mean, places),
            **{end: _end(getattr(metric, end), places, metric.share) for end in ("low", "high")},
            "reference": plain(metric.reference),
        },
        "predicted": _predicted(metric, places),
        "level": None if metric.low is None else f"{100 * metric.level:g}",
        "n": len(metric.values) - broken,
        "together": len(metric.values) == 1,
        "broken": broken,
    }


def _predicted(metric, places):
    """Where the mean of new seeds lies."""
    if metric.predicted is None:
        return ""
    p = metric.predicted
    low, high = (_end(x, places, metric.share) for x in (p.low, p.high))
    words = (
        "new seeds [{low}, {high}], {level} %, pooled"
        if p.pooled
        else ("new seeds [{low}, {high}], {level} %")
    )
    return languages.both(words, low=low, high=high, level=f"{100 * p.level:g}")


def _end(x, places, share):
    """An end of an interval; for a proportion, in whole per cent."""
    return f"{100 * x:.0f} %" if share and x is not None else number(x, places)
