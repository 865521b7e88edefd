"""Two nodes on loopback end with the bytes of a quiet process, whatever is killed meanwhile."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from pipeline.execution import done, parts, units, worker
from pipeline.results.files import digest
from pipeline.stages import check, evaluate, evaluate_ahead, replay
from pipeline.study.errors import NON_FINITE, StudyError
from pipeline.study.repository import ROOT
from tests import tiny
from tests.cluster.loopback import QUICK, node

ray = pytest.importorskip("ray", reason="Ray is not here: pip install -e '.[cluster]'")
from ray.cluster_utils import Cluster  # noqa: E402

from pipeline.cluster import driver, link, training  # noqa: E402

pytestmark = pytest.mark.slow  # where Ray is, `make rest` has them; .ci/run names them


@pytest.fixture(scope="module")
def nodes():
    """A cluster of two nodes with one core each, the head among them."""
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TQDM": "0"}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in quiet.items():
            patched.setenv(name, value)
        head = node(_system_config=QUICK)
        made = Cluster(initialize_head=True, head_node_args=head)
        try:
            made.add_node(**node())
            yield made
        finally:
            made.shutdown()


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Checkpoints that come at once, and units that are split however short they are."""
    monkeypatch.setattr(link, "EVERY", 0.1)
    monkeypatch.setattr(driver, "PAUSE", 0.1)
    monkeypatch.setattr(training, "SHORT", 1e-9)


def study(folder, rounds=600, **changes):
    """A run of five replicas in three chunks and one of two in one chunk."""
    long, short = {"rounds": rounds, "snapshots": 3}, {"rounds": rounds, "seeds": [7, 8]}
    content = tiny.params(long={"train": long}, short={"train": short}) | {"chunk": 2}
    content["train"]["seeds"] = [3, 1, 4, 15, 9]
    tiny.write(folder, content | changes)
    return units.units(check.study(), "toy")


def quiet(found):
    """The files of each unit as this process makes them, which are then forgotten."""
    expected = {}
    for unit in found:
        worker.train(unit, 1000.0)
        expected[unit.name] = tiny.result(unit)
        shutil.rmtree(unit.folder)
    return expected


def trained(found, nodes):
    training.side_by_side(found, check.study(), nodes.address)
    assert all(done.is_done(unit) for unit in found)
    return {unit.name: tiny.result(unit) for unit in found}


@contextmanager
def once_saved(happens):
    """Something happens when the first checkpoint of a task has come."""
    take, happened = training.Training.take, []

    def meanwhile(self, message, where):
        take(self, message, where)
        if "saved" in message and not happened and self.reached < self.unit.run.train.rounds:
            happened.append(self.label)
            happens(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training.Training, "take", meanwhile)
        yield happened
    assert happened


def tasks(name):
    """The processes that run tasks of this name now."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if " ".join(process.info["cmdline"] or []).startswith(f"ray::{name}"):
            found.append(process)
    return found


def test_a_worker_that_is_killed_in_the_middle_costs_seconds_and_no_byte(folder, nodes, capsys):
    """The long unit goes in parts, one of which loses its worker after a checkpoint."""
    found = study(folder)
    expected = quiet(found)
    begun = []

    def kill(job):
        begun.append(parts.of(found[0]))
        for process in tasks(job.label):
            process.send_signal(signal.SIGKILL)

    with once_saved(kill):
        assert trained(found, nodes) == expected
    assert len(begun[0]) == 2
    said = capsys.readouterr().out
    assert "cluster: 2 nodes, 2 CPUs; 2 runs to train" in said
    assert "it is begun again" in said
    assert not list(found[0].folder.glob("part*"))


def test_a_node_that_is_lost_leaves_its_work_to_the_others(folder, nodes, capsys):
    found = study(folder, chunk=0)
    expected = quiet(found)
    extra = nodes.add_node(**node())
    with once_saved(lambda _: nodes.remove_node(extra, allow_graceful=False)):
        assert trained(found, nodes) == expected


def test_a_node_with_other_code_is_left_out_in_one_line(folder, nodes, tmp_path_factory, capsys):
    """And whoever has the right code does its work."""
    other = tmp_path_factory.mktemp("other")
    for tree in ("pipeline", "reference"):
        shutil.copytree(ROOT / tree, other / tree, ignore=shutil.ignore_patterns("__pycache__"))
    file = other / "pipeline/objectives/minimax.py"
    file.write_text(file.read_text(encoding="utf-8") + "\nOTHER = 1\n", encoding="utf-8")
    found = study(folder)
    expected = quiet(found)
    stranger = nodes.add_node(**node(num_cpus=4, env_vars={"PYTHONPATH": str(other)}))
    try:
        assert trained(found, nodes) == expected
    finally:
        nodes.remove_node(stranger)
    said = [line for line in capsys.readouterr().out.splitlines() if "left out" in line]
    assert len(said) == 1
    assert "bytes would differ" in said[0]
    assert "code" in said[0]


def test_a_store_that_is_full_delays_a_result_and_does_not_change_it(folder, nodes, capsys):
    """Of one node's store, which is full until the first task has been lost to it or was not."""
    found = study(folder, rounds=40, chunk=0)
    expected = quiet(found)
    ray.init(nodes.address, log_to_driver=False, logging_level="ERROR")
    hog = [ray.put(np.ones(60_000_000, np.uint8))]
    monkey = pytest.MonkeyPatch()
    monkey.setattr(ray, "init", lambda **_: None)  # the driver is in this session already
    try:
        lost = driver.Driver._lost

        def release(self, *arguments):
            hog.clear()
            lost(self, *arguments)

        monkey.setattr(driver.Driver, "_lost", release)
        assert trained(found, nodes) == expected
    finally:
        monkey.undo()
        ray.shutdown()


def test_a_driver_that_is_killed_goes_on_where_it_was(folder, nodes):
    found = study(folder, rounds=1500)
    expected = quiet(found)
    command = [sys.executable, "-m", "pipeline", "train", "toy"]
    variables = os.environ | {"DSTAR_CLUSTER": nodes.address, "DSTAR_TRACKING": "off"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    first = subprocess.Popen(command, cwd=folder, env=variables, **pipes)
    deadline = time.monotonic() + 120
    while not list(Path("work").rglob("checkpoint-*.npz")):
        assert time.monotonic() < deadline
        assert first.poll() is None, first.communicate()[0]
        time.sleep(0.05)
    first.kill()
    first.wait()
    assert not all(done.is_done(unit) for unit in found)
    again = subprocess.run(command, cwd=folder, env=variables, timeout=300, check=False, **pipes)
    assert again.returncode == 0, again.stdout
    assert {unit.name: tiny.result(unit) for unit in found} == expected
    assert (folder / "runs/toy/long/weights.npz").is_file()


def test_a_task_that_fails_by_its_nature_is_not_begun_again(folder, nodes, capsys):
    """The same line and exit code as without a cluster; its neighbour is trained nevertheless."""
    optimizer = {"name": "sgd", "lr": 1e30}
    content = tiny.params(sound={}, lost={"train": {"rounds": 40, "optimizer": optimizer}})
    tiny.write(folder, content)
    sound, lost = units.units(check.study(), "toy")
    with pytest.raises(StudyError, match=r"toy\.lost: its trainer failed") as e:
        trained([sound, lost], nodes)
    assert e.value.code == NON_FINITE
    assert done.is_done(sound)
    said = capsys.readouterr().out
    assert "no replica is left" in said
    assert "begun again" not in said
    assert (lost.folder / done.DIVERGED).is_file()
    assert replay.main("toy.lost") is None


def test_what_is_measured_on_nodes_is_what_is_measured_here(folder, nodes, monkeypatch, capsys):
    for unit in study(folder, rounds=40):
        worker.train(unit, 1000.0)
        done.collect(unit)
    capsys.readouterr()
    evaluate.main("toy")
    here = reports()
    printed = capsys.readouterr().out
    shutil.rmtree("reports")
    monkeypatch.setenv("DSTAR_CLUSTER", nodes.address)
    evaluate_ahead.main("toy")
    assert reports() == here
    assert len(here) > 3
    assert capsys.readouterr().out == printed


def reports():
    files = sorted(file for file in Path("reports").rglob("*") if file.is_file())
    return {file: digest(file) for file in files}


def test_a_cluster_that_does_not_answer_is_one_line(folder):
    study(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"  # where nobody listens
        with pytest.raises(StudyError, match=rf"cluster: {address}: no Ray cluster answers"):
            training.side_by_side(units.units(check.study(), "toy"), check.study(), address)
