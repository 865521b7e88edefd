"""What decides a training, as params.yaml states it, before anything is trained.

    settings    model, arguments, data and how it is trained, without what only watches it
    training    settings and one seed: two runs that share one share its accidents

Names of runs and the order of keys do not count, nor does a key at its default, so that a new
key of the study changes no hash. A fingerprint (pipeline/execution/units.py) holds the code and
the data's bytes as well: runs of one fingerprint have one hash here.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.study import yaml
from pipeline.study.schema import Experiment, Run

FILE = "settings.yaml"
HEAD = """\
# The settings at which each run was last frozen, as a hash: written by
# `python -m pipeline freeze`, never by hand (pipeline/study/trainings.py). A run that differs is
# shown as "yours, untuned".

"""
WATCHES = {"seeds", "log_every", "samples", "snapshots"}
FROZEN, YOURS, NOT_FROZEN = "frozen", "yours, untuned", "not frozen"


def settings(run: Run) -> str:
    """16 hex digits of a run's settings.

    run: its block, with all that it inherits.
    """
    trained = run.train.model_dump(mode="json", exclude_defaults=True, exclude=WATCHES)
    decides = [run.data, run.model, run.arguments, trained]
    text = json.dumps(decides, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def trainings(run: Run) -> list[str]:
    """One name for each training of a run, the same in every run that it is a part of.

    run: its block, with all that it inherits.
    """
    own = settings(run)
    return [f"{own}/{seed}" for seed in run.train.seeds]


def frozen(path: str = FILE) -> dict[str, str]:
    """The settings that were frozen, by experiment/run; none where no file says so.

    path: settings.yaml.
    """
    if not Path(path).is_file():
        return {}
    return {name: str(digest) for name, digest in yaml.read(path, ["experiment/run"]).items()}


def text(experiments: Mapping[str, Experiment]) -> str:
    """The content of settings.yaml that freezes the runs as they stand.

    experiments: of params.yaml.
    """
    lines = [
        f"{e}/{r}: '{settings(run)}'\n"
        for e, experiment in sorted(experiments.items())
        for r, run in sorted(experiment.runs.items())
    ]
    return HEAD + ("".join(lines) or "{}\n")


def standing(name: str, run: Run, known: Mapping[str, Any]) -> str:
    """How a run's settings stand to those that were frozen.

    name: experiment/run. known: from frozen(). Where nothing was ever frozen, nothing can differ.
    """
    if not known:
        return NOT_FROZEN
    return FROZEN if known.get(name) == settings(run) else YOURS
