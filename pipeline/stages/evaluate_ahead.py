"""Stage evaluate under a `dvc repro` of the whole study: all experiments, side by side.

    python -m pipeline evaluate EXPERIMENT

writes  work/ahead/<experiment>/reports/    what pipeline/stages/evaluate.py writes, of each
                                            experiment whose runs are trained and not yet measured

The first evaluate stage measures its experiment and those that DVC will come to, each in a forked
process, in a folder with links to its runs, so that no core waits for one stage's longest run. Its
own result and, in later stages, theirs are then copied (pipeline/execution/ready.py). An
experiment that fails is left to its own stage, as is any one elsewhere than on Linux.

On a cluster (pipeline/cluster/) each of these experiments is a task.
"""

import io
import os
import shutil
import sys
from contextlib import redirect_stdout, suppress
from functools import partial
from importlib import import_module
from pathlib import Path

import torch
from ruamel.yaml import YAML
from threadpoolctl import threadpool_limits

from pipeline.execution import ahead, asked, done, machine, own, ready, units
from pipeline.execution.device import device_of
from pipeline.execution.side_by_side import side_by_side
from pipeline.results import control_run, schema
from pipeline.results.files import write_bytes
from pipeline.stages import check, evaluate
from pipeline.study import cluster
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Study


def main(experiment: str) -> None:
    """Measures an experiment, and those of later stages if there are cores for them."""
    began = ready.key()
    settings = check.study()
    at_once = settings.processes or machine.cores()
    known = experiment in settings.experiments
    address = cluster.address(settings) if known else None
    if not address and device_of(settings.device) != "cpu":  # which processes cannot share
        at_once = 1
    able = address or (at_once > 1 and sys.platform == "linux")
    others: list[str] = []
    if known and able and asked.whole_study():
        others = [e for e in settings.experiments if e != experiment and is_stale(settings, e)]
    if others:
        print(f"{len(others)} other experiments are measured ahead", flush=True)
    if address:
        cluster.installed()
        _measure_there(settings, address, experiment, others, began)
        return
    if others:
        with suppress(StudyError):  # a process was killed: this stage goes on alone
            _measure(settings, [experiment, *others], at_once, began)
        if ready.collected("evaluate", experiment):
            return
    evaluate.main(experiment)


def _measure_there(settings, address, experiment, others, began):
    """Measures an experiment on a cluster, and those of later stages, for which it lists them."""
    measuring = import_module("pipeline.cluster.measuring")  # and Ray with it
    files = {e: _linked(settings, e) for e in (experiment, *others)}
    read = {e: ready.digests(own) for e, own in files.items()}
    found = measuring.measured(settings, address, files)
    for name in others:
        if not isinstance(found[name], StudyError):  # else its own stage says what is wrong
            told, made = found[name]
            _written(made, ready.folder() / name)
            _note(name, read[name], began, told)
    if isinstance(found[experiment], StudyError):
        raise found[experiment]
    if ready.key() != began or ready.digests(files[experiment]) != read[experiment]:
        raise StudyError(
            f"{experiment}: params, data or runs changed while this stage ran, which has used "
            "them as they were before; run the stage again",
            DATA,
        )
    told, made = found[experiment]
    curves = _written(made, Path()) & set(Path("reports/curves").rglob("*"))
    own.replace(f"evaluate-{experiment}", curves)
    print("\n".join(told), flush=True)


def _written(files, root):
    for name, content in files.items():
        write_bytes(root / name, content)
    return {root / name for name in files}


def there(experiment: str, device: str) -> tuple[list[str], dict[str, bytes]]:
    """Measures an experiment on a node of a cluster, in a folder with its runs.

    Returns the lines that its stage prints, and the files that it writes, by name.
    """
    settings = check.study().model_copy(update={"device": device, "processes": 1})
    told = io.StringIO()
    torch.set_num_threads(settings.threads)
    with threadpool_limits(settings.threads), redirect_stdout(told):
        evaluate.of(settings, experiment)
    files = sorted(file for file in Path("reports").rglob("*") if file.is_file())
    return told.getvalue().splitlines(), {file.as_posix(): file.read_bytes() for file in files}


def is_stale(settings: Study, experiment: str) -> bool:
    """Whether all runs of an experiment are trained, and DVC will measure them."""
    try:
        own = units.units(settings, experiment)
    except StudyError:  # its own stage says what is wrong
        return False
    trained = all(ahead.in_runs(u) or done.is_done(u) for u in own)
    return trained and not _is_measured(experiment, own)


def _is_measured(experiment, own):
    """Whether reports/ has these units, measured with the code that sources.yaml names."""
    with suppress(StudyError, OSError, LookupError):
        file = f"reports/metrics/{experiment}.json"
        runs = schema.read(schema.Measurements, file).runs
        found = {name: run.fingerprint for name, run in runs.items() if not run.control}
        code = YAML(typ="safe").load(Path("sources.yaml"))["evaluate"][experiment]
        line = f"evaluate.{experiment}: {code}\n"  # of the stage when DVC last ran it
        return (
            found == {u.name: u.fingerprint for u in own}
            and line in Path("dvc.lock").read_text(encoding="utf-8")
            and Path(f"reports/shown/{experiment}.npz").is_file()
        )
    return False


def _measure(settings, experiments, at_once, began):
    """Measures experiments side by side, and lists what was made for their stages.

    began: ready.key() from before the settings were read.
    """
    experiments = sorted(experiments, key=lambda e: -_work(settings.experiments[e]))
    inner = settings.model_copy(update={"processes": max(1, at_once // len(experiments))})
    read = {e: ready.digests(_linked(settings, e)) for e in experiments}
    torch.set_num_threads(settings.threads)
    with threadpool_limits(settings.threads):
        measured = partial(_measured, inner, ready.folder().resolve())
        found = side_by_side(measured, experiments, at_once)
        for experiment, told in zip(experiments, found, strict=True):
            _note(experiment, read[experiment], began, told)


def _note(experiment, read, began, told):
    """Lists what was made for an experiment's stage. told: its lines; None where it failed."""
    root = ready.folder() / experiment
    files = [file for file in (root / "reports").rglob("*") if file.is_file()]
    if told is not None:
        made = {file.relative_to(root).as_posix(): file for file in sorted(files)}
        ready.write("evaluate", experiment, began, told=told, made=made, read=read)


def _work(experiment):
    """About how long an experiment is measured: values of metrics, rows of its table."""
    rows = [*experiment.runs, *control_run.rows(experiment)]
    return len(rows) * len(experiment.metrics)


def _linked(settings, experiment):
    """Makes the folder in which an experiment is measured, of links to params, data and runs.

    Returns what is read there beside params and data: {runs/...: file}.
    """
    root = ready.folder() / experiment
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in ("params.yaml", "data"):
        (root / name).symlink_to(Path(name).resolve())
    runs = {name: Path("runs", name) for name in settings.evaluation_classifier.values()}
    for u in units.units(settings, experiment):
        name = f"{experiment}/{u.name}"
        runs[name] = Path("runs", name) if ahead.in_runs(u) else u.folder
    for name, folder in runs.items():
        (root / "runs" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "runs" / name).symlink_to(folder.resolve())
    return {
        f"runs/{name}/{file}": folder / file
        for name, folder in runs.items()
        for file in done.RESULT
        if (folder / file).is_file()
    }


def _measured(settings, folder, experiment):
    """The lines that the stage of an experiment prints; None where it fails, and will say why."""
    os.chdir(folder / experiment)
    told = io.StringIO()
    try:
        with redirect_stdout(told):
            evaluate.of(settings, experiment)
    except Exception:  # whatever it is, it is no fault of this stage
        return None
    return told.getvalue().splitlines()
