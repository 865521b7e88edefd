"""Reading a YAML file of the study: a mapping, or one line that says what is wrong with it.

    python -m pipeline.study.yaml FILE ...    before DVC reads them, whose message has many lines

Read as YAML 1.2, as DVC reads params.yaml: `1e-3` is a number, and a duplicate key is an error.
A file may come from anywhere: what would take minutes or all memory to read is refused by its
size, or by the number of values that its aliases stand for, before any of them is made.
"""

import json
import re
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from pipeline.study.errors import StudyError, ended

LARGEST = 1_000_000  # bytes of a file
MOST = 100_000  # values, those of an alias as often as it is used; they are read in ten seconds
SIGNS = ",:[{-"  # each value has one
NESTED = re.compile(r"(?:[\[{]\s*){100}")
MARKS = ("<<<<<<< ", ">>>>>>> ")  # of Git
DEEPEST = 100  # blocks within each other


def read(path: Path | str, keys: Iterable[str]) -> dict[str, Any]:
    """The mapping in a file. keys: the allowed ones, for the error where it is no mapping."""
    try:
        with open(path, "rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise StudyError(f"{path}: larger than {LARGEST:,} bytes, which no study needs")
        content = parsed(raw.decode("utf-8"), path)
        # A block may hold what JSON can express: no list as a key, no block within itself.
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
        raise StudyError(f"{where}: {' '.join(str(what).split())[:200]}") from None
    except RecursionError:
        raise StudyError(f"{path}: nested too deeply") from None
    except (TypeError, ValueError, OverflowError, LookupError, AttributeError) as error:
        # also for `!!int x`, a 13th month, or a number of 5,000 digits
        told = " ".join(str(error).partition(";")[0].split())[:200]
        raise StudyError(f"{path}: {told}") from None
    if not isinstance(content, dict):
        raise StudyError(f"{path}: must be a mapping with the keys {', '.join(keys)}")
    return content


@lru_cache(maxsize=16)
def parsed(text: str, path: Path | str) -> Any:
    """The content of YAML, its size known before it is made. path: for errors.

    Not to be changed: a stage reads params.yaml up to seven times, of which each took .25 s.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(MARKS):
            raise StudyError(
                f"{path}:{number}: a merge conflict; keep one of the two sides and take the "
                "lines <<<<<<<, ======= and >>>>>>> out"
            )
    if sum(map(text.count, SIGNS)) > MOST or NESTED.search(text):
        raise StudyError(f"{path}: more than {MOST:,} values, or nested too deeply")
    constructor, _ = YAML(typ="safe", pure=True).get_constructor_parser(text)
    node = constructor.composer.get_single_node()
    if node is None:
        return None
    _values(node, path, {}, set(), 0)
    return constructor.construct_document(node)


def _values(
    node: Node, path: Path | str, known: dict[int, int], around: set[int], depth: int
) -> int:
    """How many values a node stands for; aliases share a node, which is counted each time.

    known: of the nodes that are counted. around: the nodes that this one is a part of.
    """
    line = node.start_mark.line + 1
    if id(node) in around:
        raise StudyError(f"{path}:{line}: a block within itself")
    if depth > DEEPEST:
        raise StudyError(f"{path}:{line}: nested too deeply, in more than {DEEPEST} blocks")
    if id(node) not in known:
        parts: list[Node] = []
        if isinstance(node, SequenceNode):
            parts = node.value
        elif isinstance(node, MappingNode):
            parts = [part for pair in node.value for part in pair]
        around.add(id(node))
        known[id(node)] = 1 + sum(_values(p, path, known, around, depth + 1) for p in parts)
        around.remove(id(node))
    if known[id(node)] > MOST:
        raise StudyError(f"{path}:{line}: aliases stand for more than {MOST:,} values")
    return known[id(node)]


def main(files: list[str]) -> None:
    """Says which of the files cannot be read, and nothing of those that can."""
    problems = []
    for file in files:
        try:
            read(file, ())
        except StudyError as error:
            problems.append(str(error))
    if problems:
        raise StudyError.of(problems)


if __name__ == "__main__":
    ended(lambda: main(sys.argv[1:]))
