"""Where MLflow's store is, and how it is opened.

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


def off() -> bool:
    """Whether a person wants no tracking."""
    return os.environ.get("DSTAR_TRACKING", "").lower() == "off"


def home(root: Path) -> Path:
    """Where the store stands: DVC tries experiments in copies of the study, which it deletes;
    DVC_ROOT is the study itself.

    root: the folder with runs/.
    """
    return Path(os.environ.get("DVC_ROOT") or root).resolve()


def decides(root: Path) -> bool:
    """Whether this folder says which runs are current: a copy in which DVC tries an experiment
    does not.
    """
    return home(root) / ".dvc" not in root.resolve().parents


def study(root: Path) -> str:
    """The name under which a study stands in the store: its folder in the repository.

    root: the folder with runs/; the top of the repository is "dstar".
    """
    within = root.resolve()
    return within.relative_to(ROOT).as_posix() if ROOT in within.parents else "dstar"


def address(root: Path) -> str:
    """The store's URI. root: the folder with runs/."""
    return os.environ.get("MLFLOW_TRACKING_URI") or sqlite_uri(home(root) / "mlflow.db")


def sqlite_uri(file: Path) -> str:
    """The URI of a SQLite file.

    SQLAlchemy cuts the path at a question mark and takes %XX for a letter. Of a plain sqlite://
    MLflow makes the parent folder by another reading, so what is quoted names the driver too.
    """
    path = quoted = str(file)
    for letter in "%?#":
        quoted = quoted.replace(letter, f"%{ord(letter):X}")
    return f"sqlite:///{path}" if path == quoted else f"sqlite+pysqlite:///{quoted}"


def is_remote(uri: str) -> bool:
    """Whether the store stands behind a network."""
    return not uri.startswith(("sqlite", "file:"))


def public(uri: str) -> str:
    """The URI without what a person would not print: user, password and query.

    A password may hold any letter, "@", "/" and "?" too, so all before the last "@" goes.
    """
    scheme, colon, rest = uri.partition("://")
    if not colon:
        scheme, rest = "", uri
    if is_remote(uri):
        rest = rest.rpartition("@")[2]
    return f"{scheme}{colon}{rest.partition('?')[0]}"


def hides_secrets(uri: str) -> bool:
    """Whether the URI holds what is not printed, so that no message that quotes it may be."""
    return public(uri) != uri


def shown(root: Path) -> str:
    """Where a person sees the store, and what to type for it. root: the folder with runs/."""
    uri, place = address(root), home(root)
    if is_remote(uri):
        return public(uri)
    if around(place) == place:
        return f"{UI} (make mlflow)"
    return f"{UI} (mlflow server --backend-store-uri {shlex.quote(uri)})"


def held(root: Path, patience: float) -> AbstractContextManager[None]:
    """One process at a time looks up what the store has and adds what is missing."""
    return lock.alone(home(root) / "mlflow.db.lock", patience)


def opened(root: Path) -> Client:
    """The store, made when there is none. root: the folder with runs/."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import mlflow  # 2 s, so only where it is used

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    uri, artifacts = address(root), None
    if uri.startswith("sqlite"):
        artifacts = _sqlite(uri)
    return Client(mlflow.MlflowClient(tracking_uri=uri), artifacts)


def _sqlite(uri: str) -> Path:
    """See to a SQLite store. Returns the folder of its pictures, beside it."""
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
    """Let no commit wait for the disk, 10 ms each: with a write-ahead log a kill loses none."""
    if (
        isinstance(connection, sqlite3.Connection)
        and "wal" in connection.execute("PRAGMA journal_mode").fetchone()
    ):
        connection.execute("PRAGMA synchronous=NORMAL")


def _settle(database: sqlite3.Connection, artifacts: str) -> None:
    """Let the store of a repository that was moved or copied name the pictures beside it.

    MLflow keeps their folder as it was when an experiment was made, and has no call to change it:
    a copy would go on writing to the first. artifacts: URI of the folder.
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
    """See that a SQLite store is sound and can be written to, or make it.

    MLflow migrates a new file in place: two processes at once, or a kill, leave it broken for
    ever. So it is made under a private name and linked into place whole. And MLflow would try
    a damaged file for 100 s.
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
            # Readers, like the UI, and writers do not wait for each other. It stays in the file.
            database.execute("PRAGMA journal_mode=WAL")
        with suppress(FileExistsError):  # another process was faster: its store is as good
            os.link(new, file)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
