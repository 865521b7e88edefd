"""The wall time of each stage's last execution, and of each run's training.

writes  work/times.json                    stage: seconds
        work/<fingerprint>/seconds.json    of the run's training, over all interruptions

Kept outside DVC's outs, because a time is not a result: it differs between executions.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.results.files import read_json, write_json
from pipeline.study.errors import StudyError


def file() -> Path:
    return Path(os.environ.get("DVC_ROOT", "."), "work", "times.json")


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Records the wall time of a stage that succeeds."""
    began = time.perf_counter()
    yield
    write_json(file(), known() | {stage: round(time.perf_counter() - began, 2)})


def known() -> dict[str, float]:
    """The seconds of each stage's last execution; empty if the file cannot be read."""
    try:
        found = read_json(file())
        return {str(stage): float(seconds) for stage, seconds in found.items()}
    except (StudyError, AttributeError, TypeError, ValueError):
        return {}


@contextmanager
def trained(folder: Path) -> Iterator[None]:
    """Adds the wall time of a training to that in its folder, however the training ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        spent = (training_seconds(folder) or 0.0) + time.perf_counter() - began
        with suppress(StudyError):  # a time is not a result: no training fails because of it
            write_json(folder / "seconds.json", {"seconds": round(spent, 2)})


def training_seconds(folder: Path) -> float | None:
    """The wall seconds of the training in a folder of the work store; None if unknown."""
    try:
        return float(read_json(folder / "seconds.json")["seconds"])
    except (StudyError, KeyError, TypeError, ValueError):
        return None


def tell(experiments: list[str]) -> None:
    """Prints every stage's wall time in the pipeline's order, and their sum."""
    stages = ["prepare", "sources"]
    stages += [f"{stage} {e}" for stage in ("train", "evaluate") for e in experiments]
    seconds = known()
    table = Table(title="Wall time of each stage when it last ran", title_justify="left")
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    stages += ["claims", "report", "track"]
    rows = [(s, seconds[s]) for s in stages if s in seconds]
    for stage, took in rows:
        table.add_row(stage, f"{took:.1f}")
    table.add_section()
    table.add_row("together", f"{sum(took for _, took in rows):.1f}")
    Console(highlight=False).print(table)
