"""The training of units on a cluster: jobs of wholes and of parts, and their files in work/.

What a task sends stands in the unit's folder as if it had been trained here: checkpoints with all
that belongs to them, and at the end the result, checked by SHA-256. So a driver that was killed
goes on from there, with a cluster or without. A unit that is longer than its share of the work is
split at its chunk borders (pipeline/execution/parts.py); its parts are joined here, and a task
makes the result of it.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from math import ceil
from pathlib import Path
from typing import Any

from pipeline.cluster import driver
from pipeline.cluster.link import Link
from pipeline.cluster.pieces import Inbox, Message
from pipeline.execution import done, lengths, parts, scheduler, times
from pipeline.execution.progress import Progress
from pipeline.execution.units import WAIT, Unit
from pipeline.results import lock
from pipeline.study.errors import BUSY, StudyError
from pipeline.study.schema import Study

SHORT = 2.0  # seconds of training that a part has at least: to begin one takes about one
BELONG = ("curves.csv", "snapshot-*.npz", "checkpoint-*.npz")


class Training:
    """A unit, or a part of one, that a task trains."""

    def __init__(self, unit: Unit, progress: Progress):
        self.unit, self.progress, self.label = unit, progress, unit.label
        self.inbox, self.held, self.over = Inbox(unit.folder), ExitStack(), False
        self.reached = 0
        self.error: StudyError | None = None

    def start(self, link: Link) -> Any:
        """Starts its task, with the state that is here; its folder is nobody else's meanwhile."""
        unit = self.unit
        self.held.enter_context(lock.alone(unit.folder / "lock", 0.0))
        data = f"data/{unit.run.data}.npz"
        files = {data: link.keep(Path(data))}
        for kind in BELONG:
            for file in sorted(unit.folder.glob(kind))[-1 if "check" in kind else 0 :]:
                files[f"folder/{file.name}"] = link.put(file)
        modules = [f"pipeline.models.{unit.run.model}"]
        return link.start("train", self.label, modules, unit, files)

    def take(self, message: Message, where: str) -> None:
        if "file" in message:
            try:
                self.inbox.take(message)
            except StudyError as error:
                raise driver.Damaged(str(error)) from None
        elif "saved" in message:
            self.inbox.prune()
            self.reached = max(self.reached, message["saved"])
        elif "round" in message:
            self.progress.told(self.unit, **message, where=where)
        elif "trained" in message:
            times.add(self.unit.folder, message["trained"])
        elif "done" in message:
            part = isinstance(self.unit, parts.Part)
            self.over = parts.is_played(self.unit) if part else done.is_done(self.unit)
            if self.over:
                self.held.close()

    def failed(self, error: StudyError) -> None:
        self.error, self.over = error, True
        self.held.close()

    def lost(self) -> None:
        self.held.close()
        self.inbox = Inbox(self.unit.folder)


def side_by_side(
    todo: Sequence[Unit], settings: Study, address: str, others: Sequence[Unit] = ()
) -> float:
    """Trains the units on a cluster, as pipeline/execution/scheduler.py does with processes.

    Returns the seconds of CPU that the tasks have used.
    """
    long = scheduler.longest_first([*todo, *others])
    own, failed = {unit.fingerprint for unit in todo}, dict[Unit, int]()
    with (
        Progress(long) as progress,
        Link(settings, address, next(iter(long)).device.partition(":")[0]) as link,
    ):
        run = driver.Driver(link, progress.line)
        progress.line(_seen(link, len(long)))
        share = sum(long.values()) / link.slots()
        for unit, seconds in long.items():
            for each in _pieces(unit, _count(seconds, share), progress):
                run.add(Training(each, progress))
        for job in run.run():
            assert isinstance(job, Training)
            unit = job.unit
            if job.error:
                progress.line(str(job.error))
                if unit.fingerprint in own:
                    failed[unit] = job.error.code
                else:
                    progress.line(f"{unit.label}: not trained ahead ({unit.fingerprint})")
                continue
            progress.ended(unit)
            if isinstance(unit, parts.Part):
                if _joined(unit.whole):
                    run.add(Training(unit.whole, progress))
                continue
            done.tidy(unit)
            parts.forget(unit)
            lengths.note(unit)
            if unit.fingerprint not in own:
                progress.line(f"{unit.label}: trained ahead ({unit.fingerprint})")
    if failed:
        raise scheduler.TrainersFailed(failed)
    return run.cpu


def _seen(link, count):
    nodes = [n for n in link.nodes() if n["Resources"].get("CPU")]
    cpus = sum(int(n["Resources"]["CPU"]) for n in nodes)
    return f"cluster: {len(nodes)} nodes, {cpus} CPUs; {count} runs to train"


def _count(seconds: float, share: float) -> int:
    """How many parts a unit is worth: none is longer than an even share of all work."""
    return ceil(min(seconds / max(share, 1e-9) - 0.25, seconds / SHORT))


def _pieces(unit: Unit, count: int, progress: Progress) -> list[Unit]:
    """The parts of a unit that are still to be played, or the unit itself."""
    try:
        with lock.alone(unit.folder / "lock", 0.0):
            made = parts.of(unit) or parts.split(unit, count)
            left = [part for part in made if not parts.is_played(part)]
            if not left:
                parts.join(unit)
    except StudyError as error:
        if error.code != BUSY:
            raise
        return [unit]  # another process trains it; its task waits
    progress.split(unit, made)
    return [*left] or [unit]


def _joined(whole: Unit) -> bool:
    """Joins the parts of a unit if all are played."""
    with lock.alone(whole.folder / "lock", WAIT):
        if not all(parts.is_played(part) for part in parts.of(whole)):
            return False
        parts.join(whole)
        return True
