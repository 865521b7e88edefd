"""winners.yaml: what every search found, with all that it tried.

A winner on an edge of its space may have better settings beyond: within 5 % of the range on its
scale, or the least or the greatest of three choices or more. Of `structures` the same is asked of
each number that takes three values or more in them.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.search.draws import Draw, draws
from pipeline.search.rungs import LAST, Result, Rung, settings, settings_of
from pipeline.search.space import Range, Search, Space, flat
from pipeline.study import yaml
from pipeline.study.schema import Run
from pipeline.study.trainings import Doubled
from pipeline.verdicts import equivalence

FILE = "winners.yaml"
EDGE = 0.05  # of a range
ERROR = 0.025  # on each side of the interval of what twice the rounds change


def found(space: Space, id: str, rungs: Sequence[Rung]) -> dict[str, Any] | None:
    """What a search found; None while its last rung is not measured. rungs: of the search."""
    last = next((rung for rung in rungs if rung.number == LAST), None)
    if last is None or last.results is None:
        return None
    search, best = space.searches[id], last.results[0]
    return {
        "metric": search.metric,
        "better": last.better,
        "draws": len(draws(space, id)),
        "seeds": seeds(space, search),
        "winner": best.draw.number,
        "settings": settings_of(space, id, best.draw),
        "values": best.values,
        "edges": edges(search, best.draw),
        "doubled": _doubled(search, best, [rung for rung in rungs if rung.number > LAST]),
        "tried": [_tried(draw, rungs) for draw in draws(space, id)],
    }


def seeds(space: Space, search: Search) -> list[int]:
    """The tuning seeds of a search."""
    return [*((space.study.get("train") or {}) | search.train)["seeds"]]


def _tried(draw: Draw, rungs: Sequence[Rung]) -> dict[str, Any]:
    """A draw and its values on each rung that it stood on."""
    own = [r for rung in rungs for r in rung.results or () if r.draw.number == draw.number]
    return {
        "draw": draw.number,
        **({"source": draw.source} if draw.source else {}),
        "structure": draw.structure,
        "own": draw.own,
        "parameters": own[0].parameters,
        "rungs": [{"rounds": r.rounds, "mean": r.mean, "values": r.values} for r in own],
    }


def _doubled(search: Search, once: Result, above: Sequence[Rung]) -> dict[str, Any] | None:
    """What twice the rounds change; None while they are not measured.

    settled: whether the mean moves by less than the margin. shown: whether the 95 % interval of
    the change lies within it, too.
    """
    if not above or above[0].results is None:
        return None
    twice = above[0].results[0]
    told: dict[str, Any] = {"rounds": twice.rounds, "margin": search.margin}
    told |= {"values": twice.values, "change": None, "low": None, "high": None}
    told |= {"settled": False, "shown": False}
    if once.mean is None or twice.mean is None:
        return told
    rule = equivalence.Rule(0, search.margin)
    verdict = rule.compare(twice.values, once.values, ERROR)
    told |= {"change": twice.mean - once.mean, "low": verdict.low, "high": verdict.high}
    told["settled"] = abs(told["change"]) < search.margin
    return told | {"shown": verdict.verdict == "holds"}


def edges(search: Search, draw: Draw) -> dict[str, str]:
    """Which numbers of a draw lie on an edge of the space: "low" or "high", by key."""
    at = {key: _edge(search.space[key], value) for key, value in draw.own.items()}
    blocks = [flat(structure) for structure in search.structures]
    for key, value in draw.structure.items():
        numbers = {block[key] for block in blocks if isinstance(block.get(key), int | float)}
        if isinstance(value, int | float) and len(numbers) > 2:
            at[key] = _end(value, min(numbers), max(numbers))
    return {key: end for key, end in at.items() if end}


def _edge(values: Range, value: Any) -> str:
    if values.choice is not None:
        if len(values.choice) < 3 or value not in values.choice:
            return ""
        return _end(values.choice.index(value), 0, len(values.choice) - 1)
    low, high = values.log or values.linear or (0.0, 1.0)
    if values.log:
        if value <= 0:
            return "low"
        low, high, value = math.log(low), math.log(high), math.log(value)
    return _end((value - low) / (high - low), EDGE, 1 - EDGE)


def _end(value: float, low: float, high: float) -> str:
    return "low" if value <= low else "high" if value >= high else ""


def read(path: Path | str) -> dict[str, Any]:
    """What a winners.yaml says, by search."""
    return yaml.read(path, ["the searches"])


def differs(run: Run, winner: dict[str, Any]) -> list[str]:
    """The keys of which a run says something else than the winner of its search; none: tuned.

    The rounds are those of any rung that the winner stood on, or twice those of the last: twice as
    many where these still helped, half as many where more made it worse.

    winner: its entry in winners.yaml.
    """
    own, found = settings(run), winner["settings"]
    (tried,) = (t for t in winner["tried"] if t["draw"] == winner["winner"])
    rungs = {rung["rounds"] for rung in tried["rungs"]}
    if own["train"]["rounds"] in rungs | {2 * max(rungs)}:
        found = found | {"train": found["train"] | {"rounds": own["train"]["rounds"]}}
    return _unlike(own, found)


def doubling(run: Run, winner: dict[str, Any]) -> Doubled | None:
    """What the search found of twice a run's rounds, or of twice the half of them; None: nothing.

    Twice as many say more: half as many are taken only where those were not trained. A run whose
    settings are not the winner's has no doubling.

    winner: its entry in winners.yaml.
    """
    if differs(run, winner):
        return None
    (tried,) = (t for t in winner["tried"] if t["draw"] == winner["winner"])
    means = {r["rounds"]: r["mean"] for r in tried["rungs"] if r["mean"] is not None}
    own = run.train.rounds
    for once in (own, own // 2):
        if {once, 2 * once} <= means.keys() and 2 * once >= own:
            change = float(means[2 * once] - means[once])
            return Doubled(winner["metric"], once, change, len(winner["seeds"]))
    return None


def _unlike(own: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The keys of two blocks that do not have the same value in both."""
    found = []
    for key in sorted(own.keys() | other.keys()):
        one, two = own.get(key), other.get(key)
        if isinstance(one, dict) and isinstance(two, dict):
            found += [f"{key}.{inner}" for inner in _unlike(one, two)]
        elif one != two:
            found.append(key)
    return found
