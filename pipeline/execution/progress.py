"""The progress of the trainers: bars on a terminal, occasional plain lines elsewhere."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

PLAIN_SECONDS = 10.0  # between two plain lines of one run
BARS = 12  # of more units, only those in training are shown


class Progress:
    """Rounds, replicas, images per second and time left of each unit in training."""

    def __init__(self, units):
        console = Console(file=sys.stderr)
        self.bars, self.few = None, len(units) <= BARS
        if console.is_terminal and units:
            self.bars = Bars(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("rounds  {task.fields[replicas]} replicas  {task.fields[images]:,}"),
                TextColumn("images/s {task.fields[where]} "),
                TimeRemainingColumn(),
                console=console,
            )
        self.tasks, self.last = {}, {}
        for unit in units:
            self._add(unit, self.few)

    def _add(self, unit, visible):
        self.last[unit] = time.monotonic() - PLAIN_SECONDS + 2.0
        if self.bars:
            fields = {"replicas": unit.replicas, "images": 0, "where": ""}
            self.tasks[unit] = self.bars.add_task(
                unit.label, total=unit.run.train.rounds, visible=visible, **fields
            )

    def __enter__(self):
        if self.bars:
            self.bars.start()
        return self

    def __exit__(self, *_):
        if self.bars:
            self.bars.stop()

    def told(self, unit, round, images, where=""):
        """Reports a unit's round, or a part's. images: per second, over all its replicas.

        where: the node of a cluster that trains it.
        """
        if unit not in self.last:
            self._add(unit, True)
        on = where and f"on {where}"
        if self.bars:
            told = {"completed": round, "images": images, "where": on, "visible": True}
            self.bars.update(self.tasks[unit], **told)
            return
        replicas, rounds = unit.replicas, unit.run.train.rounds
        now = time.monotonic()
        if round < rounds and now - self.last[unit] >= PLAIN_SECONDS:
            self.last[unit] = now
            each = unit.run.train.batch * replicas
            left = (rounds - round) * each / max(images, 1)
            self.line(
                f"{unit.label}: round {round:,} of {rounds:,}, {replicas} replicas, "
                f"{images:,} images/s{on and f' {on}'}, {left // 60:.0f}:{left % 60:02.0f} left"
            )

    def ended(self, unit):
        """A unit is done, or a part played."""
        if self.bars and unit in self.tasks:
            total = unit.run.train.rounds
            self.bars.update(self.tasks[unit], completed=total, visible=self.few)

    def line(self, text):
        """Prints a line of text, above the bars if there are any."""
        if self.bars:
            self.bars.console.print(text, highlight=False)
        else:
            print(text, flush=True)
