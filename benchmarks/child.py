"""One contender in a process of its own; benchmarks/race.py starts it.

    python -m benchmarks.child '{"contender": "engine", "workload": "mlp_gan", ...}'

Prints a JSON line when its first rounds are played, waits for a line on standard input so that
processes side by side run at the same time, and prints what it measured as a second line.
"""

import json
import os
import resource
import sys
import time
from importlib import import_module


def main(job: dict) -> None:
    """job: contender, options, workload, data (a .npy file), device, threads, core, seconds."""
    if job["core"] is not None:
        os.sched_setaffinity(0, {job["core"]})
    import torch

    torch.set_num_threads(job["threads"])
    if job["contender"] == "rates":
        from benchmarks.rates import rates

        _wait({})
        _tell(rates(job["device"], job["seconds"]))
    else:
        _race(job)


def _race(job):
    import numpy as np
    import torch

    from benchmarks.workloads import workloads

    contender = import_module(f"benchmarks.contenders.{job['contender']}")
    x, workload = np.load(job["data"]), workloads()[job["workload"]]
    base = _peak()
    racer = contender.prepare(workload, x, job["device"], **job["options"])
    racer.play(1)
    _wait({"first_round": time.time()})
    rounds, seconds = timed(racer, job["seconds"])
    device_peak = torch.cuda.max_memory_allocated() if job["device"] == "cuda" else 0
    a_round = seconds / rounds
    peak = _peak()
    _tell(
        {
            "rounds": rounds,
            "seconds": seconds,
            "replicas": racer.replicas,
            "peak_bytes": peak,
            "base_bytes": base,
            "device_bytes": device_peak,
            "data_share": racer.data() / a_round,
            "noise_share": racer.noise() / a_round,
        }
    )


def timed(racer, seconds: float) -> tuple[int, float]:
    """Rounds played, and the seconds that they took, after a warm-up as long.

    Rounds come in 16s, the block in which the engine draws its randomness, so that a block's
    drawing is shared by all its rounds; in 8s, 4s, 2s or one at a time where so many would take
    longer than asked.
    """
    from pipeline.engine.randomness import BLOCK

    began, least = time.perf_counter(), float("inf")
    while (start := time.perf_counter()) - began < seconds or least == float("inf"):
        racer.play(1)
        least = min(least, time.perf_counter() - start)
    step = BLOCK
    while step > 1 and step * least > seconds:
        step //= 2
    rounds, began = 0, time.perf_counter()
    while (lasted := time.perf_counter() - began) < seconds:
        racer.play(step)
        rounds += step
    return rounds, lasted


def _wait(told):
    _tell({"ready": True} | told)
    sys.stdin.readline()


def _tell(what):
    print(json.dumps(what), flush=True)


def _peak():
    """Largest resident size so far, bytes.

    Linux lets ru_maxrss live on through exec: a process would start with its parent's peak.
    """
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
