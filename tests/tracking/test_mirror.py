"""MLflow's store mirrors the files: all of them, once, and again after deletion."""

import subprocess

import pytest

from pipeline.tracking import store, window
from tests.tracking.study import (
    Shelf,
    curve_rows,
    evaluated,
    forget,
    track,
    unit,
    write_curves,
)


def shelf(root):
    return Shelf(store.address(root))


def test_a_run_becomes_a_parent_with_a_child_for_each_replica(root):
    unit(root / "runs/ring/gan", seeds=(4, 5, 6))
    evaluated(root)
    assert track(root)

    (parent,) = shelf(root).parents()
    assert parent.info.status == "FINISHED"
    assert parent.info.run_name == "ring/gan"
    assert parent.data.params["arguments.width"] == "32"
    assert parent.data.params["train.optimizer.betas"] == "[0.5, 0.999]"
    assert parent.data.params["train.seeds"] == "[4, 5, 6]"
    tags = parent.data.tags
    assert tags["dstar.fingerprint"] == "a" * 16
    assert tags["dstar.run"] == "ring/gan"
    assert tags["dstar.code"] == "c0de" * 3
    assert tags["dstar.current"] == "true"
    assert tags["dvc.stage"] == "train@ring"
    (data,) = parent.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("ring", "d" * 36)
    kept = shelf(root).client.list_artifacts(parent.info.run_id)
    assert [f.path for f in kept] == ["model", "samples.png"]
    mean = [(r, pytest.approx(r + 0.1)) for r in (0, 10, 20, 30, 40)]
    assert shelf(root).points(parent, "train/discriminator/real") == mean
    scores = {k: v for k, v in parent.data.metrics.items() if k.startswith("test/")}
    assert scores == {
        "test/coverage.modes": 7.0,
        "test/interval/coverage.modes.low": 6.5,
        "test/interval/coverage.modes.high": 7.5,
        "test/reference/coverage.modes": 8.0,
    }

    children = shelf(root).children(parent)
    assert [child.data.params["seed"] for child in children] == ["4", "5", "6"]
    assert [child.data.metrics["test/coverage.modes"] for child in children] == [8, 7, 6]
    assert {child.info.status for child in children} == {"FINISHED"}
    own = [(r, r + 100.2) for r in (0, 10, 20, 30, 40)]
    assert shelf(root).points(children[2], "train/discriminator/fake") == own


def test_one_seed_with_several_settings_has_a_child_for_each(root):
    """A search trains the draws of a structure as one run: places name its replicas."""
    unit(root / "runs/ring/gan", seeds=(4, 5, 4))
    evaluated(root)
    assert track(root)
    (parent,) = shelf(root).parents()
    children = sorted(shelf(root).children(parent), key=lambda run: run.data.params["replica"])
    assert [child.info.run_name for child in children] == [
        "ring/gan replica 0 seed 4",
        "ring/gan seed 5",
        "ring/gan replica 2 seed 4",
    ]
    assert [child.data.metrics["test/coverage.modes"] for child in children] == [8, 7, 6]
    track(root)
    assert len(shelf(root).children(parent)) == 3


def test_a_second_sync_adds_nothing_and_writes_nothing(root, monkeypatch):
    for run in ("gan", "gan_minimax"):
        unit(root / "runs/ring" / run)
    evaluated(root)
    track(root)
    before = shelf(root).all()
    assert len(before) == 8

    def refuse(*_, **__):
        pytest.fail("a complete store was written to")

    import mlflow

    for name in ("create_run", "log_batch", "set_terminated", "log_image", "log_inputs"):
        monkeypatch.setattr(mlflow.MlflowClient, name, refuse)
    assert track(root)
    assert shelf(root).all() == before


def test_a_deleted_store_is_made_again_from_files(root, template):
    unit(root / "runs/ring/gan")
    unit(root / "runs/digits/gan", "b" * 16, shape=(8, 8))
    evaluated(root)
    track(root)
    before = shelf(root).all()
    forget(root)
    # As the first use would make it; tests/tracking/test_server.py goes that way.
    (root / "mlflow.db").write_bytes(template.read_bytes())
    shelf(root).client._tracking_client.store.engine.dispose()
    assert shelf(root).parents() == []

    assert track(root)
    assert shelf(root).all() == before


def test_a_run_trained_again_is_current_and_its_predecessor_stays(root):
    unit(root / "runs/ring/gan", "a" * 16)
    track(root)
    unit(root / "runs/ring/gan", "b" * 16)
    track(root)
    assert [
        (run.data.tags["dstar.fingerprint"][0], run.data.tags["dstar.current"])
        for run in shelf(root).parents()
    ] == [("a", "false"), ("b", "true")]
    assert len(shelf(root).runs()) == 8

    unit(root / "runs/ring/gan", "a" * 16)  # back again: nothing new, another flag
    track(root)
    assert [run.data.tags["dstar.current"] for run in shelf(root).parents()] == ["true", "false"]
    assert len(shelf(root).runs()) == 8


def test_a_predecessor_that_was_killed_does_not_run_for_ever(root):
    unit(root / "work/a", "a" * 16)
    window.opened(root).follow("ring/gan", root / "work/a", last=False)
    assert [run.info.status for run in shelf(root).parents()] == ["RUNNING"]
    unit(root / "runs/ring/gan", "b" * 16)
    track(root)
    assert [run.info.status for run in shelf(root).parents()] == ["KILLED", "FINISHED"]


def test_a_run_that_two_experiments_share_is_shown_in_both(root):
    for experiment in ("ring", "ablation"):
        unit(root / "runs" / experiment / "gan")
    track(root)
    names = [run.data.tags["dstar.run"] for run in shelf(root).parents()]
    assert sorted(names) == ["ablation/gan", "ring/gan"]


def test_metrics_evaluated_again_are_logged_where_they_differ(root):
    unit(root / "runs/ring/gan")
    track(root)
    evaluated(root, values=(8, 7, 6))
    track(root)
    evaluated(root, values=(8, 7, 3))
    track(root)

    (parent,) = shelf(root).parents()
    assert parent.data.metrics["test/coverage.modes"] == 6.0
    assert shelf(root).points(parent, "test/coverage.modes") == [(0, 6.0), (0, 7.0)]
    assert shelf(root).points(parent, "test/reference/coverage.modes") == [(0, 8.0)]
    children = shelf(root).children(parent)
    points = [shelf(root).points(child, "test/coverage.modes") for child in children]
    assert points == [[(0, 8.0)], [(0, 7.0)], [(0, 3.0), (0, 6.0)]]
    assert children[2].data.metrics["test/coverage.modes"] == 3.0


def test_metrics_of_a_predecessor_are_not_this_runs(root):
    unit(root / "runs/ring/gan", "b" * 16)
    evaluated(root, fingerprint="a" * 16)
    track(root)
    (parent,) = shelf(root).parents()
    assert not [key for key in parent.data.metrics if key.startswith("test/")]


def test_long_curves_are_thinned_and_sent_in_few_calls(root, monkeypatch):
    import mlflow

    sizes = []
    send = mlflow.MlflowClient.log_batch

    def count(self, run_id, metrics=(), params=(), tags=()):
        sizes.append(len(metrics) + len(params) + len(tags))
        return send(self, run_id, metrics, params, tags)

    monkeypatch.setattr(mlflow.MlflowClient, "log_batch", count)
    terms = ("real", "fake", "penalty", "gradient", "norm", "drift")
    unit(root / "runs/ring/gan", seeds=(0,), rounds=15_000, log_every=10)
    write_curves(root / "runs/ring/gan", curve_rows(range(0, 15_000, 10), (0,), terms))
    track(root)

    (parent,) = shelf(root).parents()
    points = shelf(root).points(parent, "train/discriminator/drift")
    assert 150 <= len(points) <= 201
    assert (points[0][0], points[-1][0]) == (0, 14_990)
    assert max(sizes) <= 1000
    assert len(sizes) < 10


def test_values_that_are_not_finite_are_named_and_left_out(root):
    unit(root / "runs/ring/gan")
    bad = {"20,discriminator,real,1": "inf", "30,discriminator,fake,2": "nan"}
    rows = [row.rsplit(",", 1) for row in curve_rows(range(0, 50, 10))]
    rows = [f"{point},{bad.get(point, value)}" for point, value in rows]
    write_curves(root / "runs/ring/gan", rows)
    evaluated(root, values=(8, None, 6))
    track(root)

    (parent,) = shelf(root).parents()
    assert parent.data.tags["nonfinite.train/discriminator/real"] == "20"
    assert parent.data.tags["nonfinite.train/discriminator/fake"] == "30"
    assert [r for r, _ in shelf(root).points(parent, "train/discriminator/real")] == [
        0,
        10,
        30,
        40,
    ]
    second = shelf(root).children(parent)[1]
    assert "test/coverage.modes" not in second.data.metrics
    assert second.data.tags["nonfinite.test/coverage.modes"] == "0"


def test_tags_name_the_commit_and_see_past_results(root, monkeypatch):
    """dvc.lock and reports/ change with every reproduction: they do not make a commit dirty."""
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org"]

    def run(*arguments):
        subprocess.run([*git, *arguments], cwd=root, check=True, capture_output=True)

    run("init", "-q")
    (root / ".gitignore").write_text("/runs/\n/mlflow.db*\n/mlartifacts/\n")
    (root / "params.yaml").write_text("rounds: 1\n")
    run("add", ".")
    run("commit", "-qm", "begin")
    monkeypatch.setenv("DVC_EXP_NAME", "tidy-moth")
    (root / "dvc.lock").write_text("stages: {}\n")
    unit(root / "runs/ring/gan", "a" * 16)
    evaluated(root)
    track(root)
    (root / "params.yaml").write_text("rounds: 2\n")
    unit(root / "runs/ring/gan", "b" * 16)
    track(root)

    clean, dirty = (run.data.tags for run in shelf(root).parents())
    assert len(clean["git.commit"]) == 40
    assert clean["git.commit"] == clean["mlflow.source.git.commit"]
    assert (clean["git.dirty"], dirty["git.dirty"]) == ("false", "true")
    assert clean["dvc.exp_name"] == "tidy-moth"


def test_a_copy_in_which_dvc_tries_an_experiment_is_shown_but_not_current(root, monkeypatch):
    unit(root / "runs/ring/gan", "a" * 16)
    track(root)
    copy = root / ".dvc" / "tmp" / "exps" / "tmp1"
    unit(copy / "runs/ring/gan", "b" * 16)
    monkeypatch.setenv("DVC_ROOT", str(root))
    track(copy)

    assert not (copy / "mlflow.db").exists()  # DVC will delete the copy
    flags = {
        run.data.tags["dstar.fingerprint"][0]: run.data.tags["dstar.current"]
        for run in shelf(root).parents()
    }
    assert flags == {"a": "true", "b": "false"}
