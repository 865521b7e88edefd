"""The order in which units are trained: several side by side, the longest first."""

import json
import selectors
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.execution import processes
from pipeline.execution.progress import Progress
from pipeline.execution.units import Unit
from pipeline.study.errors import StudyError


def side_by_side(todo: list[Unit], at_once: int, checkpoint_seconds: float) -> None:
    """Trains the units in processes, at most `at_once` at a time; a failure ends them all."""
    waiting = sorted(todo, key=_longest_first)
    running: dict = {}
    with (
        Progress(todo) as progress,
        selectors.DefaultSelector() as events,
        _forwarded(running) as received,
    ):
        while waiting or running:
            while waiting and len(running) < at_once:
                unit = waiting.pop(0)
                running[unit], output = processes.start(unit, checkpoint_seconds)
                events.register(output, selectors.EVENT_READ, (unit, output))
            for event, _ in events.select(timeout=1.0):
                unit, output = event.data
                line = output.readline()
                if line.startswith("{"):
                    progress.told(unit, **json.loads(line))
                elif line:
                    progress.line(line.rstrip())
                else:
                    events.unregister(output)
                    process = running.pop(unit)
                    process.join()
                    if code := process.exitcode:
                        _stop(running.values())
                        raise TrainerFailed(unit, 128 + received[0] if received else code)
                    progress.ended(unit)


class TrainerFailed(StudyError):
    """A trainer that failed; it has printed why on standard error, unless it was killed."""

    def __init__(self, unit: Unit, code: int):
        code = 128 - code if code < 0 else code
        how = {130: "was interrupted", 143: "was ended"}.get(code, f"failed with exit code {code}")
        if code == 128 + signal.SIGKILL:
            how = "was killed (out of memory?)"
        super().__init__(f"{unit.label}: its trainer {how}; run again to go on", code)


def _longest_first(unit):
    """Sort key: the longest unit must not be the last one, running alone."""
    return -unit.run.train.rounds * unit.run.train.batch


def _stop(processes):
    """Asks the processes to write a checkpoint and end, and waits for them."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


@contextmanager
def _forwarded(running) -> Iterator[list[int]]:
    """Forwards SIGINT and SIGTERM as SIGTERM to every trainer; the loop then sees them end."""
    received: list[int] = []

    def forward(number, _):
        received.append(number)
        for process in list(running.values()):
            process.terminate()

    before = {n: signal.signal(n, forward) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
