"""The driver: has jobs done by tasks of a cluster, each again as long as it gets further.

A job is begun anew where its task was lost: a worker killed, a node gone, an object that could not
be stored. What the driver has received by then is where the next task begins. A job has failed
after TRIES attempts in a row that brought nothing, or if its task says so: it would fail again.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import ray
from ray.exceptions import RayError

from pipeline.cluster.link import Link
from pipeline.cluster.pieces import Message
from pipeline.study.errors import BUSY, RESOURCE, StudyError

TRIES = 5  # attempts in a row that bring nothing new
PAUSE = 1.0  # seconds before a job is begun again
SILENCE = 30.0  # seconds without a message after which one line says what is waited for
IN_FLIGHT = 2  # tasks that are handed to Ray, for each that can run at once


class Job(Protocol):
    """What the driver must know of a job."""

    label: str
    reached: int  # grows with what need not be done again
    over: bool  # whether all is here

    def start(self, link: Link) -> Any: ...
    def take(self, message: Message, where: str) -> None: ...
    def failed(self, error: StudyError) -> None: ...
    def lost(self) -> None: ...


class Attempt:
    """A job's task: where it runs, and why it ended."""

    def __init__(self, job: Job):
        self.job, self.node, self.where, self.why = job, "", "the cluster", ""
        self.refused = False


class Driver:
    """Has jobs done; `add` more of them at any time."""

    def __init__(self, link: Link, tell: Callable[[str], None]):
        """tell: prints a line."""
        self.link, self.tell = link, tell
        self.waiting: list[Job] = []
        self.running: dict[Any, Attempt] = {}
        self.tries: dict[int, tuple[int, int]] = {}  # by job: what it had reached, attempts since
        self.later: list[tuple[float, Job]] = []
        self.ended: list[Job] = []
        self.cpu = 0.0  # seconds, of all tasks
        self.heard = time.monotonic()

    def add(self, job: Job) -> None:
        self.waiting.append(job)

    def run(self) -> Iterator[Job]:
        """Yields each job when all of it is here, or it has failed. SIGINT and SIGTERM end it."""
        with _noted() as received:
            while self.waiting or self.running or self.later:
                if received:
                    code = 128 + received[0]
                    how = "interrupted" if code == 130 else "ended"
                    raise StudyError(f"cluster: {how}; run again to go on", code)
                self._fill()
                self._listen()
                while self.ended:
                    yield self.ended.pop(0)

    def _fill(self):
        now = time.monotonic()
        self.waiting += [job for due, job in self.later if due <= now]
        self.later = [(due, job) for due, job in self.later if due > now]
        most = IN_FLIGHT * self.link.slots() if self.waiting else 0
        while self.waiting and len(self.running) < most:
            job = self.waiting.pop(0)
            try:
                self.running[job.start(self.link)] = Attempt(job)
            except RayError as error:
                self._lost(Attempt(job), error)
            except StudyError as error:
                if error.code != BUSY:
                    raise
                self.later.append((now + PAUSE, job))

    def _listen(self):
        """Takes what has come within a second."""
        if not self.running:
            time.sleep(0.1)
            return
        ready, _ = ray.wait(list(self.running), num_returns=1, timeout=1.0)
        self._say_what_is_waited_for(bool(ready))
        generator: Any
        for generator in ready:
            attempt = self.running[generator]
            job = attempt.job
            try:
                self._take(attempt, ray.get(next(generator)))
            except StopIteration:
                del self.running[generator]
                if job.over:
                    self.tries.pop(id(job), None)
                    self.ended.append(job)
                elif attempt.refused:
                    job.lost()
                    self.waiting.insert(0, job)
                else:
                    self._lost(attempt, None)
            except (RayError, OSError, Damaged) as error:
                with suppress(RayError, ValueError):
                    ray.cancel(generator)  # it may have lost an object and go on
                del self.running[generator]
                self._lost(attempt, error)

    def _take(self, attempt, message):
        job = attempt.job
        if "node" in message:
            attempt.node, attempt.where = message["node"], message["where"]
            self.link.first = self.link.first or message["device"]
        elif "refused" in message:
            attempt.refused = True
            if attempt.node not in self.link.refused:
                line = self.link.refuse(attempt.node, attempt.where, message["refused"])
                self.tell(f"warning: {line}")
        elif "line" in message:
            self.tell(message["line"])
        elif "failed" in message:
            job.failed(StudyError(message["failed"], message["code"]))
        else:
            self.cpu += message.get("cpu", 0.0)
            job.take(message, attempt.where)

    def _lost(self, attempt, error):
        """Begins a job anew, unless too many attempts in a row have brought nothing."""
        job, why = attempt.job, "its task ended early"
        if error is not None:
            said = str(error).strip().splitlines() or [""]
            in_task = type(error).__name__.startswith("RayTask")  # then the cause comes last
            why = said[-1] if in_task else f"{type(error).__name__}: {said[0]}"
        why = why[:200]
        reached, tries = self.tries.get(id(job), (job.reached, 0))
        tries = 1 if job.reached > reached else tries + 1
        self.tries[id(job)] = job.reached, tries
        job.lost()
        if tries >= TRIES:
            line = f"{tries} attempts on the cluster have brought nothing"
            told = f"{job.label}: {line}; the last, on {attempt.where}: {why}"
            job.failed(StudyError(told, RESOURCE))
            self.ended.append(job)
            return
        self.tell(f"{job.label}: lost on {attempt.where} ({why}); it is begun again")
        self.later.append((time.monotonic() + PAUSE, job))

    def _say_what_is_waited_for(self, heard):
        now = time.monotonic()
        if heard:
            self.heard = now
        elif now - self.heard > SILENCE:
            self.heard = now
            threads = self.link.settings.threads
            self.tell(
                f"cluster: {len(self.running)} tasks wait, {len(self.link.able())} nodes may run "
                f"them; each needs {threads} CPU and {self.link.device}"
            )


class Damaged(StudyError):
    """What a task has sent is not what it says it is."""


@contextmanager
def _noted() -> Iterator[list[int]]:
    """Notes SIGINT and SIGTERM, which else would end Ray's driver in the middle of a file."""
    received: list[int] = []
    numbers = signal.SIGINT, signal.SIGTERM
    before = {n: signal.signal(n, lambda number, _: received.append(number)) for n in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
