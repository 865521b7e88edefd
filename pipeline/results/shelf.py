"""A result in runs/<experiment>/<run>/: put there whole, and taken away only where it is ours.

    done.json    the size and the SHA-256 of every file of the result. What made it is left out:
                 work/<fingerprint>/done.json has that, and equal results have equal bytes here.

run.json goes first and comes back last: a copy that was cut short is no result. Results of older
versions have no done.json in runs/, and are taken as they are.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipeline.results import schema
from pipeline.results.files import digest, write_bytes
from pipeline.study.errors import DATA, StudyError

RECORD = "done.json"
DIVERGED = "diverged.npz"  # of a run with a diverged replica
RESULT = (
    *("run.json", "curves.csv", "samples.npz", "weights.npz"),
    *("average.npz", "snapshots.npz", DIVERGED),
)


def put(target: Path, source: Path) -> None:
    """Copies a result to runs/; files of another result of the same run go.

    source: its folder in work/. Raises StudyError or OSError if a file is not as written.
    """
    found = schema.read(schema.Done, source / RECORD)
    last = ("run.json", RECORD)
    for name in (*last, *(set(RESULT) - set(found.files))):
        (target / name).unlink(missing_ok=True)
    for name in sorted(found.files, key=last.count):
        content = (source / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != found.files[name].sha256:
            raise StudyError(f"{source / name}: has changed", DATA)
        write_bytes(target / name, content)
    schema.write(target / RECORD, replace(found, made_by=[]))


def forget_unlisted(folder: Path, listed: Iterable[str]) -> None:
    """Removes the results of runs that an experiment no longer has: they would look current.

    Only files that their own done.json or run.json names go, as they were written.
    folder: runs/<experiment>. listed: the runs that it has.
    """
    for run in set(folder.glob("*")) - {folder / name for name in listed}:
        forget(run)


def forget(run: Path) -> None:
    """Removes the result in a folder, and the folder if nothing else is in it."""
    for name in _own(run):
        (run / name).unlink(missing_ok=True)
    with suppress(OSError):  # not a folder, or not empty
        run.rmdir()


def _own(run: Path) -> list[str]:
    """The names of the files in a folder that are of the result that it says it has."""
    with suppress(StudyError, OSError):
        files = schema.read(schema.Done, run / RECORD).files
        return [n for n in RESULT if n in files and _is(run / n, files[n])] + [RECORD]
    with suppress(StudyError, OSError):
        schema.read(schema.Record, run / "run.json")
        return list(RESULT)
    return []


def verify(folder: Path, names: Iterable[str] = ()) -> None:
    """Raises StudyError where a file of a result is not what was written.

    names: those that are looked at; default: all.
    """
    if not (folder / RECORD).is_file():
        return
    found = schema.read(schema.Done, folder / RECORD).files
    for name in names or found:
        if name in found and not _is(folder / name, found[name]):
            raise StudyError(
                f"{folder / name}: lost or changed since it was written; run stage train again",
                DATA,
            )


def _is(file: Path, stated: schema.File) -> bool:
    try:
        return file.stat().st_size == stated.bytes and digest(file) == stated.sha256
    except OSError:
        return False
