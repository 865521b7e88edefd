"""The machine and the library versions that produce a result; no host name, no user name."""

import math
import os
import platform
from contextlib import suppress
from pathlib import Path, PurePosixPath

import numpy as np
import torch

CGROUPS = Path("/sys/fs/cgroup")  # Linux: the limits of containers and of a cluster's jobs
MINE = Path("/proc/self/cgroup")


def cores() -> int:
    """The number of cores that this process may use: not what the machine has, but its job."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    shares = [quota / period for quota, period in _quotas() if quota > 0 < period]
    return max(1, min([found, *map(math.ceil, shares)]))


def memory() -> int | None:
    """The bytes of memory that this process may use; None where the system does not say."""
    found = []
    with suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        found += [soft] if soft != resource.RLIM_INFINITY else []
    for numbers in (*_limits("", "memory.max"), *_limits("memory", "memory.limit_in_bytes")):
        found += numbers
    return min((limit for limit in found if limit > 0), default=None)


def _quotas():
    """Microseconds of CPU and of the clock, of each group that this process is in."""
    yield from (pair for pair in _limits("", "cpu.max") if len(pair) == 2)
    quotas, periods = (_limits("cpu", f"cpu.cfs_{what}_us") for what in ("quota", "period"))
    yield from ((*q, *p) for q, p in zip(quotas, periods, strict=False) if len(q) == len(p) == 1)


def _limits(controller, name):
    """The whole numbers in a file of each group around this process, the innermost first.

    controller: of cgroup version 1; "" for version 2, where all are in one tree.
    """
    try:
        lines = [line.split(":", 2) for line in MINE.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return []
    own = [path for _, which, path in lines if controller in which.split(",")]
    if not own:
        return []
    tree, found = CGROUPS / controller, []
    inside = PurePosixPath(own[0].lstrip("/"))
    for place in (inside, *inside.parents):  # a container may see its own group as the root
        with suppress(OSError, ValueError):
            words = (tree / place / name).read_text(encoding="utf-8").split()
            found.append([int(word) for word in words if word.lstrip("-").isdigit()])
    return found


def processor() -> str:
    """The processor's model, as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def system() -> str:
    """The operating system and the instruction set."""
    return f"{platform.system()} {platform.machine()}"


def here(device: str) -> dict[str, dict]:
    """The versions and the machine of this process. device: "cpu", "cuda" or "cuda:N"."""
    return {
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": {
            "processor": processor(),
            "cores": cores(),
            "system": system(),
            "device": torch.cuda.get_device_name(device) if device != "cpu" else "cpu",
        },
    }


def told(part: dict[str, dict]) -> str:
    """Versions and machine in one line."""
    versions, machine = part["versions"], part["machine"]
    names = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{names} on {', '.join(str(value) for value in machine.values())}"
