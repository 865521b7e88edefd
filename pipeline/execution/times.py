"""The time of each stage's last execution, and of each run's training.

writes  work/times.json                    stage: seconds on the wall, seconds of CPU
        work/<fingerprint>/seconds.json    of the run's training, over all interruptions

Kept outside DVC's outs, because a time is not a result: it differs between executions.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from rich.console import Console
from rich.table import Table

from pipeline.results.files import read_json, write_json
from pipeline.study.errors import StudyError

WHO = (RUSAGE_SELF, RUSAGE_CHILDREN)
SLOWEST = 3  # stages that are named in short


@dataclass(frozen=True)
class Spent:
    """The time of a stage: seconds on the wall, and seconds of CPU of all its processes."""

    seconds: float
    cpu: float


def file() -> Path:
    return Path(os.environ.get("DVC_ROOT", "."), "work", "times.json")


@contextmanager
def timed(stage: str) -> Iterator[list[float]]:
    """Records the time of a stage that succeeds.

    Yields a list, for seconds of CPU of processes that are not the stage's own children.
    """
    began, elsewhere = time.perf_counter(), list[float]()
    yield elsewhere
    used = sum(getrusage(who).ru_utime + getrusage(who).ru_stime for who in WHO) + sum(elsewhere)
    took = time.perf_counter() - began
    spent = {name: found.__dict__ for name, found in known().items()}
    write_json(file(), spent | {stage: {"seconds": round(took, 2), "cpu": round(used, 2)}})


def known() -> dict[str, Spent]:
    """The times of each stage's last execution; empty if the file cannot be read."""
    try:
        found = read_json(file()).items()
        return {str(s): Spent(float(t["seconds"]), float(t["cpu"])) for s, t in found}
    except (StudyError, AttributeError, KeyError, TypeError, ValueError):
        return {}


@contextmanager
def trained(folder: Path) -> Iterator[None]:
    """Adds the wall time of a training to that in its folder, however the training ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        add(folder, time.perf_counter() - began)


def add(folder: Path, seconds: float) -> None:
    """Adds seconds of training to those in a folder of the work store."""
    spent = (training_seconds(folder) or 0.0) + seconds
    with suppress(StudyError):  # a time is not a result: no training fails because of it
        write_json(folder / "seconds.json", {"seconds": round(spent, 2)})


def training_seconds(folder: Path) -> float | None:
    """The wall seconds of the training in a folder of the work store; None if unknown."""
    try:
        return float(read_json(folder / "seconds.json")["seconds"])
    except (StudyError, KeyError, TypeError, ValueError):
        return None


def tell(experiments: list[str], machine: str, cores: int) -> None:
    """Prints every stage's time in the pipeline's order, and the sums.

    Idle is the share of the cores' seconds in which the stage did not compute:
    1 - CPU seconds / (cores × seconds). machine: its name.
    """
    title = f"Time of each stage when it last ran, on {cores} cores of {machine}"
    table = Table(title=title, title_justify="left")
    table.add_column("stage")
    for column in ("seconds", "idle"):
        table.add_column(column, justify="right")
    rows = _of(experiments)
    for stage, spent in rows.items():
        table.add_row(stage, *_told(spent, cores))
    table.add_section()
    for name, whole in _together(rows).items():
        table.add_row(f"{name} together", *_told(whole, cores))
    Console(highlight=False).print(table)


def in_short(experiments: list[str], cores: int) -> list[str]:
    """The sums in one line, and the slowest stages in another; nothing where nothing is known."""
    rows = _of(experiments)
    if not rows:
        return []
    sums = [
        f"{name} {_told(whole, cores)[0]} s ({_told(whole, cores)[1]} idle)"
        for name, whole in _together(rows).items()
        if whole.seconds
    ]
    slow = sorted(rows, key=lambda stage: -rows[stage].seconds)[:SLOWEST]
    longest = ", ".join(f"{stage} {rows[stage].seconds:.1f} s" for stage in slow)
    return [f"Time on {cores} cores: {', '.join(sums)}", f"The longest stages: {longest}"]


def _of(experiments):
    """The times of all stages that are known, in the pipeline's order."""
    stages = ["prepare", "sources"]
    stages += [f"{stage} {e}" for stage in ("train", "evaluate") for e in experiments]
    stages += ["claims", "report", "track"]
    found = known()
    return {stage: found[stage] for stage in stages if stage in found}


def _together(rows):
    """The sums over the train stages, the evaluate stages and all."""
    sums = {}
    for stage in ("train", "evaluate", ""):
        some = [spent for name, spent in rows.items() if name.startswith(stage)]
        whole = Spent(sum(t.seconds for t in some), sum(t.cpu for t in some))
        sums[stage or "all"] = whole
    return sums


def _told(spent, cores):
    """Seconds and idle share as cells of the table."""
    idle = 1 - spent.cpu / (cores * spent.seconds) if spent.seconds else 0.0
    return f"{spent.seconds:.1f}", f"{max(idle, 0.0):.0%}"
