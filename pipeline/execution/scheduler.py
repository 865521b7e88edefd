"""The order in which units are trained: several side by side, the longest first.

Where fewer units are left than cores, the one that has most left to do is stopped at a checkpoint
and split at its chunk borders (pipeline/execution/parts.py), if it has several chunks and long
enough to go. Only whole chunks move, so no byte depends on which core was idle.
"""

import json
import selectors
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pipeline.execution import lengths, parts, processes, units
from pipeline.execution.progress import Progress
from pipeline.execution.units import Unit
from pipeline.study.errors import NON_FINITE, StudyError

WORTH = 15.0  # seconds that a unit must have left: to stop it and to begin its parts takes three


def side_by_side(
    todo: list[Unit], at_once: int, checkpoint_seconds: float, others: Sequence[Unit] = ()
) -> float:
    """Trains the units in processes, at most `at_once` at a time.

    A unit that fails stops no other: TrainersFailed is raised when all have ended. A signal ends
    them all. others: units of other experiments, trained as well. One that fails is left to the
    stage of its experiment, which trains it again and says what is wrong.
    Returns the seconds of CPU that the trainers have used.
    """
    long = longest_first([*todo, *others])
    own = {unit.fingerprint for unit in todo}
    waiting, running, spent = list[Unit](), dict[Unit, Any](), 0.0
    failed, idle = dict[Unit, int](), _Idle(running)
    with (
        Progress(long) as progress,
        selectors.DefaultSelector() as events,
        _forwarded(running) as received,
    ):
        for unit in long:
            waiting += _begun(unit, progress) or [unit]
        while waiting or running:
            while waiting and len(running) < at_once:
                unit = waiting.pop(0)
                running[unit], output = processes.start(unit, checkpoint_seconds)
                events.register(output, selectors.EVENT_READ, (unit, output))
            if len(running) < at_once and not received:
                idle.stop_one()
            for event, _ in events.select(timeout=1.0):
                unit, output = event.data
                line = output.readline()
                if line.startswith('{"cpu'):
                    spent += json.loads(line)["cpu"]
                elif line.startswith("{"):
                    progress.told(unit, **json.loads(line))
                    idle.told(unit, **json.loads(line))
                elif line:
                    progress.line(line.rstrip())
                else:
                    events.unregister(output)
                    process = running.pop(unit)
                    process.join()
                    code = 128 + received[0] if received else process.exitcode
                    if not received and idle.stopped(unit, code):
                        waiting += _split(unit, at_once - len(running), progress)
                        continue
                    if code and received:
                        _stop(running.values())
                        raise TrainerFailed(unit, code)
                    if unit.fingerprint not in own and (code or type(unit) is Unit):
                        how = f"not trained ahead, {how_ended(code)}" if code else "trained ahead"
                        progress.line(f"{unit.label}: {how} ({unit.fingerprint})")
                    elif code:
                        failed[unit] = code
                        left = f"; {n} more go on" if (n := len(running) + len(waiting)) else ""
                        progress.line(f"{unit.label}: {how_ended(code)}{left}")
                    if not code:
                        progress.ended(unit)
                        waiting[:0] = _follows(unit)
    if failed:
        raise TrainersFailed(failed)
    return spent


def _begun(unit: Unit, progress: Progress) -> list[Unit]:
    """The parts of a unit that are not yet played, where it was split before."""
    made = parts.of(unit)
    progress.split(unit, made)
    return [part for part in made if not parts.is_played(part)]


def _split(unit: Unit, cores: int, progress: Progress) -> list[Unit]:
    """The parts of a unit for so many cores; the unit where it has but one."""
    with units.alone(unit):
        made = parts.split(unit, cores)
    progress.split(unit, made)
    return [*made] or [unit]


def _follows(unit: Unit) -> list[Unit]:
    """What comes after a unit or a part: after the last part the unit, which joins them."""
    if isinstance(unit, parts.Part):
        whole = unit.whole
        return [] if any(not parts.is_played(part) for part in parts.of(whole)) else [whole]
    lengths.note(unit)
    return []


class _Idle:
    """Finds what a core that has nothing to do could take over."""

    def __init__(self, running: dict[Unit, Any]):
        self.running, self.asked = running, set[Unit]()
        self.left = dict[Unit, float]()  # seconds
        self.chunks = dict[Unit, int]()

    def told(self, unit: Unit, round: int, images: int) -> None:
        """Notes what a trainer tells. images: per second."""
        each = unit.run.train.batch * unit.replicas
        self.left[unit] = (unit.run.train.rounds - round) * each / max(images, 1)

    def stop_one(self) -> None:
        """Asks the unit with most to do for a checkpoint and its end, if it is worth it."""
        able = [u for u in self.running if self.left.get(u, 0.0) > WORTH and type(u) is Unit]
        for unit in sorted(able, key=lambda u: -self.left[u]):
            if unit not in self.chunks:
                self.chunks[unit] = len(parts.borders(unit))
            if self.chunks[unit] > 1:
                if unit not in self.asked:
                    self.asked.add(unit)
                    self.running[unit].terminate()
                return

    def stopped(self, unit: Unit, code: int) -> bool:
        """Whether a trainer has ended because it was asked to, before its unit was done."""
        asked = unit in self.asked
        self.asked.discard(unit)
        self.left.pop(unit, None)  # the trainer that joins its parts has nothing left to give
        return asked and code in (128 + signal.SIGTERM, -signal.SIGTERM)


class TrainerFailed(StudyError):
    """A trainer that failed; it has printed why on standard error, unless it was killed."""

    def __init__(self, unit: Unit, code: int):
        again = "" if code == NON_FINITE else "; run again to go on"  # it would fail as before
        said = f"{unit.label}: its trainer {how_ended(code)}{again}"
        super().__init__(said, 128 - code if code < 0 else code)


class TrainersFailed(StudyError):
    """The trainers that failed while others went on to their ends."""

    def __init__(self, failed: Mapping[Unit, int]):
        each = [TrainerFailed(unit, code) for unit, code in failed.items()]
        self.fingerprints = {unit.fingerprint for unit in failed}
        super().__init__("\n".join(map(str, each)), each[0].code)


def how_ended(code: int) -> str:
    """What an exit code of a trainer means; -n: by signal n."""
    code = 128 - code if code < 0 else code
    if code == 128 + signal.SIGKILL:
        return "was killed (out of memory?)"
    return {130: "was interrupted", 143: "was ended"}.get(code, f"failed with exit code {code}")


def longest_first(units: Sequence[Unit]) -> dict[Unit, float]:
    """How long each unit will train, about, in s: the longest must not be the last one, alone."""
    known = lengths.paces()
    long = {unit: lengths.seconds(unit, known) for unit in units}
    return dict(sorted(long.items(), key=lambda item: -item[1]))


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
