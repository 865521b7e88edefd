"""MLflow, a window on the study: a mirror of files that can be made again at any time.

    python -m pipeline track-sync

reads   runs/<experiment>/<run>/, work/<fingerprint>/ while it trains, reports/metrics/
writes  the store at MLFLOW_TRACKING_URI, else mlflow.db and mlartifacts/ in the repository

What is sent is made by pipeline.tracking.record and kept by pipeline.tracking.mirror. No stage
reads the store. Whatever happens to it costs one line on stderr and a few seconds, never a
training. DSTAR_TRACKING=off: nothing is done; live: curves are shown from the first seconds.
"""

import fcntl
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from pipeline.study.errors import StudyError
from pipeline.tracking.mirror import Mirror

# Seconds of training before the window opens. Importing mlflow takes 2 CPU seconds, so that
# sooner would cost more than 3 % of a training; what is over sooner is left to track_sync, which
# imports it once for all runs. DSTAR_TRACKING=live: a person wants to watch at once.
DELAY, LIVE = 120.0, 5.0
EVERY = 5.0  # seconds between two looks at the curves
SHARE = 0.005  # of one core, at most, for these looks
PATIENCE = 10.0  # seconds that a training may lose at its end to a store that does not answer
WAIT = 120.0  # seconds for another process to have done with the store

# A person's own settings stand. Calls are not tried again: one that timed out may have been
# carried out, and the next sync finds what it made.
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


_warned = threading.Event()  # one line a process


def track_sync(root: Path | str = Path("."), limit: float | None = 60.0) -> bool:
    """Bring the store up to date with every run in runs/. Returns whether it is.

    What is there already is left alone, so a second call adds nothing, and a call that was cut
    short is continued by the next one.

    root: the repository, or a copy of it in which DVC runs an experiment.
    limit: seconds, from the moment that the store is open, after which a slow one is left for
    another time; None: no limit.
    """
    root = Path(root)
    files = sorted(root.glob("runs/*/*/run.json"))
    if not files or _off():
        return True

    opened, stop, outcome = threading.Event(), threading.Event(), list[bool]()

    def work() -> None:
        with _alone(root, WAIT):
            mirror = _open(root)
            opened.set()
            for file in files:
                if not stop.is_set():
                    mirror.keep(file.parent)

    def attempt() -> None:
        outcome.append(_attempt(work, root))
        opened.set()

    thread = threading.Thread(target=attempt, name="tracking", daemon=True)
    thread.start()
    opened.wait()
    thread.join(limit)
    stop.set()
    if not outcome:
        _warn(f"{address(root)} is slow, not all is there after {limit:g} s")
    return outcome == [True]


@contextmanager
def window(
    units: Mapping[str, Path], root: Path | str = Path("."), delay: float | None = None
) -> Iterator[None]:
    """While the body trains, show the curves of its units in the store as they grow.

    Shown live is the mean over replicas; the replicas follow when the run is collected.

    units: "<experiment>/<run>" to the folder where its run.json and curves.csv appear.
    root: the repository; delay: seconds before the first look, None: DELAY or LIVE.
    """
    if _off():
        yield
        return
    if delay is None:
        delay = LIVE if os.environ.get("DSTAR_TRACKING", "").lower() == "live" else DELAY
    over = threading.Event()
    thread = threading.Thread(
        target=lambda: _attempt(lambda: _watch(units, Path(root), delay, over), Path(root)),
        name="tracking",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE)
        if thread.is_alive():
            _warn(f"{address(Path(root))} is slow, the last points are not there")


def _watch(units: Mapping[str, Path], root: Path, delay: float, over: threading.Event) -> None:
    if over.wait(delay):
        return
    mirror = None
    while True:
        began, last = time.thread_time(), over.is_set()
        with _alone(root, PATIENCE):
            mirror = mirror or _open(root)
            for name, directory in units.items():
                if (directory / "run.json").is_file():
                    mirror.follow(name, directory, last)
        if last:
            return
        over.wait(max(EVERY, (time.thread_time() - began) / SHARE))


def _attempt(work: Callable[[], None], root: Path) -> bool:
    """Do the work; if it fails, say so in one line. Returns whether it was done."""
    try:
        work()
    except ModuleNotFoundError as error:
        _warn(f"{error.name} is not installed")
    except StudyError as error:
        _warn(str(error))
    except Exception as error:  # any fault of the store: the study does not depend on it
        _warn(f"{address(root)} failed ({type(error).__name__}: {error})")
    else:
        return True
    return False


def _off() -> bool:
    return os.environ.get("DSTAR_TRACKING", "").lower() == "off"


def _warn(text: str) -> None:
    if not _warned.is_set():
        _warned.set()
        text = re.sub(r"//[^/@\s]*@", "//", " ".join(text.split()))  # no passwords
        text = text if len(text) < 300 else text[:300] + " …"
        print(
            f"tracking: {text}; nothing else is affected, "
            "`python -m pipeline track-sync` fills the gap later",
            file=sys.stderr,
            flush=True,
        )


@contextmanager
def _alone(root: Path, patience: float) -> Iterator[None]:
    """One process at a time looks up what the store has and adds what is missing."""
    deadline = time.monotonic() + patience
    with open(home(root) / "mlflow.db.lock", "w", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError("another process is writing to it") from None
                time.sleep(0.05)
        yield


def home(root: Path) -> Path:
    """Where the store stands: DVC tries experiments in copies of the repository, which it
    deletes; DVC_ROOT is the repository itself.

    root: the folder with runs/.
    """
    return Path(os.environ.get("DVC_ROOT") or root).resolve()


def address(root: Path) -> str:
    """The store's URI. root: the folder with runs/."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home(root) / 'mlflow.db'}"


def _open(root: Path) -> Mirror:
    """The store, made when there is none."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import mlflow  # 2 s, so only where it is used

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    uri, artifacts = address(root), None
    if uri.startswith("sqlite:///"):
        file = Path(uri.removeprefix("sqlite:///").partition("?")[0]).absolute()
        artifacts = file.with_name("mlartifacts")
        _prepare(file, artifacts)
    client = mlflow.MlflowClient(tracking_uri=uri)
    # A copy in which DVC tries an experiment does not say what is current.
    judge = home(root) / ".dvc" not in root.resolve().parents
    return Mirror(client, root, artifacts, _origin(root), judge)


def _prepare(file: Path, artifacts: Path) -> None:
    """See that a SQLite store is sound and can be written to, or make it.

    MLflow migrates a new file in place: two processes at once, or a kill, leave it broken for
    ever. So it is made under a private name and linked into place whole. And MLflow would try
    a damaged file for 100 s.
    """
    if file.exists():
        with closing(sqlite3.connect(file, timeout=PATIENCE / 2)) as database:
            database.execute("BEGIN IMMEDIATE")
            database.rollback()
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f"{file.name}.", dir=file.parent))
    try:
        new = workshop / "new.db"
        SqlAlchemyStore(f"sqlite:///{new}", artifacts.as_uri()).engine.dispose()
        with closing(sqlite3.connect(new)) as database:
            # Readers, like the UI, and writers do not wait for each other. It stays in the file.
            database.execute("PRAGMA journal_mode=WAL")
        with suppress(FileExistsError):  # another process was faster: its store is as good
            os.link(new, file)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _origin(root: Path) -> dict[str, str]:
    """Tags: the commit that is checked out, whether files differ from it, DVC's experiment."""
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
