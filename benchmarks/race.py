"""Contenders side by side: processes, layouts, repetitions in turn.

Every contender has the whole machine, split as suits it best: one process a core with one
thread each, or one process with a thread a core. A short trial of each layout (and of each
number of loader processes) chooses; the trial is recorded and not counted. Then the contenders
take turns, A B C A B C ..., so that a change of the machine's mood meets them alike.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from pipeline.execution.processes import KEEP_MEMORY

HOW: tuple[dict[str, Any], ...] = ({}, {"compiled": True})  # steps traced, or compiled as well
PATIENCE = 900  # seconds until a process that does not answer is ended


@dataclass(frozen=True)
class Entry:
    """A contender under one name in the tables."""

    name: str
    contender: str
    variants: tuple[dict[str, Any], ...] = ({},)  # options to choose from in the trial


@dataclass(frozen=True)
class Layout:
    """How a contender fills the machine."""

    processes: int
    threads: int
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """In words, as the tables have it."""
        told = "".join(f", {key} {value}" for key, value in self.options.items())
        return f"{self.processes} x {self.threads} threads{told}"


class Failed(Exception):
    """A contender's process ended without an answer; the message is its last line."""


def entries(replicas: list[int]) -> list[Entry]:
    """The field: the engine at each number of replicas, the eager loops, the extras."""
    return [
        *(
            Entry(f"engine R={r}", "engine", tuple({"replicas": r} | how for how in HOW))
            for r in replicas
        ),
        Entry("eager, DataLoader", "loader", ({"workers": 0}, {"workers": 2})),
        Entry("eager, in memory", "memory"),
        Entry("JAX jit", "jax_step"),
        Entry("pythae", "pythae_trainer"),
    ]


def layouts(entry: Entry, cores: int, device: str) -> list[Layout]:
    """Every layout that the trial compares; the engine's is its rule, one thread a process."""
    ways = {(cores, 1), (1, cores)} if device == "cpu" else {(1, cores)}
    if entry.contender == "engine" and device == "cpu":
        ways = {(cores, 1)}
    return [Layout(*way, options) for way in sorted(ways) for options in entry.variants]


def measure(contender: str, layout: Layout, job: dict[str, Any]) -> dict[str, Any]:
    """One repetition: the processes of a layout at the same time, and their sums.

    job: workload, data (a .npy file), folder, device, seconds. Raises Failed where a process does.
    """
    began = time.time()
    children = [_start(contender, layout, job, place) for place in range(layout.processes)]
    try:
        ready = [child.line() for child in children]
        for child in children:
            child.go()
        answers = [child.line() for child in children]
    finally:
        for child in children:
            child.end()
    if contender == "rates":
        return {name: sum(answer[name] for answer in answers) for name in answers[0]}
    rate = sum(a["rounds"] * a["replicas"] / a["seconds"] for a in answers)
    return {
        "replica_rounds_per_s": rate,
        "us_per_replica_round": 1e6 / rate,
        "startup_s": max(r["first_round"] for r in ready) - began,
        "peak_mib": max(a["peak_bytes"] for a in answers) / 2**20,
        "base_mib": max(a["base_bytes"] for a in answers) / 2**20,
        "device_mib": max(a["device_bytes"] for a in answers) / 2**20,
        "data_share": median(a["data_share"] for a in answers),
        "noise_share": median(a["noise_share"] for a in answers),
        "rounds": sum(a["rounds"] for a in answers),
    }


def _start(contender, layout, job, place):
    threads = str(layout.threads)
    pinned = contender == "jax_step" and layout.threads == 1  # its threads ask for no leave
    sent = job | {
        "contender": contender,
        "options": layout.options,
        "threads": layout.threads,
        "core": place if pinned else None,
    }
    variables = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = os.environ | dict.fromkeys(variables, threads)
    environment["TMPDIR"] = job["folder"]
    if contender == "engine":
        environment |= KEEP_MEMORY
    said = Path(job["folder"], f"{place}.log")  # a pipe that nobody reads would fill up
    with open(said, "w") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.child", json.dumps(sent)],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    return Child(child, said)


class Child(NamedTuple):
    """A running contender and the file that holds its standard error."""

    process: subprocess.Popen
    said: Path

    def line(self) -> dict[str, Any]:
        """Its next JSON line."""
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout or ():
                if line.startswith("{"):
                    return json.loads(line)
        finally:
            timer.cancel()
        told = [line for line in self.said.read_text().splitlines() if line.strip()]
        raise Failed(told[-1] if told else f"ended by signal {-self.process.wait()}, says nothing")

    def go(self) -> None:
        """Lets it start its timed rounds."""
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Ends it, whatever it does, and what it started: a loader's workers may outlive it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
