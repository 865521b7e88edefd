"""Every run of the study is in the store: counted after each kind of failure."""

import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.tracking import faults, store
from pipeline.tracking.sync import NOT_SCORED, NOT_TRAINED, UNSENT, sync
from tests.tracking.study import Shelf, evaluated, forget, judged, unit

RUNS = ("ring/gan", "ring/wgan", "digits/vae")


def shelf(root):
    return Shelf(store.address(root))


def study(root, seeds=(0, 1, 2)):
    """Three runs of two experiments, evaluated, and a claim about two of them."""
    for number, name in enumerate(RUNS):
        unit(root / "runs" / name, f"{number}" * 16, seeds=seeds)
    evaluated(root, "ring", "gan", "0" * 16, values=seeds, others={"wgan": "1" * 16})
    evaluated(root, "digits", "vae", "2" * 16, values=seeds)
    judged(root, modes=("ring", "gan", "wgan", "holds"), bound=("digits", "vae", None, "fails"))
    return list(RUNS)


def counted(root, seeds=3):
    """Asserts that the store has each run once, whole, with its replicas, scores and verdicts."""
    found = shelf(root)
    parents = [run for run in found.parents() if run.data.tags["dstar.current"] == "true"]
    assert sorted(run.info.run_name for run in parents) == sorted(RUNS)
    verdicts = {"ring/gan": {"verdict.modes": "holds"}, "ring/wgan": {"verdict.modes": "holds"}}
    verdicts["digits/vae"] = {"verdict.bound": "fails"}
    for run in parents:
        tags = run.data.tags
        assert run.info.status == "FINISHED"
        told = {k: v for k, v in tags.items() if k.startswith("verdict.")}
        assert told == verdicts[run.info.run_name]
        assert tags["dstar.weights"] == f"runs/{run.info.run_name}/weights.npz"
        assert "test/coverage.modes" in run.data.metrics
        assert len(found.points(run, "train/discriminator/real")) == 5
        children = found.children(run)
        assert [child.data.params["replica"] for child in children] == list(map(str, range(seeds)))
        for child in children:
            assert child.info.status == "FINISHED"
            assert "test/coverage.modes" in child.data.metrics
            assert len(found.points(child, "train/discriminator/fake")) == 5
    assert len(found.runs()) == len(RUNS) * (1 + seeds)


def test_a_clone_with_equal_results_has_every_run_with_scores_and_verdicts(root):
    names = study(root)
    assert sync(root, names) == {}
    counted(root)
    before = shelf(root).all()
    assert sync(root, names) == {}
    assert shelf(root).all() == before


def test_an_experiment_of_the_store_is_a_question_of_the_study(root):
    sync(root, study(root), {"ring": "Which game finds all modes?"})
    found = {e.name: e.tags for e in shelf(root).client.search_experiments()}
    assert found["dstar/ring"]["mlflow.note.content"] == "Which game finds all modes?"
    assert "dstar/digits" in found
    top = Path(__file__).resolve().parents[2]
    assert [store.study(top), store.study(top / "mnist")] == ["dstar", "mnist"]


def test_what_is_told_shows_this_store(place):
    """`make mlflow` is of the repository's own study; another has its own store."""
    top = Path(__file__).resolve().parents[2]
    ui = "http://127.0.0.1:5000"
    assert store.shown(top) == f"{ui} (make mlflow)"
    for study in (top / "mnist", place / "my study"):
        command = shlex.split(store.shown(study).removeprefix(f"{ui} (").removesuffix(")"))
        assert command == ["mlflow", "server", "--backend-store-uri", store.address(study)]


def test_a_training_time_is_a_metric_where_it_is_known(root):
    sync(root, study(root), seconds={"0" * 16: 61.5}.get)
    found = {run.info.run_name: run for run in shelf(root).parents()}
    info = found["ring/gan"].info
    assert found["ring/gan"].data.metrics["time/training_seconds"] == 61.5
    assert info.end_time - info.start_time == 61_500  # what the UI calls its duration
    assert "time/training_seconds" not in found["ring/wgan"].data.metrics


def test_a_verdict_that_changes_or_goes_does_so_in_the_store(root):
    names = study(root)
    sync(root, names)
    judged(root, modes=("ring", "gan", None, "undecided"))
    assert sync(root, names) == {}
    tags = {run.info.run_name: run.data.tags for run in shelf(root).parents()}
    assert tags["ring/gan"]["verdict.modes"] == "undecided"
    assert not [k for k in tags["ring/wgan"] | tags["digits/vae"] if k.startswith("verdict.")]


def test_what_is_not_trained_or_not_evaluated_is_said(root):
    names = study(root)
    (root / "reports/metrics/digits.json").unlink()
    missing = sync(root, [*names, "ring/later"])
    assert missing == {"digits/vae": NOT_SCORED, "ring/later": NOT_TRAINED}
    assert len(shelf(root).parents()) == 3


def test_a_run_whose_files_are_damaged_costs_no_other(root, capfd):
    names = study(root)
    with open(root / "runs/ring/gan/curves.csv", "a", encoding="utf-8") as file:
        file.write("60,discriminator,real\n")
    missing = sync(root, names)
    assert list(missing) == ["ring/gan"]
    assert "runs/ring/gan/curves.csv: line 32 is not a point" in missing["ring/gan"]
    assert missing["ring/gan"] in capfd.readouterr().err
    unit(root / "runs/ring/gan", "0" * 16)
    assert sync(root, names) == {}
    counted(root)


@pytest.mark.parametrize("why", ["off", "absent", "down"])
def test_without_a_store_all_is_missing_one_line_says_so_and_the_next_call_sends_it(
    root, monkeypatch, capfd, why
):
    names = study(root)
    said = {
        "off": "DSTAR_TRACKING is off",
        "absent": "mlflow is not installed",
        "down": "http://127.0.0.1:1 failed",
    }[why]
    with monkeypatch.context() as patch:
        if why == "off":
            patch.setenv("DSTAR_TRACKING", "off")
        elif why == "absent":
            patch.setitem(sys.modules, "mlflow", None)
        else:
            patch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
        assert sync(root, names) == dict.fromkeys(names, UNSENT)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"tracking: {said}")
    assert sync(root, names) == {}
    counted(root)


def test_a_sync_that_fails_anywhere_is_continued_without_doubles(root, monkeypatch, capfd):
    """The store fails at one call after another until a sync meets no more fault."""
    import mlflow

    names = study(root, seeds=(0, 1))
    writes = ("create_run", "log_batch", "set_terminated", "log_image", "log_inputs")
    left = [0]

    def failing(method):
        def call(*arguments, **named):
            left[0] -= 1
            if left[0] < 0:
                raise ConnectionError("gone")
            return method(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        for write in writes:
            method = getattr(mlflow.MlflowClient, write)
            patch.setattr(mlflow.MlflowClient, write, failing(method))
        draw, rounds, missing = random.Random(0), 0, {"all": ""}
        while missing:
            left[0] = draw.randrange(1, 6)  # calls that are answered before the next fault
            faults._warned.clear()
            missing = sync(root, names)
            rounds += 1
            assert rounds < 100
    assert rounds > 10
    assert "gone" in capfd.readouterr().err
    counted(root, seeds=2)


@pytest.mark.slow
def test_killed_in_the_middle_nothing_is_lost_or_doubled(root):
    study(root)
    code = f"from tests.tracking.study import track; assert track({str(root)!r})"
    command = [sys.executable, "-c", code]
    draw, killed = random.Random(0), 0
    for _ in range(2):
        with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": "."}) as process:
            deadline, target = time.monotonic() + 120, len(shelf(root).runs())
            while len(shelf(root).runs()) == target and process.poll() is None:
                assert time.monotonic() < deadline
            time.sleep(draw.uniform(0, 0.3))
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
    assert killed
    assert sync(root, list(RUNS)) == {}
    counted(root)


def test_a_store_that_was_deleted_is_made_again(root):
    names = study(root)
    sync(root, names)
    before = shelf(root).all()
    shelf(root).client._tracking_client.store.engine.dispose()
    forget(root)
    assert sync(root, names) == {}
    counted(root)
    assert shelf(root).all() == before


def test_what_a_person_deletes_comes_back_and_nothing_is_doubled(root):
    """A parent, a replica, an experiment in the bin; any of our tags taken away."""
    names = study(root)
    sync(root, names)
    before, client = shelf(root).all(), shelf(root).client
    parents = {run.info.run_name: run for run in shelf(root).parents()}
    client.delete_run(parents["ring/gan"].info.run_id)
    client.delete_run(shelf(root).children(parents["ring/wgan"])[1].info.run_id)
    assert sync(root, names) == {}
    assert shelf(root).all() == before

    client.delete_experiment(client.get_experiment_by_name("dstar/digits").experiment_id)
    assert sync(root, names) == {}
    assert shelf(root).all() == before

    child = shelf(root).children(parents["ring/gan"])[0]
    for run in (parents["ring/gan"], child):
        for tag in run.data.tags:
            if not tag.startswith("mlflow.") or tag == "mlflow.parentRunId":
                client.delete_tag(run.info.run_id, tag)
    assert sync(root, names) == {}
    assert shelf(root).all() == before
    counted(root)


def test_a_run_that_is_gone_for_good_is_made_again_over_its_replicas(root):
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    names = study(root)
    sync(root, names)
    parent = next(run for run in shelf(root).parents() if run.info.run_name == "ring/gan")
    shelf(root).client.delete_run(parent.info.run_id)
    kept = SqlAlchemyStore(store.address(root), (root / "mlartifacts").as_uri())
    kept._hard_delete_run(parent.info.run_id)  # what `mlflow gc` does
    assert sync(root, names) == {}
    counted(root)


def test_a_run_that_the_study_no_longer_has_is_not_current(root):
    names = study(root)
    sync(root, names)
    assert sync(root, names[:1] + names[2:]) == {}
    flags = {run.info.run_name: run.data.tags["dstar.current"] for run in shelf(root).parents()}
    assert flags == {"ring/gan": "true", "ring/wgan": "false", "digits/vae": "true"}


@pytest.mark.parametrize(
    "folder", ["a?b=c", "50%20off", "x#y", "데 이 터", "it's; a & b", "%", "a@b:c"]
)
def test_the_store_is_in_the_study_whatever_its_path_is(place, template, folder):
    root = place / folder
    root.mkdir()
    (root / "mlflow.db").write_bytes(template.read_bytes())
    names = study(root, seeds=(0,))
    assert sync(root, names) == {}
    counted(root, seeds=1)
    assert {file.name for file in place.iterdir()} == {folder}
    assert len(list((root / "mlartifacts").rglob("samples.png"))) == len(names)


def test_a_store_is_made_in_a_folder_with_an_odd_name(place):
    root = place / "50%20off?"
    names = study(root, seeds=(0,))
    assert sync(root, names) == {}
    counted(root, seeds=1)
    assert {file.name for file in place.iterdir()} == {root.name}


def test_a_copy_of_the_repository_writes_no_picture_into_the_first(root):
    names = study(root, seeds=(0,))
    assert sync(root, names[:1]) == {}
    shelf(root).client._tracking_client.store.engine.dispose()
    other = root.with_name("other")
    shutil.copytree(root, other)
    before = sorted(root.rglob("*.png"))
    assert sync(other, names) == {}
    counted(other, seeds=1)
    assert sorted(root.rglob("*.png")) == before
    assert len(list(other.rglob("samples.png"))) == len(names)
    for run in shelf(other).parents():
        assert run.info.artifact_uri.startswith((other / "mlartifacts").as_uri())
        assert [f.path for f in shelf(other).client.list_artifacts(run.info.run_id)]
