"""What tracking costs, in CPU seconds and as a share of training.

    python -m benchmarks.tracking [--seconds 60] [--runs 10]

A run has 10 replicas, two terms logged 150 times, eight metrics and 64 images a replica. Its
training takes so many CPU seconds; a study is so many runs, one sync and a store that is not
there yet. Prints a table and, as its last line, the same as JSON; exit code 1 where a share is
above the bar of 3 %.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipeline.results import schema
from pipeline.tracking import window
from tests.tracking.study import curve_rows, evaluated, track, unit, write_curves

BAR = 0.03
SEEDS, ROUNDS, EVERY, METRICS = tuple(range(10)), 15_000, 100, 8


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of the work, of all its threads."""
    began = time.process_time()
    work()
    return time.process_time() - began


def study(root: Path, runs: int) -> list[str]:
    """Run directories of a study and its metrics. Returns the names of its runs."""
    names = [f"gan_{number}" for number in range(runs)]
    blocks, scores = {}, root / "reports/metrics/digits.json"
    for name in names:
        mark = name.encode().hex()[:16]
        unit(root / "runs/digits" / name, mark, SEEDS, ROUNDS, EVERY, shape=(8, 8))
        evaluated(root, "digits", name, mark, values=SEEDS)
        block = schema.read(schema.Measurements, scores).runs[name]
        (metric,) = block.metrics.values()
        metrics = {f"coverage.metric_{number}": metric for number in range(METRICS)}
        blocks[name] = replace(block, metrics=metrics)
    schema.write(scores, schema.Measurements("digits", blocks))
    return names


def measure(root: Path, runs: int, looks: int) -> dict[str, float]:
    """CPU seconds of each part of tracking."""
    names = study(root, runs)
    live = root / "work/live"
    unit(live, "f" * 16, SEEDS, ROUNDS, EVERY, shape=(8, 8))

    def imported():
        import mlflow  # noqa: F401

    def watch():
        for look in range(1, looks + 1):
            write_curves(live, curve_rows(range(0, ROUNDS * look // looks, EVERY), SEEDS))
            mirror.follow("digits/live", live, last=look == looks)

    def grow():
        for look in range(1, looks + 1):
            write_curves(live, curve_rows(range(0, ROUNDS * look // looks, EVERY), SEEDS))

    costs = {"import": cpu(imported)}
    costs["store"] = cpu(lambda: window.opened(root))
    mirror = window.opened(root)
    costs["look"] = (cpu(watch) - cpu(grow)) / looks  # the files grow in another process
    began = time.perf_counter()
    costs["run"] = cpu(lambda: track(root)) / len(names)
    costs["wall"] = (time.perf_counter() - began) * 100 / len(names)
    costs["again"] = cpu(lambda: track(root))
    return costs


def shares(costs: dict[str, float], seconds: float, runs: int) -> dict[str, float]:
    """Tracking as a share of the CPU time of training, one core."""
    watched = max(seconds, window.DELAY)
    looks = watched / max(window.EVERY, costs["look"] / window.SHARE)
    return {
        f"a run of {seconds:g} s": costs["run"] / seconds,
        f"a run of {watched:g} s, watched all the time": (
            costs["run"] + costs["import"] + looks * costs["look"]
        )
        / watched,
        f"a first study of {runs} runs of {seconds:g} s": (
            runs * costs["run"] + costs["import"] + costs["store"]
        )
        / (runs * seconds),
        "the same again, nothing changed": (costs["import"] + costs["again"]) / (runs * seconds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU seconds of a training")
    parser.add_argument("--runs", type=int, default=10)
    chosen = parser.parse_args()
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME", "DSTAR_TRACKING"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        costs = measure(Path(folder), chosen.runs, looks=12)
    found = shares(costs, chosen.seconds, chosen.runs)
    titles = {
        "import": "importing mlflow, once a process",
        "store": "making the store, once",
        "look": "a look at a run in training",
        "run": "a finished run, with its 10 replicas",
        "again": f"a sync of {chosen.runs} runs, all there",
    }
    print(f"{'100 finished runs, wall time':48}{costs['wall']:9.1f} s")
    for name, title in titles.items():
        print(f"{title:48}{costs[name]:9.3f} CPU s")
    for title, share in found.items():
        print(
            f"{title:48}{share:9.2%}  {'under' if share < BAR else 'ABOVE'} the bar of {BAR:.0%}"
        )
    print(json.dumps({"cpu_seconds": costs, "shares": found, "bar": BAR, "cores": os.cpu_count()}))
    sys.exit(any(share >= BAR for share in found.values()))


if __name__ == "__main__":
    main()
