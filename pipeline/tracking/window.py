"""MLflow, a window on the study: the curves of what trains, as they grow.

reads   work/<fingerprint>/ while it trains
writes  the store (pipeline/tracking/store.py)

What is sent is made by pipeline.tracking.record and kept by pipeline.tracking.mirror; the stage
`track` completes it. No stage reads the store. DSTAR_TRACKING=off: nothing is done; live: curves
are shown from the first seconds.
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

# Seconds of training before the window opens. Importing mlflow takes 2 CPU seconds, so that
# sooner would cost more than 3 % of a training; what is over sooner is left to the stage `track`,
# which imports it once for all runs. DSTAR_TRACKING=live: a person wants to watch at once.
DELAY, LIVE = 120.0, 5.0
EVERY = 5.0  # seconds between two looks at the curves
SHARE = 0.005  # of one core, at most, for these looks
PATIENCE = 10.0  # seconds that a training may lose at its end to a store that does not answer


@contextmanager
def window(
    units: Mapping[str, Path], root: Path | str = Path("."), delay: float | None = None
) -> Iterator[None]:
    """While the body trains, show the curves of its units in the store as they grow.

    Shown live is the mean over replicas; the replicas follow when the run is collected.

    units: "<experiment>/<run>" to the folder where its run.json and curves.csv appear.
    root: the repository; delay: seconds before the first look, None: DELAY or LIVE.
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
    """A mirror of the study in a folder."""
    return Mirror(store.opened(root), root, store.study(root), origin(root))
