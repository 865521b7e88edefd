"""The window shows a training while it runs, and is no part of it."""

import sys
import time

import pytest

from pipeline.tracking import window
from tests.tracking.study import Shelf, curve_rows, evaluated, unit, write_curves


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(window, "EVERY", 0.05)
    monkeypatch.setattr(window, "SHARE", 1.0)


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def in_training(directory, rounds, fingerprint="a" * 16):
    """A unit that has logged the rounds up to here and is not done."""
    unit(directory, fingerprint)
    for name in ("samples.npz", "weights.npz", "done.json"):
        (directory / name).unlink()
    write_curves(directory, curve_rows(rounds))


KEY = "train/discriminator/real"


def test_curves_grow_in_the_store_while_the_unit_trains(root, capfd):
    work = root / "work/a"
    shelf = Shelf(window.address(root))
    with window.window({"ring/gan": work, "ring/later": root / "work/b"}, root, delay=0.0):
        in_training(work, (0, 10))
        wait_for(shelf.parents)
        (live,) = shelf.parents()
        wait_for(lambda: len(shelf.points(live, KEY)) == 2)
        assert live.info.status == "RUNNING"
        assert live.data.tags["dstar.current"] == "false"
        write_curves(work, curve_rows((0, 10, 20)))
        wait_for(lambda: len(shelf.points(live, KEY)) == 3)
        unit(work)
    (ended,) = shelf.parents()
    assert ended.info.run_id == live.info.run_id
    assert ended.info.status == "FINISHED"
    assert [r for r, _ in shelf.points(ended, KEY)] == [0, 10, 20, 30, 40]

    unit(root / "runs/ring/gan")
    evaluated(root)
    window.track_sync(root)
    (kept,) = shelf.parents()
    assert kept.info.run_id == live.info.run_id
    assert [r for r, _ in shelf.points(kept, KEY)] == [0, 10, 20, 30, 40]
    assert kept.data.tags["dstar.current"] == "true"
    assert len(shelf.children(kept)) == 3
    assert capfd.readouterr() == ("", "")


def test_a_killed_training_is_continued_in_the_same_run_without_doubled_points(root):
    work = root / "work/a"
    in_training(work, (0, 10, 20))
    window._open(root).follow("ring/gan", work, last=False)  # and then the process is killed
    shelf = Shelf(window.address(root))
    (killed,) = shelf.parents()
    assert killed.info.status == "RUNNING"

    in_training(work, (0, 10))  # back to the checkpoint
    again = window._open(root)
    again.follow("ring/gan", work, last=False)
    write_curves(work, curve_rows((0, 10, 20, 30)))
    again.follow("ring/gan", work, last=False)
    # A kill between the points and the note of what was sent: they are sent again.
    shelf.client.set_tag(killed.info.run_id, "dstar.sent", "10")
    unit(work)
    window._open(root).follow("ring/gan", work, last=True)

    (ended,) = shelf.parents()
    assert ended.info.run_id == killed.info.run_id
    assert ended.info.status == "FINISHED"
    assert [r for r, _ in shelf.points(ended, KEY)] == [0, 10, 20, 30, 40]


def test_a_sync_that_was_cut_short_is_continued(root, monkeypatch, capfd):
    unit(root / "runs/ring/gan")
    send = window.Mirror._replica

    def fail_at_the_third(self, parent, children, short, replica, *rest):
        if replica == 2:
            self._create("ring", short, {"dstar.kind": "replica", "dstar.seed": "2"})
            raise ConnectionError("gone")
        send(self, parent, children, short, replica, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(window.Mirror, "_replica", fail_at_the_third)
        assert not window.track_sync(root)
    assert "gone" in capfd.readouterr().err
    assert window.track_sync(root)

    shelf = Shelf(window.address(root))
    (parent,) = shelf.parents()
    assert parent.info.status == "FINISHED"
    children = shelf.children(parent)
    assert [child.data.params["seed"] for child in children] == ["0", "1", "2"]
    for run in (parent, *children):
        assert [r for r, _ in shelf.points(run, KEY)] == [0, 10, 20, 30, 40]


def test_what_was_sent_is_not_sent_again(root, monkeypatch):
    import mlflow

    sent = []
    send = mlflow.MlflowClient.log_batch

    def count(self, run_id, metrics=(), params=(), tags=()):
        sent.extend((run_id, m.key, m.step) for m in metrics)
        return send(self, run_id, metrics, params, tags)

    monkeypatch.setattr(mlflow.MlflowClient, "log_batch", count)
    work = root / "work/a"
    for rounds in ((0,), (0, 10), (0, 10), (0, 10, 20, 30, 40)):
        in_training(work, rounds)
        window._open(root).follow("ring/gan", work, last=False)
    assert len(sent) == 2 * 5
    unit(root / "runs/ring/gan")
    window.track_sync(root)
    Shelf(window.address(root)).client.delete_tag(sent[0][0], "dstar.mirrored")  # cut short
    window.track_sync(root)
    assert len(sent) == len(set(sent)) == 2 * 5 * 4


def test_a_training_that_fails_fails_as_without_the_window(root):
    in_training(root / "work/a", (0, 10))
    unit(root / "work/b", "b" * 16)
    units = {"ring/gan": root / "work/a", "ring/other": root / "work/b"}
    shelf = Shelf(window.address(root))

    def train():
        with window.window(units, root, delay=0.0):
            wait_for(lambda: len(shelf.parents()) == 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    status = {run.info.run_name: run.info.status for run in shelf.parents()}
    assert status == {"gan": "KILLED", "other": "FINISHED"}


def test_a_short_training_leaves_the_store_to_the_sync(place, monkeypatch):
    monkeypatch.setattr(window, "_open", lambda _: pytest.fail("the store was opened"))
    unit(place / "work/a")
    began = time.monotonic()
    with window.window({"ring/gan": place / "work/a"}, place):
        pass
    assert time.monotonic() - began < 1
    assert not (place / "mlflow.db").exists()


def test_a_person_may_watch_from_the_start(root, monkeypatch):
    monkeypatch.setenv("DSTAR_TRACKING", "live")
    monkeypatch.setattr(window, "LIVE", 0.0)
    in_training(root / "work/a", (0, 10))
    shelf = Shelf(window.address(root))
    with window.window({"ring/gan": root / "work/a"}, root):
        wait_for(shelf.parents)


def test_switched_off_nothing_happens_and_nothing_is_said(place, monkeypatch, capfd):
    monkeypatch.setenv("DSTAR_TRACKING", "off")
    monkeypatch.setattr(window, "_open", lambda _: pytest.fail("the store was opened"))
    unit(place / "runs/ring/gan")
    with window.window({"ring/gan": place / "runs/ring/gan"}, place, delay=0.0):
        time.sleep(0.2)
    assert window.track_sync(place)
    assert capfd.readouterr() == ("", "")
    assert not list(place.glob("mlflow.db*"))


def test_without_mlflow_one_line_says_so(place, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    unit(place / "runs/ring/gan")
    with window.window({"ring/gan": place / "runs/ring/gan"}, place, delay=0.0):
        time.sleep(0.2)
    assert not window.track_sync(place)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("tracking: mlflow is not installed")


def test_without_runs_there_is_no_store(place, monkeypatch):
    monkeypatch.setattr(window, "_open", lambda _: pytest.fail("the store was opened"))
    assert window.track_sync(place)
