"""The live window: curves of runs in training, sent to MLflow while they grow.

reads   work/<fingerprint>/ while it trains
writes  the store (pipeline/tracking/store.py)

The points are made by pipeline.tracking.record and stored by pipeline.tracking.mirror; the stage
`track` completes them. No stage reads the store. With DSTAR_TRACKING=off nothing is sent; with
live, curves are shown from the first seconds.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.tracking import faults, store
from pipeline.tracking.mirror import Mirror
from pipeline.tracking.sync import origin

# Seconds of training before the window opens. Importing mlflow takes 2 CPU seconds, more than 3 %
# of a shorter training; that is left to the stage `track`, which imports it once for all runs.
# DSTAR_TRACKING=live is for a user who wants to watch at once.
DELAY, LIVE = 120.0, 5.0
EVERY = 5.0  # seconds between two readings of the curves
SHARE = 0.005  # the most that these readings take of one core
PATIENCE = 10.0  # seconds that a training may lose at its end to a store that does not answer


@contextmanager
def window(
    units: Mapping[str, Path], root: Path | str = Path("."), delay: float | None = None
) -> Iterator[None]:
    """While the body trains, sends the curves of its units to the store as they grow.

    The live curves are means over replicas; the replicas follow when the run is collected.

    units: {"<experiment>/<run>": the folder of its run.json and curves.csv}.
    root: the repository. delay: seconds before the first reading, None: DELAY or LIVE.
    """
    if store.off():
        yield
        return
    if delay is None:
        delay = LIVE if os.environ.get("DSTAR_TRACKING", "").lower() == "live" else DELAY
    over = threading.Event()
    thread = threading.Thread(
        target=lambda: faults.attempt(lambda: _watch(units, Path(root), delay, over), Path(root)),
        name="tracking",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE)
        if thread.is_alive():
            faults.warn(f"{store.shown(Path(root))} is slow, the last points are not there")


def _watch(units: Mapping[str, Path], root: Path, delay: float, over: threading.Event) -> None:
    if over.wait(delay):
        return
    mirror = None
    while True:
        began, last = time.thread_time(), over.is_set()
        with store.held(root, PATIENCE):
            mirror = mirror or opened(root)
            for name, directory in units.items():
                if (directory / "run.json").is_file():
                    mirror.follow(name, directory, last)
        if last:
            return
        over.wait(max(EVERY, (time.thread_time() - began) / SHARE))


def opened(root: Path) -> Mirror:
    """The mirror of the study in a folder."""
    return Mirror(store.opened(root), root, store.study(root), origin(root))
