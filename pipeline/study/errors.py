"""Errors for the user: one line, one exit code, no traceback.

An error that nobody foresaw is told in four lines: pipeline/study/unforeseen.py.
"""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterable
from importlib import import_module

from pipeline.study import unforeseen

USAGE, NON_FINITE, DATA, RESOURCE, BUSY, CHECKPOINT, BUG = 2, 3, 4, 5, 6, 7, 70
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# As Torch's two allocators and NumPy's say it.
ASKED = re.compile(r"[Tt]ried to allocate ([\d.]+ \w+)|Unable to allocate ([\d.]+ \w+)")
FREE = re.compile(r"of which ([\d.]+ \w+) is free")
LOWER = "lower chunk, batch, samples, processes or the number of seeds in params.yaml"


class StudyError(Exception):
    """An expected error: what is wrong, where, and what is allowed or to be done."""

    def __init__(self, message: str, code: int = USAGE):
        super().__init__(message)
        self.code = code

    @classmethod
    def of(cls, lines: Iterable[str], code: int = USAGE) -> "StudyError":
        """An error of several lines, each of which stays one, whatever a file has in its names."""
        return cls("\n".join(map(on_one_line, lines)), code)


def on_one_line(text: str) -> str:
    """The text with what a terminal would not show as a letter, an end of line say, escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def ended(work: Callable[[], object]) -> None:
    """Does the work; an error becomes its lines on standard error and its exit code."""
    try:
        work()
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if (known := known_as(error)) is None:
            print(f"error[{BUG}]: " + "\n  ".join(unforeseen.told(error)), file=sys.stderr)
            sys.exit(BUG)
        for line in str(known).splitlines():
            print(f"error[{known.code}]: {line}", file=sys.stderr)
        sys.exit(known.code)


def known_as(error: Exception) -> StudyError | None:
    """An error as the user is told of it; None for one that nobody has foreseen."""
    if isinstance(error, StudyError):
        return error
    said = str(error)
    if isinstance(error, OSError) and error.errno in FULL:
        where = error.filename or "a file"
        return StudyError(f"{where}: cannot be written ({os.strerror(error.errno)})", RESOURCE)
    # Of an old package names are missing. Imported by name, for that file imports this one.
    lacking = import_module("pipeline.study.requirements").lacking
    if isinstance(error, ImportError | AttributeError) and (lines := lacking()):
        return StudyError.of(lines)
    asked = ASKED.search(said)
    if not (isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and asked)):
        return None
    # Torch's error for a GPU and for the CPU are RuntimeErrors.
    size = next(filter(None, asked.groups())) if asked else ""
    told = f"{_readable(size)} were asked for" if size else ""
    if free := FREE.search(said):
        told += f" and {free[1]} are free"
    told = f" ({told})" if told else ""
    return StudyError(f"out of memory{told}; {LOWER}", RESOURCE)


def _readable(size: str) -> str:
    """A number of bytes in GiB; another unit as it is."""
    count, unit = size.split()
    return f"{int(count) / 2**30:.1f} GiB" if unit == "bytes" else size
