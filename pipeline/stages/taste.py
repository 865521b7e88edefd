"""Command taste: the whole pipeline on a study cut to a taste, in a folder of its own.

    python -m pipeline taste [FOLDER]

reads   params.yaml, and what else a person has written: claims.yaml ...
writes  FOLDER/    params.yaml with `budget: taste`, data/, runs/, reports/ and the page

prepare, train, evaluate, claims and report, one after another in this process and its forks,
without DVC and MLflow. Nothing outside the folder is touched, nothing of it is a result: two seeds
that no result has, a hundredth of the rounds (pipeline/study/budgets.py).
"""

import io
import os
import shutil
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import torch
from ruamel.yaml import YAML

from pipeline.execution import done, machine, units, worker
from pipeline.execution.side_by_side import side_by_side
from pipeline.results.files import write_text
from pipeline.stages import check, claims, evaluate, prepare, report
from pipeline.study import budgets, reader, yaml
from pipeline.study.errors import StudyError
from pipeline.study.schema import Study

WRITTEN = ("claims.yaml", "documents.yaml", "history.yaml")  # beside params.yaml
NEVER = 1e9  # seconds: a run of a taste needs no checkpoint


def main(name: str) -> None:
    """A taste of the study in the current folder, in the folder of this name."""
    begin(Path(name))
    os.chdir(name)
    for variable in ("DVC_ROOT", "DSTAR_WORK"):  # work/ is the folder's own, too
        os.environ.pop(variable, None)
    study = check.study()
    torch.set_num_threads(study.threads)
    at_once, quiet = machine.cores(), io.StringIO()
    told("prepare")
    with redirect_stdout(quiet):
        prepare.main()
    todo = [unit for e in study.experiments for unit in units.units(study, e)]
    told(f"train {len(todo)} runs")
    for _ in side_by_side(_trained, todo, at_once):
        pass
    told(f"evaluate {len(study.experiments)} experiments")
    for _ in side_by_side(partial(_measured, evaluate.main), study.experiments, at_once):
        pass
    told("claims")
    with redirect_stdout(quiet):
        claims.main()
    told("report")
    report.main()
    print(f"A taste, nothing to conclude from: {report.PAGE.resolve().as_uri()}")


def begin(folder: Path) -> None:
    """Puts the study of the current folder into another, its budget a taste."""
    file = folder / reader.FILE
    if folder.exists() and not (
        file.is_file() and budgets.of(yaml.read(file, Study.model_fields)) == "taste"
    ):
        raise StudyError(f"{folder}: is there already, and is no taste; name another folder")
    check.study()
    yaml12, written = YAML(), io.StringIO()
    content = yaml12.load(Path(reader.FILE).read_text(encoding="utf-8"))
    # Experiments are measured side by side here, so their runs are not.
    yaml12.dump(content | {"budget": "taste", "device": "cpu", "processes": 1}, written)
    write_text(file, written.getvalue())
    for name in WRITTEN:
        if Path(name).is_file():
            shutil.copyfile(name, folder / name)


def told(what: str) -> None:
    print(what, flush=True)


def _trained(unit: units.Unit) -> None:
    with redirect_stdout(io.StringIO()):
        worker.train(unit, NEVER)
    done.collect(unit)


def _measured(stage, experiment: str) -> None:
    with redirect_stdout(io.StringIO()):
        stage(experiment)
