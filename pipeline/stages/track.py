"""Stage track: every run of the study, with its scores, in MLflow.

    python -m pipeline track

reads   params.yaml, runs/, reports/metrics/*.json, reports/claims.json
writes  the store (pipeline/tracking/store.py)
        mlflow.db.sent/    runs.txt: the runs that the store has, with their fingerprints;
                           missing.txt: those that it lacks, and why

The folder is not in Git, so in a fresh clone DVC runs the stage, whatever was committed. DVC has
no word for a stage that ends well but has more to do; so where a run is missing, the folder also
holds a link to dvc.lock. DVC writes that file after it has noted what the folder holds, finds the
folder changed at the next repro, and runs the stage again.
"""

import shutil
from pathlib import Path

from pipeline.execution import times, units
from pipeline.results import schema
from pipeline.results.files import write_text
from pipeline.study import reader
from pipeline.tracking import store
from pipeline.tracking.sync import sync

SENT, LOCK = Path("mlflow.db.sent"), Path("dvc.lock")


def main() -> None:
    """Bring the store up to date with the study in the current folder, and say what it has."""
    experiments = reader.read().experiments
    names = [f"{e}/{run}" for e, experiment in experiments.items() for run in experiment.runs]
    questions = {name: experiment.question for name, experiment in experiments.items()}
    missing = sync(
        Path(),
        names,
        questions,
        lambda fingerprint: times.training_seconds(units.place(fingerprint)),
    )
    _note(names, missing)
    told = f"{len(names) - len(missing)} of {len(names)} runs, {store.shown(Path())}"
    print(told + (f"; missing: {SENT / 'missing.txt'}" if missing else ""), flush=True)


def _note(names: list[str], missing: dict[str, str]) -> None:
    """Write what the store has. The same results give the same bytes, wherever the store is."""
    shutil.rmtree(SENT, ignore_errors=True)
    there = [
        f"{name} {schema.read(schema.Record, Path('runs', name, 'run.json')).fingerprint}\n"
        for name in names
        if name not in missing
    ]
    write_text(SENT / "runs.txt", "".join(there))
    if missing:
        write_text(SENT / "missing.txt", "".join(f"{k}: {why}\n" for k, why in missing.items()))
        if LOCK.exists():
            (SENT / "again").symlink_to(Path("..", LOCK))
