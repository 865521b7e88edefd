"""The contenders: one file each, all with the same three names.

missing             None, or the one line that says what to install
plays(workload)     whether it has this game
prepare(workload, x, device, **options) -> Racer
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import torch


class Racer(NamedTuple):
    """A contender at round 0 of a workload."""

    play: Callable[[int], None]  # plays so many rounds of every replica, to their very end
    replicas: int
    data: Callable[[], float]  # seconds that choosing and fetching a round's batches takes
    noise: Callable[[], float]  # seconds that drawing a round's noise takes


def seconds_of(work: Callable[[], object], device, least: float = 0.1) -> float:
    """Seconds of one call of the work: the mean over calls that together last `least`."""
    work()
    calls, began = 0, time.perf_counter()
    while calls == 0 or time.perf_counter() - began < least:
        work()
        if torch.device(device).type == "cuda":
            torch.cuda.synchronize(device)
        calls += 1
    return (time.perf_counter() - began) / calls
