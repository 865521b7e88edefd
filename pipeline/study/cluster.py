"""Where a study's runs are trained and measured: by processes of this machine, or on a cluster.

    DSTAR_CLUSTER=auto            the Ray cluster that runs on this machine
    DSTAR_CLUSTER=10.0.0.1:6379   the one whose head answers there, and that this machine is in
    DSTAR_CLUSTER=off             processes, as without
    DSTAR_GPU_SHARE=0.25          the share of a GPU that a task takes, with `device: cuda`

No result depends on it, so no fingerprint has it.
"""

import os
import re
from importlib.util import find_spec

from pipeline.study.errors import StudyError
from pipeline.study.reader import FILE
from pipeline.study.schema import Study

ADDRESS = r"(auto|[A-Za-z0-9.\-_\[\]:]+:\d{1,5})"  # HOST:PORT


def address(settings: Study) -> str | None:
    """The address of the cluster that is asked for; None where processes are."""
    wanted = os.environ.get("DSTAR_CLUSTER", "off")
    if wanted in ("", "off"):
        return None
    if not re.fullmatch(ADDRESS, wanted):
        raise StudyError(
            f"DSTAR_CLUSTER: {wanted!r}: allowed: auto, HOST:PORT of a Ray cluster that this "
            "machine is a node of (`ray start --address=HOST:PORT`), or off"
        )
    if settings.device.startswith("cuda:"):
        raise StudyError(
            f"{FILE}: device: {settings.device}: on a cluster Ray numbers the GPUs; "
            "allowed: auto, cpu, cuda"
        )
    return wanted


def gpu_share() -> float:
    """The share of a GPU that a task takes."""
    wanted = os.environ.get("DSTAR_GPU_SHARE", "1")
    try:
        if 0 < (share := float(wanted)) <= 1:
            return share
    except ValueError:
        pass
    raise StudyError(f"DSTAR_GPU_SHARE: {wanted!r}: allowed: a number above 0, at most 1")


def installed() -> None:
    """Raises StudyError where Ray is not here."""
    if find_spec("ray") is None:
        raise StudyError(
            "DSTAR_CLUSTER: Ray is not installed here: pip install -c constraints.txt "
            "-e '.[cluster]', or DSTAR_CLUSTER=off"
        )
