"""The machine and the library versions that produce a result; no host name, no user name."""

import os
import platform
from pathlib import Path

import numpy as np
import torch


def cores() -> int:
    """The number of cores that this process may use."""
    return (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )


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
