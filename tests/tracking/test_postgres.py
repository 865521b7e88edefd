"""A study on a real `mlflow server` with PostgreSQL behind it and an artifact store of its own."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import closing, suppress

import pytest

from tests.tracking.study import Shelf, evaluated, track, unit
from tests.tracking.test_server import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("initdb") and shutil.which("postgres")),
        reason="PostgreSQL is not here (apt install postgresql, its bin/ in PATH)",
    ),
]


@pytest.fixture
def database(tmp_path):
    """The address of a PostgreSQL server of this test's own, on loopback."""
    pytest.importorskip("psycopg2", reason="pip install -e '.[server]'")
    place = tmp_path / "postgres"
    place.mkdir()
    as_user = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for folder in (place, *place.parents):
            if folder == place:
                os.chown(folder, 65534, 65534)
            elif folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):
                folder.chmod(folder.stat().st_mode | 0o011)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, log = place / "data", open(tmp_path / "postgres.log", "w", encoding="utf-8")  # noqa: SIM115
    made = ["initdb", "-D", str(data), "-U", "mlflow", "--auth=trust", "-N"]
    subprocess.run([*as_user, *made], check=True, stdout=log, stderr=log, cwd=place)
    command = ["postgres", "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(place)]
    server = subprocess.Popen(
        [*as_user, *command, "-F"], stdout=log, stderr=log, cwd=place, start_new_session=True
    )
    try:
        yield f"postgresql://mlflow@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.fixture
def server(root, database, monkeypatch):
    wait_for_port(int(database.rpartition(":")[2].split("/")[0]))
    found = Server(root, database)
    try:
        found.wait()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", found.uri)
        yield found
    finally:
        found.kill()


def wait_for_port(port):
    deadline = time.monotonic() + 60
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_server_with_postgresql_keeps_a_study_and_takes_it_once(root, server):
    """Every run and replica, and the pictures, which go to the artifact store."""
    unit(root / "runs/ring/gan")
    evaluated(root)
    assert track(root)
    shelf = Shelf(server.uri)
    before = shelf.all()
    assert [run[6] for run in before] == [["samples.png"], [], [], []]
    assert list((root / "mlartifacts").rglob("samples.png"))
    assert track(root)
    assert shelf.all() == before
