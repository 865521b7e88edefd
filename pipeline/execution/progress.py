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
        self.units = {unit: (len(unit.run.train.seeds), unit.run.train.rounds) for unit in units}
        console = Console(file=sys.stderr)
        self.bars = None
        self.few = few = len(units) <= BARS
        if console.is_terminal and units:
            self.bars = Bars(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("rounds  {task.fields[replicas]} replicas  {task.fields[images]:,}"),
                TextColumn("images/s "),
                TimeRemainingColumn(),
                console=console,
            )
            self.tasks = {
                unit: self.bars.add_task(
                    unit.label, total=rounds, replicas=replicas, images=0, visible=few
                )
                for unit, (replicas, rounds) in self.units.items()
            }
        self.last = dict.fromkeys(units, time.monotonic() - PLAIN_SECONDS + 2.0)

    def __enter__(self):
        if self.bars:
            self.bars.start()
        return self

    def __exit__(self, *_):
        if self.bars:
            self.bars.stop()

    def told(self, unit, round, images):
        """Reports a unit's round. images: per second, over all replicas."""
        if self.bars:
            self.bars.update(self.tasks[unit], completed=round, images=images, visible=True)
            return
        replicas, rounds = self.units[unit]
        now = time.monotonic()
        if round < rounds and now - self.last[unit] >= PLAIN_SECONDS:
            self.last[unit] = now
            each = unit.run.train.batch * replicas
            left = (rounds - round) * each / max(images, 1)
            self.line(
                f"{unit.label}: round {round:,} of {rounds:,}, {replicas} replicas, "
                f"{images:,} images/s, {left // 60:.0f}:{left % 60:02.0f} left"
            )

    def ended(self, unit):
        """A unit is done."""
        if self.bars:
            self.bars.update(self.tasks[unit], completed=self.units[unit][1], visible=self.few)

    def line(self, text):
        """Prints a line of text, above the bars if there are any."""
        if self.bars:
            self.bars.console.print(text, highlight=False)
        else:
            print(text, flush=True)
