"""The location of MLflow's store, and how it is opened.

MLFLOW_TRACKING_URI, else mlflow.db and mlartifacts/ in the study's folder.
"""

import logging
import os
import shlex
import shutil
import sqlite3
import tempfile
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path

from pipeline.results import lock
from pipeline.study.errors import StudyError
from pipeline.study.repository import ROOT, around
from pipeline.tracking.client import Client

LOCKED = 5.0  # seconds that another program may hold a SQLite file
UI = "http://127.0.0.1:5000"  # where MLflow shows a store of this machine

# A user's own settings have precedence. Calls are not retried: one that timed out may have been
# carried out, and the next sync finds its result.
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


def off() -> bool:
    """Whether the user has turned tracking off."""
    return os.environ.get("DSTAR_TRACKING", "").lower() == "off"


def home(root: Path) -> Path:
    """The folder of the store. DVC runs experiments in copies of the study, which it deletes;
    DVC_ROOT is the study itself.

    root: the folder with runs/.
    """
    return Path(os.environ.get("DVC_ROOT") or root).resolve()


def decides(root: Path) -> bool:
    """Whether this folder decides which runs are current: a copy in which DVC runs an experiment
    does not.
    """
    return home(root) / ".dvc" not in root.resolve().parents


def study(root: Path) -> str:
    """The name of a study in the store: its folder in the repository.

    root: the folder with runs/; the top of the repository is "dstar".
    """
    within = root.resolve()
    return within.relative_to(ROOT).as_posix() if ROOT in within.parents else "dstar"


def address(root: Path) -> str:
    """The store's URI. root: the folder with runs/."""
    return os.environ.get("MLFLOW_TRACKING_URI") or sqlite_uri(home(root) / "mlflow.db")


def sqlite_uri(file: Path) -> str:
    """The URI of a SQLite file.

    SQLAlchemy ends the path at a question mark and decodes %XX. For a plain sqlite:// URI MLflow
    derives the parent folder in another way, so a quoted path also names the driver.
    """
    path = quoted = str(file)
    for letter in "%?#":
        quoted = quoted.replace(letter, f"%{ord(letter):X}")
    return f"sqlite:///{path}" if path == quoted else f"sqlite+pysqlite:///{quoted}"


def is_remote(uri: str) -> bool:
    """Whether the store is on a network server."""
    return not uri.startswith(("sqlite", "file:"))


def public(uri: str) -> str:
    """The URI without secrets: user, password and query are removed.

    A password may contain any letter, "@", "/" and "?" too, so all before the last "@" is removed.
    """
    scheme, colon, rest = uri.partition("://")
    if not colon:
        scheme, rest = "", uri
    if is_remote(uri):
        rest = rest.rpartition("@")[2]
    return f"{scheme}{colon}{rest.partition('?')[0]}"


def hides_secrets(uri: str) -> bool:
    """Whether the URI contains secrets, so that no message that quotes it may be printed."""
    return public(uri) != uri


def shown(root: Path) -> str:
    """Where the user can see the store, and the command for it. root: the folder with runs/."""
    uri, place = address(root), home(root)
    if is_remote(uri):
        return public(uri)
    if around(place) == place:
        return f"{UI} (make mlflow)"
    return f"{UI} (mlflow server --backend-store-uri {shlex.quote(uri)})"


def held(root: Path, patience: float) -> AbstractContextManager[None]:
    """A lock: one process at a time reads the store's content and adds what is missing."""
    return lock.alone(home(root) / "mlflow.db.lock", patience)


def opened(root: Path) -> Client:
    """A client of the store, which is created if there is none. root: the folder with runs/."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import mlflow  # takes 2 s

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    uri, artifacts = address(root), None
    if uri.startswith("sqlite"):
        artifacts = _sqlite(uri)
    return Client(mlflow.MlflowClient(tracking_uri=uri), artifacts)


def _sqlite(uri: str) -> Path:
    """Prepares a SQLite store. Returns the folder of its images, beside it."""
    from sqlalchemy import Engine, event, make_url

    file = Path(make_url(uri).database or "").absolute()
    if "MLFLOW_TRACKING_URI" not in os.environ and sqlite_uri(file) != uri:
        raise StudyError(f"{uri} would be read as {file}; set MLFLOW_TRACKING_URI")
    if not event.contains(Engine, "connect", _unhurried):
        event.listen(Engine, "connect", _unhurried)
    artifacts = file.with_name("mlartifacts")
    _prepare(file, artifacts)
    return artifacts


def _unhurried(connection: object, _: object) -> None:
    """Turns off syncing per commit, 10 ms each: with a write-ahead log a kill loses none."""
    if (
        isinstance(connection, sqlite3.Connection)
        and "wal" in connection.execute("PRAGMA journal_mode").fetchone()
    ):
        connection.execute("PRAGMA synchronous=NORMAL")


def _settle(database: sqlite3.Connection, artifacts: str) -> None:
    """Updates the folder of images in the store of a repository that was moved or copied.

    MLflow stores the folder when an experiment is created, and has no call to change it: a copy
    would go on writing to the original. artifacts: URI of the folder.
    """
    at = "/mlartifacts/"
    places = database.execute(
        "SELECT experiment_id, artifact_location FROM experiments"
    ).fetchall()
    for experiment, place in places:
        before, _, rest = (place or "").rpartition(at)
        old, new = f"{before}{at}{rest}", f"{artifacts}/{rest}"
        if before and old != new:
            for table, uri in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
                put = f"UPDATE {table} SET {uri} = replace({uri}, ?, ?) WHERE experiment_id = ?"
                database.execute(put, (old, new, experiment))


def _prepare(file: Path, artifacts: Path) -> None:
    """Checks that a SQLite store is intact and writable, or creates it.

    MLflow migrates a new file in place: two processes at once, or a kill, would leave it broken
    for ever. So it is created under a private name and linked into place when complete. MLflow
    would retry a damaged file for 100 s.
    """
    if file.exists():
        with closing(sqlite3.connect(file, timeout=LOCKED)) as database:
            database.execute("BEGIN IMMEDIATE")
            _settle(database, artifacts.as_uri())
            database.commit()
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f"{file.name}.", dir=file.parent))
    try:
        new = workshop / "new.db"
        SqlAlchemyStore(sqlite_uri(new), artifacts.as_uri()).engine.dispose()
        with closing(sqlite3.connect(new)) as database:
            # Readers, such as the UI, and writers do not block each other. The mode is persistent.
            database.execute("PRAGMA journal_mode=WAL")
        with suppress(FileExistsError):  # another process was faster: its store is equivalent
            os.link(new, file)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
