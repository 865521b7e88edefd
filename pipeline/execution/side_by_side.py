"""Work on trained runs, one forked process per run, since the libraries take long to load."""

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from pipeline.execution.processes import die_with_parent
from pipeline.study import reader
from pipeline.study.errors import RESOURCE, StudyError

A = TypeVar("A")
B = TypeVar("B")


def side_by_side(f: Callable[[A], B], runs: Iterable[A], at_once: int) -> Iterator[B]:
    """f of each run, in order, `at_once` at a time where the system can fork a process.

    A forked process has the libraries, which take longer to load than most runs to measure.
    """
    if at_once == 1 or sys.platform != "linux":
        yield from map(f, runs)
        return
    forked = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(at_once, forked, initializer=_obey) as pool:
        try:
            yield from pool.map(f, runs)
        except BrokenProcessPool:
            raise StudyError(
                "evaluate: a process was killed (out of memory?); run again with processes: 1 "
                f"in {reader.FILE}",
                RESOURCE,
            ) from None
        finally:  # however it ends, do not wait for runs still being measured
            for process in multiprocessing.active_children():
                process.terminate()
            pool.shutdown(cancel_futures=True)


def _obey():
    """Lets a worker process end with its parent, which alone handles Ctrl-C."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
