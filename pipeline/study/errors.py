"""Errors for the user: one line, one exit code, no traceback."""

import os
import sys
from collections.abc import Callable

USAGE, NON_FINITE, DATA, RESOURCE, BUSY, CHECKPOINT = 2, 3, 4, 5, 6, 7


class StudyError(Exception):
    """An expected error: what is wrong, where, and what is allowed or to be done."""

    def __init__(self, message: str, code: int = USAGE):
        super().__init__(message)
        self.code = code


def ended(work: Callable[[], object]) -> None:
    """Does the work; a StudyError becomes its line on standard error and its exit code."""
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
