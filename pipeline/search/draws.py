"""The draws of a search: what papers prescribe, then points of its space.

Draws that have the same structure are the replicas of one run: width, depth, k and batch are alike
there, learning rates and the method's own numbers are each draw's. So sixteen draws on three seeds
are trained as a few ensembles.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.engine.randomness import key as stream
from pipeline.search.space import Range, Search, Space, flat
from pipeline.study.errors import StudyError

DIGITS = 3  # of a number that is drawn, so that params.yaml says it whole


@dataclass(frozen=True)
class Draw:
    """One setting of a search."""

    number: int
    source: str | None  # the paper that prescribes it
    run: str  # of params.yaml: the draws of one structure are one run
    structure: dict[str, Any]  # "arguments.width": 64, ... alike in a run
    own: dict[str, Any]  # "train.optimizer.lr": 1e-3, ... of its replicas


def draws(space: Space, id: str) -> list[Draw]:
    """The draws of a search, those of papers first, dealt over the structures in turn."""
    search = space.searches[id]
    if search.setting:
        return [Draw(0, None, "structure_1", flat(search.setting), {})]
    made: list[tuple[str | None, dict[str, Any], dict[str, Any]]] = [
        (paper.source, *_parted(flat(paper), search)) for paper in search.papers
    ]
    for number in range(len(made), space.draws):
        structure = search.structures[(number - len(search.papers)) % len(search.structures)]
        own = {
            name: point(values, _uniform(space.seed, id, number, name))
            for name, values in search.space.items()
        }
        made.append((None, flat(structure), own))
    runs: dict[str, str] = {}
    for _, structure_keys, own in made:
        runs.setdefault(_alike(structure_keys, own), f"structure_{len(runs) + 1}")
    found = [
        Draw(number, source, runs[_alike(structure_keys, own)], structure_keys, own)
        for number, (source, structure_keys, own) in enumerate(made)
    ]
    settings = [json.dumps([d.structure, d.own], sort_keys=True) for d in found]
    for number, setting in enumerate(settings):
        if setting in settings[:number]:
            first = settings.index(setting)
            raise StudyError(f"searches.{id}: draws {first} and {number} are the same setting")
    return found


def _parted(keys: dict[str, Any], search: Search) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of a paper's keys is its structure, and what each replica may have its own of."""
    structure = {k: v for k, v in keys.items() if k not in search.space}
    return structure, {k: keys[k] for k in search.space if k in keys}


def _alike(structure: dict[str, Any], own: dict[str, Any]) -> str:
    """What draws of one run agree in: their structure, and which numbers are drawn."""
    return json.dumps([structure, sorted(own)], sort_keys=True)


def _uniform(seed: int, id: str, number: int, name: str) -> float:
    """u of one number of one draw, in [0, 1)."""
    words = np.random.SeedSequence(stream(seed, f"search/{id}/{name}", number))
    return float(np.random.Generator(np.random.SFC64(words)).random())


def point(values: Range, u: float) -> Any:
    """The number at a share u of a range. u: in [0, 1)."""
    if values.choice is not None:
        return values.choice[int(u * len(values.choice))]
    if values.log:
        low, high = values.log
        drawn = low * (high / low) ** u
    else:
        low, high = values.linear or (0.0, 1.0)
        drawn = low + (high - low) * u
    return float(f"{drawn:.{DIGITS}g}")
