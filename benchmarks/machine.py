"""The machine that numbers were made on, without its name or its user's."""

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version

import torch

from pipeline.execution.machine import cores, processor, system


def describe(device: str) -> dict:
    """Processor, memory, device and versions; load: runnable processes in the last minute."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": processor(),
        "cores": cores(),
        "memory_gib": round(pages / 2**30, 1),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "system": system(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "matmul_precision": torch.get_float32_matmul_precision(),
        "commit": _commit(),
        "load": round(os.getloadavg()[0], 2),
    }


PACKAGES = ("torch", "numpy", "jax", "optax", "pythae")


def slug(machine: dict) -> str:
    """A file name for the machine: its GPU, or its processor and cores."""
    on_gpu = machine["device"] != "cpu"
    name = machine["device"] if on_gpu else f"{machine['cpu']} {machine['cores']} cores"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit():
    """The commit of the code, with + where a file of the tree differs from it."""
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "diff", "--quiet", "HEAD", "--", "pipeline", "benchmarks"], check=False
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + "+" * bool(changed.returncode)
