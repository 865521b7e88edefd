"""What is split, what tasks are started with, and what is measured with: without a cluster."""

from types import SimpleNamespace

import pytest

from pipeline.execution import done, parts, units, worker
from pipeline.results import lock
from pipeline.stages import check
from pipeline.study.errors import RESOURCE, StudyError
from tests import tiny
from tests.execution.interrupted import unit

ray = pytest.importorskip("ray", reason="Ray is not here: pip install -e '.[cluster]'")

from pipeline.cluster import link, measuring, pieces, training  # noqa: E402


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
    table.take({"done": True, "cpu": 2.0}, "there")
    assert (table.found, table.over) == (5, True)
