"""Runs as units of work, known by what decides their result.

A unit's fingerprint is the SHA-256 of its resolved params, the digest of its data and the
hash of the code that it runs. Its folder is work/<fingerprint>/: outside DVC's outs, which
DVC deletes before a stage starts, and deaf to a run's name, so that two experiments that
share a run train it once. A folder is done when its `done.json`, written last, holds the
SHA-256 of every file of the result; then the run is collected, not trained again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.execution.code_hash import training_code
from pipeline.results import lock
from pipeline.results.files import digest, read_json, write_bytes, write_json
from pipeline.study import reader
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Run, Study

FORMAT = 1  # of a unit's files; a new number trains everything anew
RESULT = ("run.json", "curves.csv", "samples.npz", "weights.npz", "snapshots.npz")
REPAID = 50_000  # rounds
WAIT = 3600  # seconds that a trainer waits for another that holds the same unit


@dataclass(frozen=True, eq=False)
class Unit:
    """One run, and all that decides its result."""

    experiment: str
    name: str
    run: Run
    dataset: Any  # of pipeline/datasets
    data_digest: str
    code: str
    device: str
    threads: int
    chunk: int
    compiled: bool

    @property
    def label(self) -> str:
        return f"{self.experiment}.{self.name}"

    @property
    def record(self) -> dict:
        """What decides the result, as JSON; run.json is this and what was found out."""
        return {
            "format": FORMAT,
            "code": self.code,
            "model": self.run.model,
            "arguments": self.run.arguments,
            "data": {
                "name": self.run.data,
                "digest": self.data_digest,
                "shape": list(self.dataset.shape),
            },
            "train": self.run.train.model_dump(mode="json"),
            "device": self.device,
            "threads": self.threads,
            "chunk": self.chunk,
            "compiled": self.compiled,
        }

    @property
    def fingerprint(self) -> str:
        text = json.dumps(self.record, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def folder(self) -> Path:
        return place(self.fingerprint)


def place(fingerprint: str) -> Path:
    """A unit's folder in the work store: $DSTAR_WORK, or work/ beside dvc.yaml."""
    store = os.environ.get("DSTAR_WORK") or Path(os.environ.get("DVC_ROOT", "."), "work")
    return Path(store, fingerprint)


def device_of(wanted: str) -> str:
    """The device that `device` of params.yaml means here: "cpu", "cuda" or "cuda:N"."""
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda"):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = int(wanted.partition(":")[2] or 0)
        if index >= count:
            raise StudyError(
                f"{reader.FILE}: device: {wanted} is not here ({count} CUDA devices seen); "
                "allowed: auto, cpu"
            )
    return wanted


def compiled(wanted: str, device: str, rounds: int) -> bool:
    """What `compile` of params.yaml means for a run.

    auto: always on a GPU. On a CPU where it repays: traced steps of small networks take about a
    millisecond longer than compiled ones, and compiling takes 13 to 16 s, or 2.5 s from the cache.
    """
    return wanted == "always" or (wanted == "auto" and (device != "cpu" or rounds >= REPAID))


def units(settings: Study, experiment: str) -> list[Unit]:
    """The units of one experiment, in the order of params.yaml."""
    if experiment not in settings.experiments:
        raise StudyError(
            f"{reader.FILE}: experiment {experiment!r} is unknown; "
            f"allowed: {', '.join(settings.experiments)}"
        )
    device = device_of(settings.device)
    found = []
    for name, run in settings.experiments[experiment].runs.items():
        file = Path("data", f"{run.data}.npz")
        if not file.is_file():
            raise StudyError(f"{file}: no such file; run `python -m pipeline prepare`", DATA)
        found.append(
            Unit(
                experiment=experiment,
                name=name,
                run=run,
                dataset=settings.data[run.data],
                data_digest=digest(file),
                code=training_code(run.model),
                device=device,
                threads=settings.threads,
                chunk=settings.chunk,
                compiled=compiled(settings.compile, device, run.train.rounds),
            )
        )
    return found


def is_done(unit: Unit) -> bool:
    """Whether the unit's result is whole: every file there, every byte as it was written."""
    try:
        hashes = read_json(unit.folder / "done.json")["files"]
        return set(hashes) == set(result_files(unit.folder)) and all(
            digest(unit.folder / name) == sha for name, sha in hashes.items()
        )
    except (StudyError, OSError, KeyError):
        return False


def result_files(folder: Path) -> list[str]:
    """Which files of a result are there: samples.npz and snapshots.npz are not of every run."""
    return [name for name in RESULT if (folder / name).is_file()]


def finish(unit: Unit) -> None:
    """Declares the unit done and drops what only an unfinished one needs."""
    hashes = {name: digest(unit.folder / name) for name in result_files(unit.folder)}
    write_json(unit.folder / "done.json", {"files": hashes})
    for part in (*unit.folder.glob("checkpoint-*.npz"), *unit.folder.glob("snapshot-*.npz")):
        part.unlink()


def collect(unit: Unit, runs: Path | str = "runs") -> None:
    """Puts the result of a unit that is done where DVC and the later stages look for it."""
    target = Path(runs, unit.experiment, unit.name)
    shutil.rmtree(target, ignore_errors=True)
    for name in result_files(unit.folder):
        write_bytes(target / name, (unit.folder / name).read_bytes())


@contextmanager
def alone(unit: Unit) -> Iterator[None]:
    """Holds the unit's folder: one trainer at a time, whoever else still lives.

    The lock goes with the process, however that ends, so a folder cannot stay locked.
    """

    def tell() -> None:
        print(f"{unit.label}: another process trains this run; waiting", flush=True)

    with lock.alone(unit.folder / "lock", WAIT, tell):
        yield
