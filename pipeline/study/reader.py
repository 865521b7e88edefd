"""The study as params.yaml states it: read once, every key and type checked.

Every problem of the file is told at once, a line each: file, key, what is allowed, and the
nearest name where one was misspelt. The file is read as YAML 1.2, as DVC reads it, so that
`1e-3` is a number for both and a duplicate key is an error. Whether the names in it lead to
models, metrics and data sets is checked where these are known (pipeline/stages/check.py).
"""

import json
from copy import deepcopy
from pathlib import Path

from pydantic import ValidationError

from pipeline.study import inheritance, validation, yaml
from pipeline.study.errors import StudyError
from pipeline.study.schema import FORMS, SGD, Adam, BestOf, Block, Experiment, Run, Study, Train

FILE = "params.yaml"


def read(path: Path | str = FILE) -> Study:
    """The study in a params.yaml, every key known and every number checked."""
    return parse(yaml.read(path, Study.model_fields), path)


def parse(content: dict, path: Path | str = FILE) -> Study:
    """The study that the content of a params.yaml says. path: of the file, for what is told."""
    content = deepcopy(content)
    inheritance.resolve(content)
    try:
        return Study.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise refused(
            path, validation.told(error, siblings=_siblings, tags=("adam", "sgd", *FORMS))
        ) from None


def refused(path: Path | str, problems: list[str]) -> StudyError:
    """The error of a params.yaml with these problems, each of the block in which its key stands.

    problems: "key: what is wrong", of the run's key also where it inherits the value.
    """
    content = yaml.read(path, Study.model_fields)
    lines = inheritance.where_they_stand(content, problems)
    return StudyError("\n".join(f"{path}: {line}" for line in lines))


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
