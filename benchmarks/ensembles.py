"""Many seeds at once: the engine, JAX as an expert writes it, and Torch's own best, in turn.

    python -m benchmarks.ensembles [--passes N] > benchmarks/results/ensembles-<processor>.md

One process a contender, pinned to one core with one thread; they take turns, so that a change of
the machine's mood meets them alike. CPU microseconds per round and replica: the least of all
blocks of sixteen rounds. `start`: CPU seconds until the first is played. JAX comes with the extra
`bench`.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from importlib import import_module

from pipeline.execution.processes import KEEP_MEMORY, THREADS

CONTENDERS = {
    "JAX": ("jax_step", {}),
    "Torch": ("torch_vmap", {}),
    "traced": ("engine", {}),
    "compiled": ("engine", {"compiled": True}),
}
REPLICAS = (1, 10, 32)
BLOCK = 16
XLA = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def raced():
    """The workloads: runs of the study, and the size that most of its searches chose from."""
    from benchmarks.workloads import Workload, workloads
    from pipeline import models
    from pipeline.stages import check

    ring = workloads()["ring_gan"]
    dataset = check.study().data["ring"]
    deep = models.build("gan", {"latent": 2, "width": 64, "depth": 4}, dataset)
    critic = models.build("wgan_gp", {"latent": 2, "width": 64}, dataset)
    found = [workloads()["digits_gan"], workloads()["digits_vae"], ring]
    for name, title, kind, model in (
        ("ring_gan_deep", "GAN on the ring, 64 units, 4 layers", "gan", deep),
        ("ring_wgan_gp", "WGAN-GP on the ring, 64 units", "study_wgan_gp", critic),
    ):
        found.append(Workload(name, title, kind, "ring", model, 128, ring.adam, {}))
    return {workload.name: workload for workload in found}


def child(job: dict) -> None:
    """Prepares a contender, then plays for so long at each line of standard input."""
    os.sched_setaffinity(0, {job["core"]})
    import torch

    from benchmarks.workloads import examples

    torch.set_num_threads(1)
    workload = raced()[job["workload"]]
    x = examples(workload.data)[0]
    file, options = CONTENDERS[job["contender"]]
    contender = import_module(f"benchmarks.contenders.{file}")
    if contender.missing:
        sys.exit(contender.missing)
    start = time.process_time()
    racer = contender.prepare(workload, x, "cpu", replicas=job["replicas"], **options)
    racer.play(BLOCK)
    print(json.dumps({"start": time.process_time() - start}), flush=True)
    for line in sys.stdin:
        least, until = float("inf"), time.perf_counter() + float(line)
        while time.perf_counter() < until:
            began = time.process_time()
            racer.play(BLOCK)
            least = min(least, time.process_time() - began)
        print(json.dumps({"us": least / BLOCK / racer.replicas * 1e6}), flush=True)


def race(workload: str, replicas: int, passes: int, core: int) -> dict[str, dict[str, float]]:
    """{contender: us, start} of one workload, those left out that are not installed."""
    environment = os.environ | dict.fromkeys(THREADS, "1") | KEEP_MEMORY | {"XLA_FLAGS": XLA}
    running, found = {}, {}
    for name in CONTENDERS:
        job = {"contender": name, "workload": workload, "replicas": replicas, "core": core}
        command = [sys.executable, "-m", "benchmarks.ensembles", "--child", json.dumps(job)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = subprocess.Popen(command, text=True, env=environment, **pipes)
        told = process.stdout.readline()
        if told:
            running[name], found[name] = process, json.loads(told) | {"us": float("inf")}
    for _ in range(passes):
        for name, process in running.items():
            process.stdin.write("0.8\n")
            process.stdin.flush()
            found[name]["us"] = min(found[name]["us"], json.loads(process.stdout.readline())["us"])
    for process in running.values():
        process.stdin.close()
        process.wait()
    return found


def main() -> None:
    """Prints the table, or plays as a child."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--child")
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    given = parser.parse_args()
    if given.child:
        child(json.loads(given.child))
        return
    from benchmarks import machine

    described = machine.describe("cpu")
    versions = ", ".join(f"{name} {version}" for name, version in described["versions"].items())
    print(f"{described['cpu']}; {versions}. CPU us per round and replica; start: CPU seconds.\n")
    print(f"| workload | R | {' | '.join(CONTENDERS)} | JAX / compiled | start |")
    print("| --- " + "| ---: " * (len(CONTENDERS) + 3) + "|")
    for name, workload in raced().items():
        for replicas in REPLICAS:
            found = race(name, replicas, given.passes, given.core)
            told = [f"{found[n]['us']:.0f}" if n in found else "" for n in CONTENDERS]
            ahead = f"{found['JAX']['us'] / found['compiled']['us']:.2f}" if "JAX" in found else ""
            starts = ", ".join(f"{n} {f['start']:.1f}" for n, f in found.items())
            print(f"| {workload.title} | {replicas} | {' | '.join([*told, ahead, starts])} |")


if __name__ == "__main__":
    main()
