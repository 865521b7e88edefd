"""What a cluster costs: a unit's overhead, the driver's work, and the throughput of two nodes.

    python -m benchmarks.cluster [--units 8] [--seconds 10] > benchmarks/results/NAME.txt

Units of about so many seconds (a GAN on the ring, ten replicas in one chunk) are trained by two
plain processes, and by two nodes of one core each on loopback. The first two units, in which
libraries are loaded, do not count. Prints

    overhead     seconds of a task beyond the training in it, over those of the training; bar .02
    throughput   wall seconds of two processes over those of two nodes; bar .95
    driver       CPU seconds of the driver for each unit

and, as the last line, the same as JSON; exit code 1 where a bar is missed. Cores must be quiet:
the machine, and its load at the end, are printed beside.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import describe

OVERHEAD, THROUGHPUT = 0.02, 0.95
NODE = {"num_cpus": 1, "node_ip_address": "127.0.0.1"}


def study(rounds: int, count: int) -> Any:
    """A study of so many units that differ in their seeds, in the current folder."""
    from pipeline.execution import units
    from pipeline.stages import check
    from tests import tiny

    block = {"arguments": {"latent": 2, "width": 128}}
    runs = {
        f"gan_{i}": block
        | {"train": {"rounds": rounds, "seeds": list(range(10 * i, 10 * i + 10))}}
        for i in range(count)
    }
    content = tiny.params(**runs) | {"compile": "never", "checkpoint_seconds": 20.0}
    content["train"]["batch"] = 128
    content["data"]["ring"] = {"train": 2000, "validation": 500, "test": 1000}
    tiny.write(Path(), content)
    return check.study(), units.units(check.study(), "toy")


class Ends:
    """When each unit was over. The first of each core have its start-up, and do not count."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def __call__(self, _: Any) -> None:
        self.at.append(time.perf_counter())

    def seconds(self) -> float:
        """Wall seconds for a unit, from the second end to the last."""
        return (self.at[-1] - self.at[1]) / (len(self.at) - 2)


def measure(count: int, seconds: float) -> dict[str, float]:
    """Trains the same units on processes and on nodes."""
    # On loopback alone, and with the priority that plain processes have. Ray reads both on import.
    os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_worker_niceness": "0"}
    from ray.cluster_utils import Cluster

    from pipeline.cluster import training
    from pipeline.execution import lengths, processes, scheduler, times, worker

    for rounds in (500, 1500):  # the first of them warms up
        _, (first, *_) = study(rounds, 1)
        began = time.perf_counter()
        worker.train(first, 1000.0)
    settings, found = study(int(1500 * seconds / (time.perf_counter() - began)), count)

    os.environ["DSTAR_WORK"], lengths.note = "plain", Ends()  # type: ignore[assignment]
    processes.load_libraries(settings)
    scheduler.side_by_side(found, 2, settings.checkpoint_seconds)
    plain = lengths.note.seconds()

    os.environ["DSTAR_WORK"], lengths.note = "there", Ends()  # type: ignore[assignment]
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    nodes = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False})
    try:
        nodes.add_node(**NODE)
        cpu = time.process_time()
        training.side_by_side(found, settings, nodes.address)
        cpu = time.process_time() - cpu
    finally:
        nodes.shutdown()
    there = lengths.note.seconds()
    own = sorted(times.training_seconds(unit.folder) or 0.0 for unit in found)
    return {
        "unit_seconds": sum(own) / count,
        "overhead": 2 * there / (sum(own[1:-1]) / (count - 2)) - 1,
        "throughput": plain / there,
        "driver_cpu_seconds_per_unit": cpu / count,
        "load": os.getloadavg()[0],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked, machine = parser.parse_args(), describe("cpu")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        found = measure(asked.units, asked.seconds)
        os.chdir("/")
    for name, value in found.items():
        print(f"{name:<30}{value:10.4f}")
    print(json.dumps({"machine": machine, "found": found}))
    missed = found["overhead"] > OVERHEAD or found["throughput"] < THROUGHPUT
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
