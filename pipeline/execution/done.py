"""The done record of a unit: every file that its result promises, whole, and what made them.

    work/<fingerprint>/done.json    fingerprint, files: {name: {sha256, bytes}}, made_by: a list of
                                    from_round, versions (python, torch, numpy) and machine

The run decides which files are promised. The record is written last, after each file has been
read back, and a result is taken for done only while each has the size and the SHA-256 that the
record states. A run that was interrupted and went on elsewhere has several makers.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pipeline import models
from pipeline.execution.units import Unit
from pipeline.results import schema
from pipeline.results.files import digest, read_npz, write_bytes
from pipeline.study.errors import DATA, StudyError

RECORD = "done.json"
DIVERGED = "diverged.npz"  # of a run in which a replica stands still
RESULT = (
    *("run.json", "curves.csv", "samples.npz", "weights.npz"),
    *("average.npz", "snapshots.npz", DIVERGED),
)


class NotWhole(StudyError):
    """A file of a result that is missing, cut short or changed."""

    def __init__(self, file: Path, what: str):
        super().__init__(f"{file}: {what}", DATA)


def promised(unit: Unit, diverged: bool) -> list[str]:
    """The files that the result of a unit consists of.

    diverged: whether a replica stands still.
    """
    left_out = set() if diverged else {DIVERGED}
    if not unit.run.train.snapshots:
        left_out.add("snapshots.npz")
    if not hasattr(models.kind(unit.run.model), "sample"):
        left_out.add("samples.npz")
    if not unit.run.train.average:
        left_out.add("average.npz")
    return [name for name in RESULT if name not in left_out]


def finish(unit: Unit, diverged: bool, written: Mapping[str, str], made_by: list[dict]) -> None:
    """Declares the unit done and drops what only an unfinished one needs.

    diverged: whether a replica stands still.
    written: the SHA-256 of files as their writer knows it, by name.
    made_by: the versions and machines that had a part, each with the round from which on.
    """
    files = {}
    for name in promised(unit, diverged):
        file = unit.folder / name
        try:
            sha = digest(file)
            _read_back(unit, file)
        except (StudyError, OSError) as error:
            raise NotWhole(file, f"is not there or not sound ({error})") from error
        if written.get(name, sha) != sha:
            raise NotWhole(file, "is not what this training has written")
        files[name] = schema.File(sha, file.stat().st_size)
    makers = [schema.Maker(**part) for part in made_by]
    schema.write(unit.folder / RECORD, schema.Done(unit.fingerprint, files, makers))
    for part in (*unit.folder.glob("checkpoint-*.npz"), *unit.folder.glob("snapshot-*.npz")):
        part.unlink(missing_ok=True)


def _read_back(unit, file):
    if file.suffix == ".npz":
        read_npz(file)
    elif file.suffix == ".json":
        found = schema.read(schema.Record, file).fingerprint
        if found != unit.fingerprint:
            raise StudyError(f"{file}: of another run", DATA)


def record(unit: Unit) -> dict | None:
    """The done record of a unit, or None where the result is not whole."""
    try:
        found = asdict(schema.read(schema.Done, unit.folder / RECORD))
        run = schema.read(schema.Record, unit.folder / "run.json")
        whole = (
            found["fingerprint"] == unit.fingerprint
            and bool(found["made_by"])
            and set(found["files"]) == set(promised(unit, bool(run.diverged)))
            and all(_is_whole(unit, name, stated) for name, stated in found["files"].items())
        )
    except (StudyError, OSError):
        return None
    return found if whole else None


def is_done(unit: Unit) -> bool:
    """Whether the unit's result is whole: every file promised, every byte as it was written."""
    return record(unit) is not None


def _is_whole(unit, name, stated):
    file = unit.folder / name
    return file.stat().st_size == stated["bytes"] and digest(file) == stated["sha256"]


def collect(unit: Unit, runs: Path | str = "runs") -> dict:
    """Puts a whole result where DVC and the later stages look for it, and returns its record.

    The bytes that are put there are those that were checked. Raises NotWhole.
    """
    found = record(unit)
    if found is None:
        raise NotWhole(unit.folder, "the result is not whole")
    target = Path(runs, unit.experiment, unit.name)
    for name in set(RESULT) - set(found["files"]):
        (target / name).unlink(missing_ok=True)
    for name, stated in found["files"].items():
        content = (unit.folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != stated["sha256"]:
            raise NotWhole(unit.folder / name, "has changed")
        write_bytes(target / name, content)
    return found
