"""With a real MLflow server, and with a store that several processes create at once."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing

import pytest

from pipeline.tracking import store, window
from tests.tracking.study import Shelf, curve_rows, evaluated, track, unit, write_curves

pytestmark = pytest.mark.slow
KEY = "train/discriminator/real"


class Server:
    """`mlflow server` on loopback, in a process group of its own."""

    def __init__(self, folder, database=None):
        """database: its address; default: SQLite."""
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        command += ["--backend-store-uri", database or f"sqlite:///{folder / 'mlflow.db'}"]
        command += ["--artifacts-destination", str(folder / "mlartifacts")]
        quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        with open(folder / "server.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command, env=os.environ | quiet, stdout=log, stderr=log, start_new_session=True
            )

    def wait(self):
        deadline = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(f"{self.uri}/health", timeout=5):
                    return
            except OSError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def server(root, monkeypatch):
    found = Server(root)
    try:
        found.wait()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", found.uri)
        yield found
    finally:
        found.kill()


def test_a_server_keeps_a_study_and_may_die_in_the_middle_of_a_training(
    root, server, monkeypatch, capfd
):
    """It costs one line; what it has then is completed when its store is there again."""
    unit(root / "runs/ring/gan")
    evaluated(root)
    assert track(root)
    shelf = Shelf(server.uri)
    before = shelf.all()
    assert track(root)
    assert shelf.all() == before
    assert [run[6] for run in before] == [["model", "samples.png"], [], [], []]

    monkeypatch.setattr(window, "EVERY", 0.05)
    work = root / "work/b"
    unit(work, "b" * 16)
    write_curves(work, curve_rows((0, 10)))
    began = time.monotonic()
    with window.window({"ring/gan": work}, root, delay=0.0):
        while len(shelf.parents()) < 2 or not shelf.points(shelf.parents()[1], KEY):
            assert time.monotonic() - began < 30
            time.sleep(0.05)
        server.kill()
        began = time.monotonic()
        unit(work, "b" * 16)
        time.sleep(0.3)
    assert time.monotonic() - began < 12
    unit(root / "runs/ring/gan", "b" * 16)
    for name in ("samples.npz", "weights.npz"):  # pictures and models can only go through a server
        (root / "runs/ring/gan" / name).unlink()
    assert not track(root)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"tracking: {server.uri} failed")

    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    evaluated(root, fingerprint="b" * 16)
    assert track(root)
    old, new = Shelf(store.address(root)).parents()
    assert (old.data.tags["dstar.current"], new.data.tags["dstar.current"]) == ("false", "true")
    assert new.info.status == "FINISHED"
    points = Shelf(store.address(root)).points(new, KEY)
    assert [r for r, _ in points] == [0, 10, 20, 30, 40]
    assert len(Shelf(store.address(root)).children(new)) == 3


def test_three_processes_may_make_the_store_at_once(place):
    """And one run of the study is one run of the store, whoever came first."""
    unit(place / "runs/ring/gan")
    evaluated(place)
    command = [sys.executable, "-c", "from tests.tracking.study import track; track('.')"]
    here = os.environ | {"PYTHONPATH": os.getcwd()}
    processes = [
        subprocess.Popen(
            command, cwd=place, env=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert said == [b"", b"", b""]
    assert [process.returncode for process in processes] == [0, 0, 0]
    shelf = Shelf(store.address(place))
    (parent,) = shelf.parents()
    assert len(shelf.children(parent)) == 3
    assert [r for r, _ in shelf.points(parent, KEY)] == [0, 10, 20, 30, 40]
    assert sorted(p.name for p in place.glob("mlflow.db.*")) == ["mlflow.db.lock"]
