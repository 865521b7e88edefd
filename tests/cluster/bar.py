"""A reduced study on two nodes that keep losing their workers, against the same without.

    python -m tests.cluster.bar [--every 20] [--rounds 6000]

`dvc repro` of some experiments with two seeds each, by processes of this machine, and in another
clone by two nodes of one core on loopback, where every so many seconds a worker that has a task
is killed. Prints what was killed and how many files of runs and
reports are equal; exit code 1 where one is not, or nothing was killed.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from pipeline.results.files import digest
from pipeline.study.repository import ROOT
from tests import reduce
from tests.cluster.loopback import QUICK, node

EXPERIMENTS = ("classifier", "ring", "likelihood")
KEPT = ("runs", "reports/metrics", "reports/curves")  # reports/summary has the seconds


def study(folder: Path, rounds: int) -> None:
    """A clone of the project, with the reduced study."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    reduce.main(str(folder), *EXPERIMENTS, rounds=rounds, seeds=2)


def repro(folder: Path, cluster: str) -> float:
    """`dvc repro` in this folder, with the code that is there. Returns its seconds."""
    variables = {"DSTAR_CLUSTER": cluster, "DSTAR_TRACKING": "off", "PYTHONPATH": str(folder)}
    variables["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    targets = [f"evaluate@{experiment}" for experiment in EXPERIMENTS]
    command, began = [sys.executable, "-m", "dvc", "repro", *targets], time.monotonic()
    with open(folder.with_suffix(".log"), "w", encoding="utf-8") as log:
        ended = subprocess.run(
            command, cwd=folder, env=os.environ | variables, check=False, stdout=log, stderr=log
        )
    if ended.returncode:
        raise SystemExit(folder.with_suffix(".log").read_text(encoding="utf-8")[-4000:])
    return time.monotonic() - began


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of the runs and the reports."""
    files = (file for kept in KEPT for file in sorted((folder / kept).rglob("*")))
    return {str(file.relative_to(folder)): digest(file) for file in files if file.is_file()}


def killing(every: float, over: threading.Event, killed: list[str]) -> None:
    """Kills a worker that has a task, every so many seconds."""
    choose = random.Random(1)
    while not over.wait(every):
        found = []
        for process in psutil.process_iter(["cmdline"]):
            name = " ".join(process.info["cmdline"] or []).strip()
            if name.startswith("ray::") and not name.endswith(("IDLE", "Agent")):
                found.append((process, name))
        if found:
            process, name = choose.choice(found)
            process.kill()
            killed.append(name)
            print(f"killed {name}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=6_000)
    asked, killed = parser.parse_args(), list[str]()
    # On loopback alone, and with the priority that plain processes have. Ray reads both on import.
    os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_worker_niceness": "0"}
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0"}
    with tempfile.TemporaryDirectory() as folder:
        quiet, there = Path(folder, "quiet"), Path(folder, "there")
        for each in (quiet, there):
            study(each, asked.rounds)
        alone = repro(quiet, "off")
        os.environ["PYTHONPATH"] = str(there)  # of the nodes' workers
        from ray.cluster_utils import Cluster

        patient = QUICK | {"health_check_timeout_ms": 60_000}  # the cores are busy
        nodes = Cluster(initialize_head=True, head_node_args=node(_system_config=patient))
        over = threading.Event()
        killer = threading.Thread(target=killing, args=(asked.every, over, killed), daemon=True)
        try:
            nodes.add_node(**node())
            killer.start()
            together = repro(there, nodes.address)
        finally:
            over.set()
            nodes.shutdown()
        expected, found = digests(quiet), digests(there)
    other = sorted(f for f in expected | found if expected.get(f) != found.get(f))
    print(f"{len(killed)} workers killed, one every {asked.every:g} s; {len(expected)} files")
    print(f"processes {alone:.0f} s, two nodes {together:.0f} s")
    print(f"{len(other)} differ" + "".join(f"\n  {name}" for name in other[:20]))
    return int(bool(other) or not killed)


if __name__ == "__main__":
    sys.exit(main())
