"""A run in MLflow's store is a model that MLflow loads, with a title and a description."""

from pathlib import Path

import mlflow
import numpy as np
import pytest

from pipeline import load
from pipeline.execution import worker
from pipeline.execution.done import collect
from pipeline.execution.units import units
from pipeline.stages import check
from pipeline.tracking import store
from pipeline.tracking.sync import sync
from tests import tiny
from tests.tracking.study import Shelf

ASKED = {"count": 4}


@pytest.fixture
def trained(root, monkeypatch):
    """A run of two replicas that has been trained, in a folder with an empty store."""
    monkeypatch.chdir(root)
    tiny.write(root, tiny.params(gan={}))
    (unit,) = units(check.study(), "toy")
    worker.train(unit, 1000.0)
    collect(unit)
    return root


def parent(root):
    shelf = Shelf(store.address(root))
    (run,) = shelf.parents()
    return shelf, run


def test_it_draws_the_samples_of_the_run(trained, tmp_path_factory, monkeypatch):
    """The same as `load` does, by one replica or by all, wherever it is loaded."""
    sync(trained, ["toy/gan"])
    shelf, run = parent(trained)
    place = shelf.client.download_artifacts(run.info.run_id, run.data.tags["dstar.model"])
    expected = load("toy/gan").sample(4)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    model = mlflow.pyfunc.load_model(place)
    np.testing.assert_array_equal(model.predict(ASKED), expected)
    np.testing.assert_array_equal(model.predict(ASKED | {"seed": 1}), expected[1])
    held = {file.name for file in Path(place).rglob("*") if file.is_file()}
    assert held == {"MLmodel", "run.json", "weights.npz"}


def test_a_run_says_what_it_is_and_how_long_it_took(trained):
    """And the best one is asked for by a metric, as README.md does."""
    sync(trained, ["toy/gan"], {"toy": "Does it train?"}, lambda _: 12.5)
    shelf, run = parent(trained)
    assert run.data.tags["dstar.title"] == "GAN on ring: 2 seeds, 40 rounds"
    told = run.data.tags["mlflow.note.content"]
    assert "Does it train?" in told
    assert "latent 2, width 4" in told
    assert run.data.metrics["time/training_seconds"] == 12.5
    best = shelf.client.search_runs(
        [run.info.experiment_id],
        "tags.`dstar.kind` = 'run' and tags.`dstar.current` = 'true'",
        order_by=["metrics.`time/training_seconds` ASC"],
        max_results=1,
    )
    assert [r.info.run_id for r in best] == [run.info.run_id]
