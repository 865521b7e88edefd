"""The done record of a unit: its complete result files with their SHA-256, and what made them.

    work/<fingerprint>/done.json    fingerprint, files: {name: {sha256, bytes}}, made_by: a list of
                                    from_round, versions (python, torch, numpy) and machine

The run determines which files its result has. The record is written last, after each file has been
read back and verified. A result counts as done only while each file has the size and the SHA-256
that the record states. A run that was resumed on another machine has several entries in made_by.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pipeline import models
from pipeline.execution.units import Unit
from pipeline.results import schema, shelf
from pipeline.results.files import digest, read_npz
from pipeline.results.shelf import DIVERGED, RECORD, RESULT
from pipeline.study.errors import DATA, StudyError


class NotWhole(StudyError):
    """A result file that is missing, truncated or changed."""

    def __init__(self, file: Path, what: str):
        super().__init__(f"{file}: {what}", DATA)


def promised(unit: Unit, diverged: bool) -> list[str]:
    """The names of a unit's result files.

    diverged: whether a replica has diverged.
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
    """Declares the unit done and deletes the files that only an unfinished one needs.

    diverged: whether a replica has diverged.
    written: the SHA-256 of each file as computed by its writer, by name.
    made_by: the versions and machines, each with its first round.
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
    tidy(unit)


def tidy(unit: Unit) -> None:
    """Deletes the files that only an unfinished unit needs."""
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
    """The done record of a unit, or None if its result is incomplete."""
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
    """Whether the unit's result is complete: every file exists and has its SHA-256."""
    return record(unit) is not None


def _is_whole(unit, name, stated):
    file = unit.folder / name
    return file.stat().st_size == stated["bytes"] and digest(file) == stated["sha256"]


def collect(unit: Unit, runs: Path | str = "runs") -> dict:
    """Copies a complete result to where DVC and the later stages expect it. Returns its record.

    The copied bytes are the verified ones. Raises NotWhole if a file is missing or changed.
    """
    found = record(unit)
    if found is None:
        raise NotWhole(unit.folder, "the result is not whole")
    tidy(unit)  # whoever made it may have been killed before
    try:
        shelf.put(Path(runs, unit.experiment, unit.name), unit.folder)
    except (StudyError, OSError) as error:
        if isinstance(error, StudyError) and error.code != DATA:
            raise
        raise NotWhole(unit.folder, f"is not whole any more ({error})") from error
    return found
