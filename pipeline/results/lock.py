"""A file lock, held by one process at a time."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.study.errors import BUSY, RESOURCE, StudyError

LOOK = 0.1  # seconds between two attempts at a lock that another process holds


@contextmanager
def alone(
    path: Path, patience: float, waiting: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Holds the lock of a file while the body runs; the file and its folder are made if needed.

    The kernel releases the lock when the process ends, however it ends: none is left behind.

    path: that of the lock file. patience: seconds to wait for another process.
    waiting: called once if there is another process to wait for.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a", encoding="utf-8")  # noqa: SIM115  closed below
    except OSError as error:
        raise StudyError(f"{path}: cannot be used ({error.strerror})", RESOURCE) from error
    with file:
        deadline, told = time.monotonic() + patience, False
        while not _taken(file):
            if time.monotonic() > deadline:
                raise StudyError(f"{path}: held by another process", BUSY)
            if not told:
                waiting()
                told = True
            time.sleep(LOOK)
        yield


def _taken(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
