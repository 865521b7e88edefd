"""Jobs, tasks and the link, each by itself: what Ray would do is done here, at once."""

import os
import signal
import sys
from collections import Counter
from types import SimpleNamespace

import pytest

from pipeline.execution import done, parts, times, units, worker
from pipeline.results import lock
from pipeline.stages import check
from pipeline.study.errors import BUSY, DATA, RESOURCE, StudyError
from tests import tiny
from tests.execution.interrupted import unit

ray = pytest.importorskip("ray", reason="Ray is not here: pip install -e '.[cluster]'")

from pipeline.cluster import driver, link, measuring, node, pieces, tasks, training  # noqa: E402

HERE = {"node": "n1", "where": "10.0.0.1/n1", "device": "a CPU"}
DONE = {"done": True, "cpu": 2.0}


class Job:
    """A job whose attempts are lists of messages; an exception in one is raised there."""

    def __init__(self, label, *attempts):
        self.label, self.attempts = label, list(attempts)
        self.reached, self.over, self.began = 0, False, 0
        self.taken, self.errors, self.losses = [], [], 0

    def start(self, _):
        self.began += 1
        messages = self.attempts.pop(0)
        if isinstance(messages, Exception):
            raise messages
        return iter(messages)

    def take(self, message, where):
        self.taken.append((message, where))
        self.reached = message.get("saved", self.reached)
        self.over |= "done" in message

    def failed(self, error):
        self.errors.append(error)
        self.over = True

    def lost(self):
        self.losses += 1


class Link(SimpleNamespace):
    first, device, settings = None, "cpu", SimpleNamespace(threads=1)

    def slots(self):
        return 1

    def able(self):
        return [1]

    def refuse(self, identity, where, why):
        self.refused[identity] = where
        return f"node {where} is left out: {why}"


@pytest.fixture
def run(monkeypatch):
    """A driver of these jobs; .told: its lines, .cancelled: tasks that it has ended."""
    monkeypatch.setattr(driver, "PAUSE", 0.0)
    cancelled = []

    def get(message):
        if isinstance(message, Exception):
            raise message
        return message

    fake = SimpleNamespace(
        wait=lambda tasks, num_returns, timeout: (tasks[:num_returns], tasks[num_returns:]),
        get=get,
        cancel=cancelled.append,
    )
    monkeypatch.setattr(driver, "ray", fake)

    def made(*jobs):
        found = driver.Driver(Link(refused={}), (told := []).append)
        for job in jobs:
            found.add(job)
        found.told, found.cancelled = told, cancelled
        return found

    return made


def test_each_job_is_yielded_when_all_of_it_is_here(run):
    a, b = Job("a", [HERE, {"saved": 1}, DONE]), Job("b", [HERE, DONE])
    found = run(a, b)
    assert Counter(job.label for job in found.run()) == {"a": 1, "b": 1}
    assert a.taken == [({"saved": 1}, "10.0.0.1/n1"), (DONE, "10.0.0.1/n1")]
    assert found.cpu == 4.0
    assert found.link.first == "a CPU"
    assert not found.tries
    assert found.told == []


def test_no_more_tasks_are_in_flight_than_two_for_each_slot(run):
    jobs = [Job(str(i), [HERE, DONE]) for i in range(6)]
    found, most = run(*jobs), 0
    for _ in found.run():
        most = max(most, len(found.running) + 1)
    assert most == 2
    assert [job.began for job in jobs] == [1] * 6


def test_a_lost_task_is_begun_again_as_long_as_it_gets_further(run):
    attempts = [[HERE, {"saved": i}] for i in range(1, 12)]
    job = Job("a", *attempts, [HERE, DONE])
    found = run(job)
    assert list(found.run()) == [job]
    assert job.began == 12
    assert job.losses == 11
    assert not job.errors
    line = "a: lost on 10.0.0.1/n1 (its task ended early); it is begun again"
    assert found.told == [line] * 11


def test_five_attempts_in_a_row_that_bring_nothing_are_a_failure(run):
    job = Job("a", [HERE, {"saved": 7}], *[[HERE, {"saved": 7}]] * 4, [])
    found = run(job)
    assert list(found.run()) == [job]
    (error,) = job.errors
    assert error.code == RESOURCE
    told = "a: 5 attempts on the cluster have brought nothing; the last, on 10.0.0.1/n1: its task "
    assert str(error).startswith(told)
    assert job.began == 5
    assert len(found.told) == 4


def test_an_error_of_ray_ends_the_attempt_and_is_named(run):
    crashed = ray.exceptions.WorkerCrashedError()
    job = Job("a", [HERE, crashed], [HERE, DONE])
    found = run(job)
    assert list(found.run()) == [job]
    assert len(found.cancelled) == 1
    assert found.told[0].startswith("a: lost on 10.0.0.1/n1 (WorkerCrashedError: ")


def test_a_task_that_says_why_it_fails_is_not_tried_again(run):
    job = Job("a", [HERE, {"failed": "no finite replica", "code": 5}, DONE])
    assert list(run(job).run()) == [job]
    (error,) = job.errors
    assert (str(error), error.code) == ("no finite replica", 5)
    assert job.began == 1


def test_a_node_that_refuses_is_left_out_with_one_warning_and_the_job_goes_elsewhere(run):
    refused = [HERE, {"refused": "torch 2.9 and not 2.13"}]
    jobs = [Job("a", refused, [HERE, DONE]), Job("b", refused, [HERE, DONE])]
    found = run(*jobs)
    assert len(list(found.run())) == 2
    assert found.told == ["warning: node 10.0.0.1/n1 is left out: torch 2.9 and not 2.13"]
    assert [job.losses for job in jobs] == [1, 1]
    assert not found.tries  # a refusal is no attempt


def test_lines_of_a_trainer_are_told(run):
    found = run(Job("a", [HERE, {"line": "warning: x"}, DONE]))
    list(found.run())
    assert found.told == ["warning: x"]


def test_a_folder_that_another_process_holds_is_waited_for(run):
    job = Job("a", StudyError("held", BUSY), [HERE, DONE])
    assert list(run(job).run()) == [job]
    assert (job.began, job.losses) == (2, 0)
    with pytest.raises(StudyError, match="broken"):
        list(run(Job("b", StudyError("broken", DATA))).run())


@pytest.mark.parametrize(
    ("number", "how"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "ended")]
)
def test_a_signal_ends_it_in_one_line(run, number, how):
    jobs = [Job("a", [HERE, DONE]), Job("b", [HERE, DONE])]
    going = run(*jobs).run()
    next(going)
    before = signal.getsignal(signal.SIGUSR1)
    os.kill(os.getpid(), number)
    with pytest.raises(StudyError, match=f"cluster: {how}; run again to go on") as told:
        list(going)
    assert told.value.code == 128 + number
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGUSR1) is before


def test_what_is_waited_for_is_told_after_a_silence(run, monkeypatch):
    monkeypatch.setattr(driver, "SILENCE", -1.0)
    found = run(Job("a", [HERE, DONE]))
    found._fill()
    found._say_what_is_waited_for(True)
    assert found.told == []
    found._say_what_is_waited_for(False)
    assert found.told == ["cluster: 1 tasks wait, 1 nodes may run them; each needs 1 CPU and cpu"]


# Tasks.


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


# Splitting.


@pytest.mark.parametrize(
    ("seconds", "share", "expected"),
    [
        (10.0, 10.0, 1),
        (12.4, 10.0, 1),
        (12.6, 10.0, 2),
        (100.0, 10.0, 10),
        (3.9, 0.1, 2),
        (0, 0, 0),
    ],
)
def test_a_unit_has_as_many_parts_as_even_shares_and_none_is_short(seconds, share, expected):
    assert training._count(seconds, share) == expected


def test_a_unit_is_split_once_and_joined_when_all_its_parts_are_played(folder):
    content = tiny.params(gan={}) | {"chunk": 1}
    content["train"]["seeds"] = [3, 1, 4]
    tiny.write(folder, content)
    (u,) = units.units(check.study(), "toy")
    progress = SimpleNamespace(split=lambda *_: None)
    made = training._pieces(u, 3, progress)
    assert [part.label for part in made] == ["toy.gan[0:1]", "toy.gan[1:2]", "toy.gan[2:3]"]
    assert not training._joined(u)
    for i, part in enumerate(made):
        assert len(training._pieces(u, 3, progress)) == 3 - i
        worker.train(part, 1000.0)
    assert training._joined(u)
    worker.train(u, 1000.0)
    assert done.is_done(u)
    parts.forget(u)
    assert training._pieces(u, 1, progress) == [u]


def test_a_unit_of_one_chunk_is_left_as_it_is(folder):
    u = unit(folder)
    assert training._pieces(u, 3, SimpleNamespace(split=lambda *_: None)) == [u]
    assert [file.name for file in u.folder.iterdir()] == ["lock"]


def test_a_unit_that_another_process_trains_is_not_split(folder):
    u = unit(folder)
    with lock.alone(u.folder / "lock", 0.0):
        assert training._pieces(u, 2, None) == [u]


# The link.


def host(identity, cpus, gpus=0, alive=True):
    return {"NodeID": identity, "Resources": {"CPU": cpus, "GPU": gpus}, "Alive": alive}


def linked(*nodes, threads=1, **fields):
    study = SimpleNamespace(threads=threads)
    return link.Link(study, "10.0.0.1:1", share=0.5, looked=(float("inf"), list(nodes)), **fields)


def test_tasks_that_can_run_at_once():
    assert linked(host("a", 4), host("b", 3), threads=2).slots() == 3
    assert linked(host("a", 1), threads=2).slots() == 1
    assert linked(host("a", 4, 1), host("b", 4, 0), device="cuda").slots() == 2
    assert linked(host("a", 1, 8), device="cuda").slots() == 1
    assert linked(host("a", 4), host("b", 3), refused={"a": "x"}).slots() == 3


def test_a_node_that_is_refused_is_left_out_until_none_is_left():
    found = linked(host("a", 1), host("b", 1), host("c", 0))
    assert found.refuse("a", "10.0.0.1/a", "torch 1") == "node 10.0.0.1/a is left out: torch 1"
    assert [n["NodeID"] for n in found.able()] == ["b"]
    with pytest.raises(
        StudyError, match=r"no node may take part: 10\.0\.0\.1/a: torch 1; 10\."
    ) as e:
        found.refuse("b", "10.0.0.2/b", "torch 2")
    assert e.value.code == RESOURCE
    nowhere = linked(host("c", 0), refused={})
    assert nowhere.refuse("c", "10.0.0.3/c", "x").startswith("node 10.0.0.3/c is left out")


def test_what_a_task_is_started_with(monkeypatch):
    started = {}

    class Task:
        def options(self, **options):
            started.update(options)
            return self

        def remote(self, *given):
            return given

    monkeypatch.setattr(link, "TASKS", {"train": Task()})
    monkeypatch.setattr(link, "ray", SimpleNamespace(put=lambda x: [x]))
    monkeypatch.setattr(link.Link, "_like", lambda self, modules: {"modules": modules})
    found = linked(threads=3)
    given = found.start("train", "toy.gan", ["m"], "what", {"data/x": 1})
    assert given[0] == {
        "device": "cpu", "threads": 3, "modules": ["m"], "every": link.EVERY,
        "like": {"modules": ("m",)},
    }  # fmt: skip
    assert given[1:] == ([["what"]], {"data/x": 1})
    assert (started["num_cpus"], started["num_gpus"], started["max_retries"]) == (3, 0, 0)
    assert started["name"] == "toy.gan"
    assert "label_selector" not in started
    found.refused, found.device = {"a": "x", "b": "y"}, "cuda"
    found.start("train", "toy.gan", ["m"], "what", {})
    assert started["num_gpus"] == 0.5
    assert started["label_selector"] == {"ray.io/node-id": "!in(a,b)"}


def test_a_file_is_stored_once_by_its_content(monkeypatch, tmp_path):
    stored = []
    monkeypatch.setattr(link, "PIECE", 100)
    monkeypatch.setattr(link, "ray", SimpleNamespace(put=lambda x: stored.append(x) or x))
    found = linked()
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x" * 250)
        sha, references = found.keep(tmp_path / name)
        assert b"".join(references) == b"x" * 250
    assert [len(piece) for piece in stored] == [100, 100, 50]
    assert sha == pieces._told(b"x" * 250)[1]
    (tmp_path / "empty").write_bytes(b"")
    assert found.put(tmp_path / "empty") == (pieces._told(b"")[1], [b""])


# Measuring.


def test_a_task_has_the_code_of_whatever_an_experiment_names():
    asked = SimpleNamespace(
        metrics=["value", "coverage"],
        controls=["noise"],
        figures=["growth"],
        runs={"a": SimpleNamespace(model="gan"), "b": SimpleNamespace(model="gan")},
    )
    table = measuring.Table(SimpleNamespace(experiments={"toy": asked}), "toy", {})
    stage, *others = table._modules()
    assert stage == "pipeline.stages.evaluate_ahead"
    assert others == [
        f"pipeline.{name}"
        for name in (
            "controls.noise", "figures.growth", "metrics.coverage", "metrics.value", "models.gan"
        )
    ]  # fmt: skip


def test_an_experiment_is_measured_with_its_data_and_settings(folder):
    tiny.write(folder, tiny.params(gan={}, other={}))
    table = measuring.Table(check.study(), "toy", {"x": folder / "x"})
    beside = measuring._beside(check.study(), "toy")
    assert {name: file.as_posix() for name, file in beside.items()} == {
        "params.yaml": "params.yaml", "data/ring.npz": "data/ring.npz",
    }  # fmt: skip
    kept = SimpleNamespace(keep=lambda file: file.name, start=lambda *given: given, device="cpu")
    function, label, modules, what, files = table.start(kept)
    assert (function, label, modules) == ("call", "evaluate toy", table._modules())
    assert what == ("pipeline.stages.evaluate_ahead", "there", ("toy", "cpu"))
    assert files == {"x": "x"}
    table.take({"result": 5}, "there")
    assert (table.found, table.over) == (5, False)
    table.take(DONE, "there")
    assert (table.found, table.over) == (5, True)
