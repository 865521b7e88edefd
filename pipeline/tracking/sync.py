"""Synchronising the store with every run of a study.

reads   runs/<experiment>/<run>/, reports/metrics/, reports/claims.json, Git's state
writes  the store, to which whatever it lacks is added from these files
"""

import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.study.errors import StudyError
from pipeline.tracking import faults, store
from pipeline.tracking.mirror import Mirror

WAIT = 120.0  # seconds to wait for another process that uses the store
SILENCE = 60.0  # seconds without an answer after which a store behind a network is given up

NOT_TRAINED, NOT_SCORED = "not trained yet", "not evaluated yet"
UNSENT = "not in the store, or not known to be"


def sync(
    root: Path,
    names: Sequence[str],
    questions: Mapping[str, str] | None = None,
    seconds: Callable[[str], float | None] = lambda _: None,
) -> dict[str, str]:
    """Synchronises the store with runs. Returns the runs that are missing in it: {name: why}.

    Existing content is not sent again, so that a second call adds nothing, and an interrupted call
    is completed by the next one. A store on this machine has no time limit.

    root: the study, or a copy of it in which DVC runs an experiment.
    names: "<experiment>/<run>" of every run of the study. questions: {experiment: its question}.
    seconds: the wall time of the training with a fingerprint, if known.
    """
    missing = dict.fromkeys(names, UNSENT)
    over = threading.Event()
    for name in names:
        if not (root / "runs" / name / "run.json").is_file():
            missing[name] = NOT_TRAINED
    if store.off():
        faults.warn("DSTAR_TRACKING is off")
        return missing
    if all(why == NOT_TRAINED for why in missing.values()):
        return missing

    client = None

    def work() -> None:
        nonlocal client
        with store.held(root, WAIT):
            client = store.opened(root)
            listed = names if store.decides(root) else None
            mirror = Mirror(client, root, store.study(root), origin(root), questions, listed)
            for name in [name for name in names if missing[name] != NOT_TRAINED]:
                if over.is_set():
                    return
                try:
                    whole = mirror.keep(name, seconds)
                except StudyError as error:  # in this run's files: the others are sent
                    missing[name] = str(error)
                    faults.warn(str(error))
                    continue
                if whole:
                    del missing[name]
                else:
                    missing[name] = NOT_SCORED

    thread = threading.Thread(
        target=faults.attempt, args=(work, root), name="tracking", daemon=True
    )
    thread.start()
    answers = -1
    while thread.is_alive():
        thread.join(SILENCE)
        if store.is_remote(store.address(root)) and client is not None:
            if thread.is_alive() and client.calls == answers:
                over.set()
                faults.warn(f"{store.shown(root)} does not answer for {SILENCE:g} s")
                break
            answers = client.calls
    return dict(missing)


def origin(root: Path) -> dict[str, str]:
    """Tags: the current commit, whether files differ from it, DVC's experiment."""
    tags = {}

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, timeout=5, check=True
        ).stdout.strip()

    with suppress(OSError, subprocess.SubprocessError):
        commit = git("rev-parse", "HEAD")
        # dvc.lock and reports/ change with every reproduction: they are its results.
        results = [":(exclude,top,glob)**/dvc.lock", ":(exclude,top,glob)**/reports/**"]
        dirty = git("status", "--porcelain", "--", ":/", *results)
        tags = {
            "git.commit": commit,
            "git.dirty": str(bool(dirty)).lower(),
            "mlflow.source.git.commit": commit,
        }
    if os.environ.get("DVC_EXP_NAME"):
        tags["dvc.exp_name"] = os.environ["DVC_EXP_NAME"]
    return tags
