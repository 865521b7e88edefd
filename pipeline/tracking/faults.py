"""Any failure of the store costs one line on standard error, never a training."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from pipeline.study.errors import StudyError
from pipeline.tracking import store

_warned = threading.Event()  # one line per process


def attempt(work: Callable[[], None], root: Path) -> bool:
    """Does the work; if it fails, prints one line. Returns whether it succeeded.

    root: the folder with runs/.
    """
    try:
        work()
    except ModuleNotFoundError as error:
        warn(f"{error.name} is not installed")
    except StudyError as error:
        warn(str(error))
    except Exception as error:  # any failure of the store: the study does not depend on it
        uri = store.address(root)
        what = type(error).__name__
        if not store.hides_secrets(uri):  # its message may quote any part of the URI
            what += f": {error}"
        warn(f"{store.public(uri)} failed ({what})")
    else:
        return True
    return False


def warn(text: str) -> None:
    """Prints what is wrong with tracking, once per process."""
    if not _warned.is_set():
        _warned.set()
        for name in ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
            text = text.replace(os.environ.get(name) or "\n", "…")
        text = " ".join(text.split())
        text = text if len(text) < 300 else text[:300] + " …"
        print(
            f"tracking: {text}; nothing else is affected, "
            "`python -m pipeline track` fills the gap later",
            file=sys.stderr,
            flush=True,
        )
