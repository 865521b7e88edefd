"""The progress of the trainers: bars on a terminal, one plain line now and then elsewhere.

    18 of 40 runs trained, 43 % of the work; ring.gan 24 %, ring.lsgan 91 %; about 12 min left

The work is counted in the seconds that pipeline/execution/lengths.py foretells, and the pace is
that of the work over the last minutes. No time is named before all units in training have shown
their own pace: a first round traces and compiles, and says nothing of the next ones.
"""

import sys
import time
from collections import deque

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

PLAIN_SECONDS = 10.0  # between two plain lines
BARS = 12  # of more units, only those in training are shown
SEEN = 15.0  # seconds of rounds, after a first report, that show a pace
WINDOW = 300.0  # seconds over which the pace of all is taken
NAMED = 4  # units in training whose part is told


class Progress:
    """Rounds, replicas, images per second and time left of the units in training."""

    def __init__(self, units):
        """units: {unit: how many seconds it will train, about}."""
        self.units, self.whole = list(units), sum(units.values()) or 1.0
        self.work = dict(units)  # and of the parts that a unit was split into
        self.parts: dict = {}  # of each unit that is trained in parts
        self.done: set = set()
        self.share: dict = {}  # of each unit or part in training, as last told
        self.first: dict = {}  # when a unit told first, and its share then: one may go on
        self.where: dict = {}  # the node of a cluster that trains it
        self.pace: deque = deque()  # (when, work done here)
        self.last = time.monotonic() - PLAIN_SECONDS + 2.0
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
        self.tasks: dict = {}
        for unit in units:
            self._add(unit, self.few)

    def _add(self, unit, visible):
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
        on = where and f"on {where}"
        if self.bars:
            told = {"completed": round, "images": images, "where": on, "visible": True}
            self.bars.update(self.tasks[unit], **told)
            return
        now, share = time.monotonic(), round / unit.run.train.rounds
        if unit in self.parts:  # it joins them
            return
        self.where[unit] = on
        self.first.setdefault(unit, (now, share))
        self.share[unit] = share
        self._note(now)
        if share < 1 and now - self.last >= PLAIN_SECONDS:
            self.last = now
            self.line(self._plain(now))

    def split(self, unit, parts):
        """A unit goes on in parts, whose work together is the unit's; none: it is as it was."""
        if not parts:
            return
        share, first = self.share.pop(unit, 0.0), self.first.get(unit)
        self.parts[unit] = list(parts)
        for part in parts:
            self.work[part] = self.work[unit] * part.replicas / unit.replicas
            self._add(part, True)
            if first:
                self.share[part], self.first[part] = share, first

    def ended(self, unit):
        """A unit is done, or a part played."""
        if self.bars:
            total = unit.run.train.rounds
            self.bars.update(self.tasks[unit], completed=total, visible=self.few)
        self.done.difference_update(self.parts.pop(unit, ()))
        self.done.add(unit)
        self.share.pop(unit, None)

    def line(self, text):
        """Prints a line of text, above the bars if there are any."""
        if self.bars:
            self.bars.console.print(text, highlight=False)
        else:
            print(text, flush=True)

    def _made(self, since=False):
        """Seconds of the foretold work that are done. since: only by rounds that were told."""
        shares = dict.fromkeys(self.done, 1.0) | self.share
        began = {unit: share for unit, (_, share) in self.first.items()} if since else {}
        return sum(self.work[u] * (share - began.get(u, 0.0)) for u, share in shares.items())

    def _note(self, now):
        """Keeps what is done by now, a second apart, of the last WINDOW seconds."""
        if not self.pace or now - self.pace[-1][0] >= 1.0:
            self.pace.append((now, self._made(since=True)))
        while now - self.pace[0][0] > WINDOW:
            self.pace.popleft()

    def _plain(self, now):
        """The line: all units first, then those in training, then the time that is left."""
        told = f"{sum(u in self.done for u in self.units)} of {len(self.units)} runs trained"
        told += f", {100 * self._made() / self.whole:.0f} % of the work"
        running = [
            f"{unit.label} {100 * share:.0f} % {self.where.get(unit, '')}".rstrip()
            for unit, share in self.share.items()
        ]
        more = [f"{len(running) - NAMED} more"] if len(running) > NAMED else []
        told = "; ".join([told, ", ".join([*running[:NAMED], *more])])
        left = self._left(now)
        return told if left is None else f"{told}; about {_duration(left)} left"

    def _left(self, now):
        """Seconds that are left, by the pace of all and of the slowest; None if not yet known."""
        began, then = self.pace[0]
        made = self._made(since=True)
        if now - began < SEEN or made <= then:
            return None
        left = (self.whole - self._made()) * (now - began) / (made - then)
        for unit, share in self.share.items():
            began, then = self.first[unit]
            if now - began >= SEEN and share > then:
                left = max(left, (1 - share) * (now - began) / (share - then))
        return left


def _duration(seconds):
    """Seconds as a person says them: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
