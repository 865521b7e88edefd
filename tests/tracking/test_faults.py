"""A store that is down, unresponsive, broken or locked costs one line and a few seconds."""

import os
import re
import shutil
import socket
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.tracking import faults, store, sync, window
from tests.tracking.study import Shelf, track, unit


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Shorter than a person's settings, so that the tests are."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def one_line(capfd):
    out, err = capfd.readouterr()
    (line,) = err.splitlines()
    assert out == ""
    assert line.startswith("tracking: ")
    assert line.endswith("`python -m pipeline track` fills the gap later")
    assert len(line) < 500
    return line


def costs_one_line(place, capfd, seconds):
    """A training under the window and a sync, both with the store at fault."""
    unit(place / "work/a")
    unit(place / "runs/ring/gan")
    import mlflow  # noqa: F401  its import is not the fault's cost

    began = time.monotonic()
    with window.window({"ring/gan": place / "work/a"}, place, delay=0.0):
        result = sum(range(100))
        time.sleep(0.3)
    assert not track(place)
    assert time.monotonic() - began < seconds
    assert result == 4950
    return one_line(capfd)


def test_a_server_that_is_down(place, monkeypatch, capfd):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://someone:secret@127.0.0.1:{port}")
    line = costs_one_line(place, capfd, seconds=5)
    assert f"127.0.0.1:{port}" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    "secret", ["pass", "p@ss", "p/a/ss", "p?ss", "p#ss", "p%40ss", "p:a@b/c?d=e@f", "pä ss"]
)
def test_no_part_of_a_password_is_printed_or_stored(place, monkeypatch, capfd, secret):
    """Whatever letters it has: the client's own messages quote pieces of the address."""
    for where in (f"//someone:{secret}@127.0.0.1:1/x", f"//127.0.0.1:1/?password={secret}"):
        faults._warned.clear()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http:{where}")
        unit(place / "runs/ring/gan")
        assert not track(place)
        line = one_line(capfd) + store.shown(place)
        for piece in re.split(r"[@/?#:=]", f"someone@{secret}"):
            assert piece not in line.replace("127.0.0.1", "") or len(piece) < 3
    for uri, shown in {
        "postgresql://me:a@b/c@host:5/db?sslmode=x": "postgresql://host:5/db",
        "https://host/path": "https://host/path",
        "databricks": "databricks",
        "me:secret@host": "host",
    }.items():
        assert store.public(uri) == shown


def test_a_password_of_the_environment_is_not_printed(place, monkeypatch, capfd):
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    faults.warn("401 for user me with hunter2")
    assert "hunter2" not in one_line(capfd)


def test_a_server_that_is_silent(place, monkeypatch, capfd):
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(20)
        port = silent.getsockname()[1]
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        costs_one_line(place, capfd, seconds=8)


@contextmanager
def server(answer):
    """A server on loopback that answers every request with answer(handler)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer(self)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


def test_a_server_that_always_fails(place, monkeypatch, capfd):
    with server(lambda handler: handler.send_error(500)) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        costs_one_line(place, capfd, seconds=8)


def test_a_server_that_is_something_else(place, monkeypatch, capfd):
    def page(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"<html>A printer</html>")

    with server(page) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        costs_one_line(place, capfd, seconds=8)


def test_a_server_that_drips_is_left_after_a_silence(place, monkeypatch, capfd):
    """A byte now and then never lets a request time out: only a clock of our own ends it."""
    over = threading.Event()

    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.2):
            handler.wfile.write(b" ")

    with server(drip) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        monkeypatch.setattr(window, "PATIENCE", 1.0)
        unit(place / "runs/ring/gan")
        import mlflow  # noqa: F401

        began = time.monotonic()
        with window.window({"ring/gan": place / "runs/ring/gan"}, place, delay=0.0):
            time.sleep(0.5)
        assert time.monotonic() - began < 3
        assert "slow" in one_line(capfd)
        faults._warned.clear()
        monkeypatch.setattr(store, "held", lambda *_: threading.Lock())
        monkeypatch.setattr(sync, "SILENCE", 1.0)
        assert not track(place)
        assert "does not answer" in one_line(capfd)
        over.set()
        for thread in threading.enumerate():
            if thread.name == "tracking":
                thread.join()


def test_a_damaged_store_is_left_as_it_is(place, capfd):
    (place / "mlflow.db").write_bytes(b"not a database" * 100)
    line = costs_one_line(place, capfd, seconds=5)
    assert "not a database" in line
    assert (place / "mlflow.db").read_bytes() == b"not a database" * 100


def test_a_locked_store(root, monkeypatch, capfd):
    monkeypatch.setattr(store, "LOCKED", 0.5)
    with closing(sqlite3.connect(root / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "locked" in costs_one_line(root, capfd, seconds=8)
    faults._warned.clear()
    assert track(root)


def test_a_store_that_another_process_is_writing(root, monkeypatch, capfd):
    unit(root / "runs/ring/gan")
    monkeypatch.setattr(sync, "WAIT", 0.2)
    with store.held(root, 1.0):
        assert not track(root)
    assert "another process" in one_line(capfd)


def test_a_folder_in_place_of_the_store(place, capfd):
    (place / "mlflow.db").mkdir()
    costs_one_line(place, capfd, seconds=5)


def test_who_loses_the_race_to_make_the_store_uses_the_winners(place, template, monkeypatch):
    link = os.link

    def late(made, target):
        shutil.copy(template, target)
        link(made, target)

    class Quick:
        """Migrates nothing: what is made under the private name is not used."""

        def __init__(self, *_):
            self.engine = self

        def dispose(self):
            pass

    unit(place / "runs/ring/gan")
    with monkeypatch.context() as patch:
        patch.setattr("mlflow.store.tracking.sqlalchemy_store.SqlAlchemyStore", Quick)
        patch.setattr(os, "link", late)
        store._prepare(place / "mlflow.db", place / "mlartifacts")
    assert track(place)
    assert len(Shelf(store.address(place)).runs()) == 4
    assert sorted(p.name for p in place.glob("mlflow.db.*")) == ["mlflow.db.lock"]
