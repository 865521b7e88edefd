"""A task by itself: this process is the node, and references are what they refer to."""

import sys
from types import SimpleNamespace

import pytest

from pipeline.execution import done, times
from pipeline.results import lock
from pipeline.study.errors import BUSY, DATA, StudyError
from tests import tiny
from tests.execution.interrupted import unit

ray = pytest.importorskip("ray", reason="Ray is not here: pip install -e '.[cluster]'")

from pipeline.cluster import node, pieces, tasks, training  # noqa: E402


@pytest.fixture
def there(monkeypatch, tmp_path):
    """This process is a node: references are what they refer to."""
    context = SimpleNamespace(get_node_id=lambda: "0123456789")
    fake = SimpleNamespace(
        get=lambda reference: reference,
        get_runtime_context=lambda: context,
        util=SimpleNamespace(get_node_ip_address=lambda: "10.0.0.7"),
    )
    monkeypatch.setattr(tasks, "ray", fake)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def asked(**changes):
    like = node.likeness("cpu", 1, ["pipeline.models.gan"])
    modules = ["pipeline.models.gan"]
    return {
        "device": "cpu",
        "threads": 1,
        "modules": modules,
        "every": 0.0,
        "like": like,
    } | changes


def test_the_time_between_checkpoints_grows_with_what_they_take():
    assert tasks.wait(3.0, 0.01) == 3.0
    assert tasks.wait(3.0, 0.1) == pytest.approx(5.0)
    assert tasks.wait(3.0, 10.0) == tasks.MOST
    assert tasks.wait(20.0, 10.0) == 20.0


def test_a_task_says_first_where_it_runs_and_last_what_it_took(there):
    def work():
        yield {"round": 3}
        print("a line", file=sys.stderr)
        yield {"round": 4}

    first, *found, last = tasks._accepted(asked(), work)
    assert first["node"] == "0123456789"
    assert first["where"] == "10.0.0.7/012345"
    assert first["device"] == asked()["like"]["device"]
    assert found == [{"round": 3}, {"line": "a line"}, {"round": 4}]
    assert last["done"] is True
    assert 0 <= last["cpu"] < 60


def test_a_node_that_differs_does_nothing(there):
    like = asked()["like"] | {"torch": "1.0"}
    messages = list(tasks._accepted(asked(like=like), lambda: pytest.fail("it works")))
    assert [key for m in messages for key in m][3:] == ["refused"]


def test_a_fault_with_a_name_is_the_last_message(there):
    def work():
        yield {"round": 3}
        raise StudyError("no data", DATA)

    *_, last = tasks._accepted(asked(), work)
    assert last == {"failed": "no data", "code": DATA}


def test_a_call_has_its_files_by_name_and_gives_its_value(there, tmp_path, monkeypatch):
    module = tmp_path / "called_there.py"
    module.write_text("from pathlib import Path\ndef f(a, b): return a + Path(b).read_text()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    content = b"content"
    sha = pieces._told(content)[1]
    files = {"runs/toy/gan/x.txt": (sha, [content[:3], content[3:]])}
    what = [("called_there", "f", ("its ", "runs/toy/gan/x.txt"))]
    assert list(tasks._call(what, files)) == [{"result": "its content"}]


def send(folder, name):
    content = (folder / name).read_bytes()
    return pieces._told(content)[1], [content]


def test_a_unit_is_trained_there_to_the_bytes_of_here(there, folder, whole):
    u = unit(folder)
    messages = list(tasks.train(asked(), [u], {"data/ring.npz": send(folder, "data/ring.npz")}))
    inbox = pieces.Inbox(u.folder)
    for message in messages:
        if "file" in message:
            inbox.take(message)
    reached = [message["saved"] for message in messages if "saved" in message]
    assert reached == sorted(reached)
    assert reached
    assert tiny.result(u) == whole[0]
    assert done.is_done(u)
    assert not list((node.root() / "tasks").iterdir())


def test_a_task_goes_on_from_the_checkpoint_that_comes_with_it(there, folder, whole, monkeypatch):
    monkeypatch.setattr(tasks, "SHARE", 1e9)
    u = unit(folder)
    going = tasks.train(asked(), [u], {"data/ring.npz": send(folder, "data/ring.npz")})
    sent, inbox = [], pieces.Inbox(u.folder)
    while not sent or sent[-1].get("saved", 0) < 20:
        sent.append(next(going))
    going.close()
    for message in sent:
        if "file" in message:
            inbox.take(message)
    linked = SimpleNamespace(
        keep=lambda file: send(folder, file),
        put=lambda file: send(folder, file),
        start=lambda *given: given,
    )
    job = training.Training(u, SimpleNamespace(told=lambda *_, **__: None))
    function, label, modules, what, files = job.start(linked)
    assert (function, label, modules) == ("train", "toy.gan", ["pipeline.models.gan"])
    assert what is u
    assert sum("checkpoint" in name for name in files) == 1
    assert {"data/ring.npz", "folder/curves.csv"} <= files.keys()
    with pytest.raises(StudyError) as held, lock.alone(u.folder / "lock", 0.0):
        pass
    assert held.value.code == BUSY
    messages = list(tasks.train(asked(), [u], files))
    assert min(message.get("saved", 40) for message in messages) > 20
    for message in messages:
        job.take(message, "there")
    assert job.over
    assert job.reached >= 30
    assert times.training_seconds(u.folder) > 0
    assert tiny.result(u) == whole[0]
    with lock.alone(u.folder / "lock", 0.0):
        pass
