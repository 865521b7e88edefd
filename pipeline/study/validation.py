"""A block of YAML against the frozen dataclass whose fields it gives.

Every problem is one line: key, what is allowed, and the nearest name where one is unknown.
"""

import json
from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from pipeline.study.fields import PerReplica


def checked(
    kind: Any, block: dict[str, Any], where: str, replicas: int = 0
) -> tuple[Any, list[str]]:
    """An object of the dataclass kind, or None, and the problems of its block.

    block: values by field; a field with a default may be left out.
    where: the block's place in its file, e.g. data.ring.
    replicas: R, where a real number may be a list of R numbers, one per replica; else 0.
    """
    known = [f.name for f in fields(kind)]
    if not isinstance(block, dict):
        return None, [f"{where}: must be a mapping of {', '.join(known)}"]
    problems = [
        f"{where}.{key}: no such field{allowed(key, known)}" for key in block if key not in known
    ]
    lists = per_replica(kind, block) if replicas else {}
    problems += [
        f"{where}.{key}: {len(numbers)} numbers, one per replica, for {replicas} seeds"
        for key, numbers in lists.items()
        if len(numbers) != replicas
    ]
    if lists and problems:
        return None, problems
    adapter = TypeAdapter(kind)
    for replica in range(replicas if lists else 1):
        own = {key: numbers[replica] for key, numbers in lists.items()}
        try:
            # By way of JSON a dataclass is checked strictly: "0.2" is no number, True no count.
            made = adapter.validate_json(json.dumps(block | own, default=str), strict=True)
        except ValidationError as error:
            problems += [line for line in told(error, where) if line not in problems]
    return (None if problems else with_lists(made, lists)), problems


def per_replica(kind: Any, block: dict[str, Any]) -> dict[str, list[Any]]:
    """The real numbers of the dataclass kind for which a block gives a list instead."""
    hints = get_type_hints(kind)
    return {k: v for k, v in block.items() if isinstance(v, list) and hints.get(k) is float}


def with_lists(made: Any, lists: dict[str, list[Any]]) -> Any:
    """The object, of which some fields hold one number per replica."""
    for key, numbers in lists.items():
        object.__setattr__(made, key, PerReplica(numbers))  # it is frozen
    return made


def told(error: ValidationError, where: str) -> list[str]:
    """The problems that pydantic found, a line each."""
    lines = []
    for problem in error.errors():
        key = ".".join([*([where] if where else []), *map(str, problem["loc"])])
        if problem["type"] == "missing":
            lines.append(f"{key}: missing")
        elif problem["type"] == "extra_forbidden":
            lines.append(f"{key}: no such key")
        else:
            found = json.dumps(problem["input"], ensure_ascii=False, default=str)[:80]
            message = problem["msg"].replace("Input should be", "must be")
            lines.append(f"{key}: {message[0].lower() + message[1:]}, not {found}")
    return lines


def allowed(wrong: str, right: Iterable[str]) -> str:
    """What to say after a name that does not exist: those that do, and the nearest."""
    right = sorted(right)
    nearest = get_close_matches(str(wrong), right, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"; allowed: {', '.join(right) or 'none'}{hint}"
