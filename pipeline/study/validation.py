"""Validating a block of YAML against the frozen dataclass whose fields it states.

Every problem is one line: key, what is allowed, and the nearest name for an unknown one.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.study import renamed
from pipeline.study.errors import on_one_line
from pipeline.study.fields import per_replica, with_lists


def checked(
    kind: Any, block: dict[str, Any], where: str, replicas: int = 0
) -> tuple[Any, list[str]]:
    """An object of the dataclass kind, or None, and the problems of its block.

    block: values by field; a field with a default may be left out.
    where: the block's path in its file, e.g. data.ring.
    replicas: R if a real number may be a list of R numbers, one per replica; else 0.
    """
    known = [f.name for f in fields(kind)]
    if not isinstance(block, dict):
        return None, [f"{where}: must be a mapping of {', '.join(known)}"]
    problems = [
        on_one_line(f"{where}.{key}: no such field{allowed(key, known)}")
        for key in block
        if key not in known
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
            # Through JSON a dataclass is validated strictly: "0.2" is no number, True no count.
            made = adapter.validate_json(json.dumps(block | own, default=str), strict=True)
        except ValidationError as error:
            problems += [line for line in told(error, where) if line not in problems]
    return (None if problems else with_lists(made, lists)), problems


def told(
    error: ValidationError,
    where: str = "",
    siblings: Callable[[tuple[int | str, ...]], Iterable[str]] | None = None,
    tags: Sequence[str] = (),
) -> list[str]:
    """The problems that pydantic found, one line each.

    where: the path of the block in its file.
    siblings: a function from the path of an unknown key to the keys that are allowed there.
    tags: parts of a path that pydantic adds to the file's own keys.
    """
    lines = []
    for problem in error.errors():
        place = [str(part) for part in problem["loc"] if part not in tags]
        key = ".".join([*([where] if where else []), *place]) or "its content"
        if problem["type"] == "missing":
            lines.append(f"{key}: missing")
        elif problem["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            hint = allowed(place[-1], siblings(problem["loc"])) if siblings else ""
            lines.append(f"{key}: unknown{hint}")
        else:
            found = json.dumps(problem["input"], ensure_ascii=False, default=str)[:80]
            message = problem["msg"].replace("Input should be", "must be")
            for name in ("an object", "a valid dictionary"):
                message = message.replace(name, "a mapping")
            lines.append(f"{key}: {message[0].lower() + message[1:]}, not {found}")
    return list(map(on_one_line, lines))


def allowed(wrong: str, right: Iterable[str]) -> str:
    """The hint after an unknown name: its new name, or the names that exist.

    wrong: the unknown name. right: the allowed names.
    """
    right = sorted(right)
    renamed_to = [name for name in renamed.now(str(wrong)) if name in right]
    if renamed_to:
        return f"; it is named {' or '.join(renamed_to)} now"
    nearest = get_close_matches(str(wrong), right, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"; allowed: {', '.join(right) or 'none'}{hint}"


def no_value(key: str, metrics: Iterable[str]) -> str:
    """What is wrong with the key of a measured value, <file>.<value>; "" if it may exist.

    The values of a file in pipeline/metrics/ are known only after it has measured.

    metrics: the files that measure the runs in question.
    """
    file, _, value = key.partition(".")
    if file in metrics and value:
        return ""
    named = [name for name in renamed.now(key) if name.partition(".")[0] in metrics]
    if named:
        return f"{key!r} is named {' or '.join(named)} now"
    if not value:
        return f"{key!r} is no value of a metric, which is named <file>.<value>"
    return f"{file!r} is no metric of these runs{allowed(file, metrics)}"
