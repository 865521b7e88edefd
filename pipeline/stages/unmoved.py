"""The study as a stage reads it at its start, and whether that still stands at its end.

DVC hashes what a stage depends on after the stage has ended. Were params.yaml edited meanwhile,
dvc.lock would hold the new number beside a result of the old one, and the next `dvc repro` would
find nothing changed. So a stage works on what it has read at its start, and fails at its end if
that is other now: DVC then records nothing, and the next call makes what has changed.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.results.files import digest
from pipeline.stages import check
from pipeline.study import reader
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Study


@contextmanager
def study(
    decides: Callable[[Study], Any], files: Callable[[Study], Iterable[Path]] = lambda _: ()
) -> Iterator[Study]:
    """The study in params.yaml; raises StudyError at the end if what decides has changed.

    decides: what of params.yaml decides the stage's result, to be compared with ==.
    files: what it reads beside.
    """
    params = _digest(Path(reader.FILE))
    settings = check.study()
    known, before = decides(settings), _digests(files(settings))
    yield settings
    moved = []
    if _digest(Path(reader.FILE)) != params:
        try:
            same = decides(check.study()) == known
        except StudyError:  # it is being edited
            same = False
        moved = [] if same else [reader.FILE]
    after = _digests(files(settings))
    moved += [str(f) for f in sorted({*before, *after}) if before.get(f) != after.get(f)]
    if moved:
        told = ", ".join(moved[:3]) + (f" and {len(moved) - 3} more" if len(moved) > 3 else "")
        raise StudyError(
            f"{told}: changed while this stage ran, which has used it as it was before; "
            "run the stage again",
            DATA,
        )


def _digests(files):
    return {file: _digest(file) for file in files}


def _digest(file):
    """The SHA-256 of a file; None where there is none."""
    try:
        return digest(file)
    except OSError:
        return None
