"""Where a study's runs are trained and measured: by processes of this machine, or on a cluster.

    cluster: auto            of params.yaml: the Ray cluster that runs on this machine
    cluster: 10.0.0.1:6379   the one that answers there, and that this machine is a node of
    DSTAR_CLUSTER=...        the same for one command, whatever params.yaml says; off: processes

No result depends on it, so no fingerprint has it.
"""

import os
import re
from importlib.util import find_spec

from pipeline.study.errors import StudyError
from pipeline.study.reader import FILE
from pipeline.study.schema import CLUSTER, Study


def address(settings: Study) -> str | None:
    """The address of the cluster that is asked for; None where processes are."""
    given = os.environ.get("DSTAR_CLUSTER", "")
    wanted = given or settings.cluster
    if wanted is None or wanted == "off":
        return None
    if not re.fullmatch(CLUSTER, wanted):
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


def installed() -> None:
    """Raises StudyError where Ray is not here."""
    if find_spec("ray") is None:
        raise StudyError(
            "cluster: Ray is not installed here: pip install -c constraints.txt -e '.[cluster]', "
            "or DSTAR_CLUSTER=off"
        )
