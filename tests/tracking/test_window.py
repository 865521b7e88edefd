"""The live window shows a training while it runs, without affecting it."""

import time

import pytest

from pipeline.tracking import store, window
from tests.tracking.study import Shelf, curve_rows, evaluated, track, unit, write_curves


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(window, "EVERY", 0.05)
    monkeypatch.setattr(window, "SHARE", 1.0)


def wait_for(condition):
    deadline = time.monotonic() + 120
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
    shelf = Shelf(store.address(root))
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
    track(root)
    (kept,) = shelf.parents()
    assert kept.info.run_id == live.info.run_id
    assert [r for r, _ in shelf.points(kept, KEY)] == [0, 10, 20, 30, 40]
    assert kept.data.tags["dstar.current"] == "true"
    assert len(shelf.children(kept)) == 3
    assert capfd.readouterr() == ("", "")


def test_a_killed_training_is_continued_in_the_same_run_without_doubled_points(root):
    work = root / "work/a"
    in_training(work, (0, 10, 20))
    window.opened(root).follow("ring/gan", work, last=False)  # and then the process is killed
    shelf = Shelf(store.address(root))
    (killed,) = shelf.parents()
    assert killed.info.status == "RUNNING"

    in_training(work, (0, 10))  # back to the checkpoint
    again = window.opened(root)
    again.follow("ring/gan", work, last=False)
    write_curves(work, curve_rows((0, 10, 20, 30)))
    again.follow("ring/gan", work, last=False)
    # A kill between the points and the note of what was sent: they are sent again.
    shelf.client.set_tag(killed.info.run_id, "dstar.sent", "10")
    unit(work)
    window.opened(root).follow("ring/gan", work, last=True)

    (ended,) = shelf.parents()
    assert ended.info.run_id == killed.info.run_id
    assert ended.info.status == "FINISHED"
    assert [r for r, _ in shelf.points(ended, KEY)] == [0, 10, 20, 30, 40]


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
        window.opened(root).follow("ring/gan", work, last=False)
    assert len(sent) == 2 * 5
    unit(root / "runs/ring/gan")
    track(root)
    Shelf(store.address(root)).client.delete_tag(sent[0][0], "dstar.mirrored")  # cut short
    track(root)
    assert len(sent) == len(set(sent)) == 2 * 5 * 4


def test_a_training_that_fails_fails_as_without_the_window(root):
    in_training(root / "work/a", (0, 10))
    unit(root / "work/b", "b" * 16)
    units = {"ring/gan": root / "work/a", "ring/other": root / "work/b"}
    shelf = Shelf(store.address(root))

    def train():
        with window.window(units, root, delay=0.0):
            wait_for(lambda: len(shelf.parents()) == 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    status = {run.info.run_name: run.info.status for run in shelf.parents()}
    assert status == {"ring/gan": "KILLED", "ring/other": "FINISHED"}


def test_a_short_training_leaves_the_store_to_the_sync(place, monkeypatch):
    monkeypatch.setattr(window, "opened", lambda _: pytest.fail("the store was opened"))
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
    shelf = Shelf(store.address(root))
    with window.window({"ring/gan": root / "work/a"}, root):
        wait_for(shelf.parents)


def test_switched_off_nothing_happens_and_nothing_is_said(place, monkeypatch, capfd):
    monkeypatch.setenv("DSTAR_TRACKING", "off")
    monkeypatch.setattr(window, "opened", lambda _: pytest.fail("the store was opened"))
    unit(place / "runs/ring/gan")
    with window.window({"ring/gan": place / "runs/ring/gan"}, place, delay=0.0):
        time.sleep(0.2)
    assert capfd.readouterr() == ("", "")
    assert not list(place.glob("mlflow.db*"))
