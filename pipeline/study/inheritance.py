"""What a run of params.yaml does not say, it has from its experiment, and that from the study.

    data, model    the run's, else the experiment's
    arguments      the run's, key by key over the experiment's
    train          the run's, key by key over the experiment's, and that over the study's; an
                   `optimizer` without a name changes keys of the one above, one with a name
                   takes its place; `players` are likewise each player's changes of the whole

A block of a wrong type is left as it stands, to be refused by pipeline/study/schema.py.
"""

import re
from collections.abc import Iterable
from typing import Any

RUN = re.compile(r"experiments\.([^.]+)\.runs\.([^.]+)\.((data|model|arguments|train)\b.*)")


def resolve(content: dict) -> None:
    """Makes each run's block whole, in place. content: of params.yaml."""
    for experiment in _block(content, "experiments").values():
        for run in _block(experiment, "runs").values():
            if not isinstance(run, dict):
                continue
            for key in {"data", "model"} & experiment.keys():
                run.setdefault(key, experiment[key])
            if isinstance(own := run.get("arguments", {}), dict):
                # In one order: two experiments that share a run share the bytes of its record.
                whole = _block(experiment, "arguments") | own
                run["arguments"] = {key: whole[key] for key in sorted(whole)}
            if isinstance(own := run.get("train", {}), dict):
                above = _over(_block(content, "train"), _block(experiment, "train"))
                run["train"] = _each_player(_over(above, own))


def _over(above: dict, own: dict) -> dict:
    """One `train` block over another."""
    optimizer = own.get("optimizer")
    if isinstance(optimizer, dict) and "name" not in optimizer:
        own = own | {"optimizer": _block(above, "optimizer") | optimizer}
    if isinstance(players := own.get("players"), dict):
        known = _block(above, "players")
        changed = {n: _block(known, n) | _block(players, n) for n in players}
        own = own | {"players": known | changed}
    return above | own


def _each_player(train: dict) -> dict:
    """The block with the whole optimizer of each player that changes a part of it."""
    if not (players := _block(train, "players")):
        return train
    optimizer = _block(train, "optimizer")
    whole = {
        name: block if not isinstance(block, dict) or "name" in block else optimizer | block
        for name, block in sorted(players.items())
    }
    return train | {"players": whole}


def _block(owner: Any, key: str) -> dict:
    found = owner.get(key) if isinstance(owner, dict) else None
    return found if isinstance(found, dict) else {}


def where_they_stand(content: dict, problems: Iterable[str]) -> list[str]:
    """Problems of runs, told of the block in which the key stands, and once for all its runs.

    content: of params.yaml, as it stands. problems: "experiments.E.runs.R.key: what is wrong".
    """
    told: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for line in problems:
        where, _, wrong = line.partition(": ")
        block, runs = where, []
        if inherited := RUN.fullmatch(where):
            experiment, run, key, _ = inherited.groups()
            owner = _owner(content, experiment, run, key)
            where = where if owner is None else owner + key
            # What stands nowhere is lacking in the experiment as much as in each of its runs.
            block = f"experiments.{experiment}.{key}" if owner is None else where
            runs = [f"{experiment}.{run}"]
        _, found = told.setdefault((block, wrong.partition(";")[0]), (f"{where}: {wrong}", []))
        found += runs
    return [
        line + (f" (run {runs[0]} and {len(runs) - 1} more)" if len(runs) > 1 else "")
        for line, runs in told.values()
    ]


def _owner(content, experiment, run, key):
    """What comes before a run's key where it stands, or None where it stands nowhere."""
    block = _block(_block(content, "experiments"), experiment)
    for owner, where in (
        (_block(_block(block, "runs"), run), f"experiments.{experiment}.runs.{run}."),
        (block, f"experiments.{experiment}."),
        ({"train": _block(content, "train")}, ""),
    ):
        for part in key.split("."):
            if isinstance(owner, list) and part.isdigit():
                owner = dict(enumerate(owner)).get(int(part))
            elif isinstance(owner, dict) and part in owner:
                owner = owner[part]
            else:
                break
        else:
            return where
    return None
