"""How near a repetition of a run came to what was published, here or on another machine.

    equal bytes    the weights have the bytes that were published
    inside         each metric's mean lies in the printed interval for as many new seeds
    neither

A sound repetition of m metrics whose intervals have level p has (1 - p) m of them outside on the
average: .1 of ten at 99 %, so that of a hundred such runs ten may say "neither" by chance.

Hahn (1969), Thatcher (1964): pipeline/verdicts/prediction.py.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pipeline.verdicts.prediction import Prediction

Level = Literal["equal bytes", "inside the prediction intervals", "neither"]


class Reached(NamedTuple):
    """How near a repetition of a run came."""

    level: Level
    outside: list[str]  # metrics that lie outside, or that have a value on one side only
    by_chance: float  # how many of the metrics lie outside on the average, by chance alone


def reached(
    equal: bool, means: Mapping[str, float | None], published: Mapping[str, Prediction | None]
) -> Reached:
    """The level that a repetition of a run reached: equal bytes, inside, or neither.

    equal: whether its weights have the bytes that were published.
    means: of the repetition, over its seeds, by metric; None where a metric has none.
    published: where they should lie, by metric; None where a metric has no interval: it is then
        not held to one, unless the repetition lacks a metric that was published or adds one.
    """
    held = {name: p for name, p in published.items() if p is not None}
    by_chance = sum(1 - p.level for p in held.values())
    if equal:
        return Reached("equal bytes", [], by_chance)
    outside = sorted(
        {name for name, p in held.items() if not _inside(means.get(name), p)}
        | (means.keys() ^ published.keys())
    )
    return Reached("neither" if outside else "inside the prediction intervals", outside, by_chance)


def _inside(mean: float | None, prediction: Prediction) -> bool:
    return mean is not None and prediction.low <= mean <= prediction.high
