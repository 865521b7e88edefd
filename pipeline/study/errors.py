"""Errors for the user: one line, one exit code, no traceback.

An error that nobody foresaw is told in four lines: pipeline/study/unforeseen.py.
"""

import os
import sys
from collections.abc import Callable

from pipeline.study import unforeseen

USAGE, NON_FINITE, DATA, RESOURCE, BUSY, CHECKPOINT, BUG = 2, 3, 4, 5, 6, 7, 70


class StudyError(Exception):
    """An expected error: what is wrong, where, and what is allowed or to be done."""

    def __init__(self, message: str, code: int = USAGE):
        super().__init__(message)
        self.code = code


def ended(work: Callable[[], object]) -> None:
    """Does the work; an error becomes its lines on standard error and its exit code."""
    try:
        work()
    except StudyError as error:
        for line in str(error).splitlines():
            print(f"error[{error.code}]: {line}", file=sys.stderr)
        sys.exit(error.code)
    except MemoryError:
        print(
            f"error[{RESOURCE}]: out of memory; use fewer seeds or a smaller batch",
            file=sys.stderr,
        )
        sys.exit(RESOURCE)
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        print(f"error[{BUG}]: " + "\n  ".join(unforeseen.told(error)), file=sys.stderr)
        sys.exit(BUG)
