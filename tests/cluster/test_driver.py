"""Jobs, tasks and the link, each by itself: what Ray would do is done here, at once."""

import os
import signal
from collections import Counter
from types import SimpleNamespace

import pytest

from pipeline.study.errors import BUSY, DATA, RESOURCE, StudyError

ray = pytest.importorskip("ray", reason="Ray is not here: pip install -e '.[cluster]'")

from pipeline.cluster import driver  # noqa: E402

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
