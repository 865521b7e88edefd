"""The study as params.yaml states it: read once, every key and type checked.

Every problem of the file is told at once, a line each: file, key, what is allowed, and the
nearest name where one was misspelt. The file is read as YAML 1.2, as DVC reads it, so that
`1e-3` is a number for both and a duplicate key is an error. Whether the names in it lead to
models, metrics and data sets is checked where these are known (pipeline/stages/check.py).
"""

import json
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.study import validation
from pipeline.study.errors import StudyError
from pipeline.study.schema import FORMS, SGD, Adam, BestOf, Block, Experiment, Run, Study, Train

FILE = "params.yaml"


def read(path: Path | str = FILE) -> Study:
    """The study in a params.yaml, every key known and every number checked."""
    content = _yaml(path)
    _merge_train(content)
    try:
        return Study.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        lines = (f"{path}: {_told(problem)}" for problem in error.errors())
        raise StudyError("\n".join(lines)) from None


def _merge_train(content):
    """Each run's `train` becomes whole: the study's block, the experiment's and its own."""

    def block(owner, key):
        found = owner.get(key) if isinstance(owner, dict) else None
        return found if isinstance(found, dict) else {}

    for experiment in block(content, "experiments").values():
        for run in block(experiment, "runs").values():
            if isinstance(run, dict) and isinstance(run.get("train", {}), dict):
                above = block(content, "train") | block(experiment, "train")
                run["train"] = above | run.get("train", {})


def _yaml(path):
    try:
        content = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run this in the study's folder") from None
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: not UTF-8 at byte {error.start}") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        what = getattr(error, "problem", None) or "not YAML"
        raise StudyError(f"{where}: {' '.join(str(what).split())}") from None
    if not isinstance(content, dict):
        raise StudyError(
            f"{path}: must be a mapping with the keys {', '.join(Study.model_fields)}"
        )
    return content


def _told(error):
    """One line of one of pydantic's errors."""
    location = [str(part) for part in error["loc"] if part not in ("adam", "sgd", *FORMS)]
    key = ".".join(location)
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown{validation.allowed(location[-1], _siblings(error['loc']))}"
    if error["type"] == "missing":
        return f"{key}: missing"
    message = error["msg"].replace("Input should be", "must be")
    return f"{key}: {message[0].lower() + message[1:]}, not {json.dumps(error['input'])[:80]}"


def _siblings(location) -> list[str]:
    """The keys that are allowed where an unknown one was found in params.yaml."""
    owner: type[Block] = Study
    # experiments.E.x, .E.best_of.x, .E.runs.R.x, .E.runs.R.train.x
    owners: dict[int, type[Block]] = {3: Experiment, 4: BestOf, 5: Run, 6: Train}
    if location[0] == "experiments":
        owner = owners.get(len(location), Train)
    if "adam" in location or "sgd" in location:
        owner = Adam if "adam" in location else SGD
    return list(owner.model_fields)
