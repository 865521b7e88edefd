"""What is said of a run with an average of weights, of whose replicas one stands still."""

import pytest
import torch

from pipeline.execution import done, units, worker
from pipeline.results.files import read_json, read_npz
from pipeline.results.trained_run import Trained
from pipeline.stages import check, evaluate
from tests import tiny

pytestmark = pytest.mark.usefixtures("traced_once")

CURVE = "value.game_by_round"
DIVERGED = 1  # the place of the seed whose learning rate is out of all bounds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of one such run, trained and measured."""
    path = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.delenv("DVC_ROOT", raising=False)
        patch.delenv("DSTAR_WORK", raising=False)
        optimizer = {"name": "adam", "lr": [0.01, 1e30, 0.02]}
        train = {"rounds": 40, "seeds": [3, 1, 2], "optimizer": optimizer, "average": 0.9}
        params = tiny.params(gan={"train": train | {"snapshots": 2}})
        params["experiments"]["toy"]["converged"] = {"metric": CURVE, "margin": 0.1}
        tiny.write(path, params)
        (unit,) = units.units(check.study(), "toy")
        worker.train(unit, 1000.0)
        done.collect(unit)
        evaluate.main("toy")
        yield path


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return Trained(check.study(), "toy", "gan")


def test_a_replica_that_stands_still_has_no_value(run):
    """In no metric, though its last weights are finite; so no mean is told, and no interval."""
    assert run.diverged == [DIVERGED]
    metrics = read_json("reports/metrics/toy.json")["runs"]["gan"]["metrics"]
    assert metrics
    for name, metric in metrics.items():
        assert metric["values"][DIVERGED] is None, name
        assert metric["mean"] is None, name
    assert all(metrics["value.game"]["values"][r] is not None for r in (0, 2))


def test_the_average_is_measured_beside_the_last_weights(run):
    """By the same metrics, under names of its own, of average.npz."""
    kept = read_npz(run.folder / "average.npz")
    weights = run.averaged.ensemble.state["generator"]["0.weight"]
    assert torch.equal(weights, torch.from_numpy(kept["generator/0.weight"]))
    metrics = read_json("reports/metrics/toy.json")["runs"]["gan"]["metrics"]
    plain = {name for name in metrics if not name.endswith("_average")}
    assert {f"{name}_average" for name in plain} == set(metrics) - plain
    alone = evaluate.values(run.averaged, ["value"])["value.game"].values
    assert metrics["value.game_average"]["values"][0] == pytest.approx(alone[0], rel=1e-6)
    assert alone[0] != metrics["value.game"]["values"][0]


def test_the_curve_that_says_whether_a_run_has_converged_is_measured(run):
    """At each snapshot, and at the last it is the metric itself."""
    found = read_json("reports/metrics/toy.json")["runs"]["gan"]
    curve, last = found["series"][CURVE], found["metrics"]["value.game"]["values"]
    assert curve["rounds"] == [0, 20, 40]
    assert [row[-1] for row in curve["values"]] == last
    assert curve["values"][DIVERGED] == [None] * 3
    first = evaluate.values(run.at(0), ["value"])["value.game"].values[0]
    assert curve["values"][0][0] == pytest.approx(first, rel=1e-6)
    assert first != last[0]
