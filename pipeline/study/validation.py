"""YAML as the study reads it, and a block of it against the frozen dataclass that it fills.

Every problem is one line: key, what is allowed, and the nearest name where one is unknown.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.study.errors import StudyError


def read_yaml(path: Path | str, keys: Iterable[str]) -> dict[str, Any]:
    """The mapping in a file of YAML 1.2, as DVC reads it; a key that stands twice is an error.

    keys: what the mapping may have, for the person whose file holds none.
    """
    try:
        content = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
        # What JSON cannot say no block may hold: a list as a key, a block within itself.
        content = json.loads(json.dumps(content, default=str))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run this in the study's folder") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: not UTF-8 at byte {error.start}") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        what = getattr(error, "problem", None) or "not YAML"
        raise StudyError(f"{where}: {' '.join(str(what).split())}") from None
    except RecursionError:
        raise StudyError(f"{path}: nested too deeply") from None
    except (TypeError, ValueError) as error:  # as of `!!int x` or the 13th month, too
        raise StudyError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise StudyError(f"{path}: must be a mapping with the keys {', '.join(keys)}")
    return content


def checked(kind: Any, block: dict[str, Any], where: str) -> tuple[Any, list[str]]:
    """An object of the dataclass kind, or None, and the problems of its block.

    block: values by field; a field with a default may be left out.
    where: the block's place in its file, e.g. data.ring.
    """
    known = [f.name for f in fields(kind)]
    if not isinstance(block, dict):
        return None, [f"{where}: must be a mapping of {', '.join(known)}"]
    problems = [
        f"{where}.{key}: no such field{allowed(key, known)}" for key in block if key not in known
    ]
    try:
        # By way of JSON a dataclass is checked strictly: "0.2" is no number and True no count.
        made = TypeAdapter(kind).validate_json(json.dumps(block, default=str), strict=True)
    except ValidationError as error:
        problems += told(error, where)
    return (None if problems else made), problems


def told(
    error: ValidationError,
    where: str = "",
    siblings: Callable[[tuple], Iterable[str]] | None = None,
    tags: tuple[str, ...] = (),
) -> list[str]:
    """The problems that pydantic found, a line each.

    where: the place of what was checked in its file. siblings: the keys that are allowed at an
    unknown one's place. tags: what pydantic puts in a place and the file does not.
    """
    lines = []
    for problem in error.errors():
        place = [part for part in problem["loc"] if part not in tags]
        key = ".".join([*([where] if where else []), *map(str, place)])
        if problem["type"] == "missing":
            lines.append(f"{key}: missing")
        elif problem["type"] == "extra_forbidden":
            known = allowed(str(place[-1]), siblings(problem["loc"])) if siblings else ""
            lines.append(f"{key}: unknown{known}" if siblings else f"{key}: no such key")
        else:
            found = json.dumps(problem["input"], ensure_ascii=False, default=str)[:80]
            message = problem["msg"].replace("Input should be", "must be")
            for name in ("an object", "a valid dictionary"):
                message = message.replace(name, "a mapping")
            lines.append(f"{key}: {message[0].lower() + message[1:]}, not {found}")
    return lines


def allowed(wrong: str, right: Iterable[str]) -> str:
    """What to say after a name that does not exist: those that do, and the nearest."""
    right = sorted(right)
    nearest = get_close_matches(str(wrong), right, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"; allowed: {', '.join(right) or 'none'}{hint}"
