"""Reading params.yaml: every key and type is validated.

All problems of the file are reported together, one line each: file, key, what is allowed, and the
nearest name for a misspelt one. The file is read as YAML 1.2, as DVC reads it, so that `1e-3` is a
number for both and a duplicate key is an error. Whether its names refer to existing models,
metrics and data sets is checked where these are known (pipeline/stages/check.py).
"""

import json
from copy import deepcopy
from pathlib import Path

from pydantic import ValidationError

from pipeline.study import budgets, inheritance, validation, yaml
from pipeline.study.errors import StudyError
from pipeline.study.schema import (
    FORMS,
    SGD,
    Adam,
    BestOf,
    Block,
    Converged,
    Experiment,
    Run,
    Study,
    Train,
)

FILE = "params.yaml"


def read(path: Path | str = FILE) -> Study:
    """The validated study in a params.yaml."""
    return parse(yaml.read(path, Study.model_fields), path)


def parse(content: dict, path: Path | str = FILE) -> Study:
    """The validated study from the content of a params.yaml. path: that file, for errors."""
    stands, content = content, deepcopy(content)
    inheritance.resolve(content)
    if problems := budgets.choose(content):
        lines = inheritance.where_they_stand(stands, problems)
        raise StudyError.of(f"{path}: {line}" for line in lines)
    try:
        return Study.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise refused(
            path, validation.told(error, siblings=_siblings, tags=("adam", "sgd", *FORMS))
        ) from None


def refused(path: Path | str, problems: list[str]) -> StudyError:
    """The error for a params.yaml with these problems, each attributed to its block.

    problems: "key: what is wrong", with the run's key also where it inherits the value.
    """
    content = yaml.read(path, Study.model_fields)
    lines = inheritance.where_they_stand(content, problems)
    return StudyError.of(f"{path}: {line}" for line in lines)


def _siblings(location) -> list[str]:
    """The allowed keys at the location of an unknown one in params.yaml."""
    owner: type[Block] = Study
    # experiments.E.x, .E.best_of.x and .E.converged.x, .E.runs.R.x, .E.runs.R.train.x
    inner = Converged if "converged" in location else BestOf
    owners: dict[int, type[Block]] = {3: Experiment, 4: inner, 5: Run, 6: Train}
    if location[0] == "experiments":
        owner = owners.get(len(location), Train)
    if "adam" in location or "sgd" in location:
        owner = Adam if "adam" in location else SGD
    return list(owner.model_fields)
