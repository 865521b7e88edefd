"""Reading a YAML file of the study: a mapping, or one line that says what is wrong with it.

    python -m pipeline.study.yaml FILE ...    before DVC reads them, whose message has many lines

Read as YAML 1.2, as DVC reads params.yaml: `1e-3` is a number, and a duplicate key is an error.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.study.errors import StudyError, ended


def read(path: Path | str, keys: Iterable[str]) -> dict[str, Any]:
    """The mapping in a file. keys: the allowed ones, for the error where it is no mapping."""
    try:
        content = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
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
        raise StudyError(f"{where}: {' '.join(str(what).split())}") from None
    except RecursionError:
        raise StudyError(f"{path}: nested too deeply") from None
    except (TypeError, ValueError) as error:  # also for `!!int x` or a 13th month
        raise StudyError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise StudyError(f"{path}: must be a mapping with the keys {', '.join(keys)}")
    return content


def main(files: list[str]) -> None:
    """Says which of the files cannot be read, and nothing of those that can."""
    problems = []
    for file in files:
        try:
            read(file, ())
        except StudyError as error:
            problems.append(str(error))
    if problems:
        raise StudyError("\n".join(problems))


if __name__ == "__main__":
    ended(lambda: main(sys.argv[1:]))
