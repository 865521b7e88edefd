"""Every run of params.yaml can be trained and measured: what is listed is what is tested."""

import json

import pytest
import torch

from pipeline import datasets, models
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from tests import committed
from tests.metrics.unlisted import UNLISTED

STUDY = committed.study()
RUNS = {
    f"{e}.{r}": run
    for e, experiment in STUDY.experiments.items()
    for r, run in experiment.runs.items()
}


def kind(run):
    """What sort of run it is: runs that differ by numbers alone are tested once."""
    arguments = {
        key: value if isinstance(value, str | bool) else type(value).__name__
        for key, value in run.arguments.items()
    }
    return json.dumps([run.model, STUDY.data[run.data].shape, arguments], sort_keys=True)


APART = {run.model for run in UNLISTED}  # with pools or phases: tests/models/test_unlisted.py
OWN = {kind(run): name for name, run in reversed(RUNS.items()) if run.model not in APART}
EVERY = pytest.mark.parametrize("run", [RUNS[name] for name in OWN.values()], ids=OWN.values())


def begin(run, seeds=(0, 1), batch=12):  # divisible by the packs of 2 and of 3
    dataset = STUDY.data[run.data]
    x = torch.rand(32, dataset.features, generator=torch.Generator().manual_seed(0)) * 2 - 1
    data = {"x": x, "label": torch.arange(32) % max(dataset.classes, 1)}
    ensemble = Ensemble(models.build(run.model, run.arguments, dataset), seeds)
    step = optimizer("sgd", lr=run.train.optimizer.lr)
    return Training(ensemble, data, batch, step)


@pytest.mark.walk
@EVERY
def test_it_trains_and_a_replica_does_not_see_its_neighbour(run, double):
    """Every term is finite, every network of a player moves in every replica, and a replica
    ends at the same weights alone and in company, to rounding. By plain descent: Adam divides a
    gradient by its size, and where the halves of a hinge loss cancel, rounding of 1e-16 becomes
    1e-11; that Adam sees no neighbour is for tests/engine/test_ensemble.py."""
    together = begin(run, (7, 8))
    before = {n: {k: t.clone() for k, t in s.items()} for n, s in together.ensemble.state.items()}
    for report in together.play(2):
        for player in together.players:
            terms = report[player.name].values()
            assert all(term.shape == (2,) and term.isfinite().all() for term in terms)
    for player in together.players:
        for network in player.moves:
            for name, _ in together.ensemble.modules[network].named_parameters():
                tensor = together.ensemble.state[network][name]
                moved = (tensor != before[network][name]).flatten(1).any(1)
                assert moved.all(), f"{network}.{name} is idle"
    alone = begin(run, (8,))
    for _ in alone.play(2):
        pass
    for network, tensors in alone.ensemble.state.items():
        for name, tensor in tensors.items():
            beside = together.ensemble.state[network][name][1]
            torch.testing.assert_close(beside, tensor[0], rtol=1e-11, atol=1e-12)


@pytest.mark.walk
@EVERY
def test_a_sample(run):
    ensemble = begin(run).ensemble
    if hasattr(ensemble.model, "sample"):
        x = ensemble.sample(5, "test")
        assert x.shape == (2, 5, STUDY.data[run.data].features)
        assert x.isfinite().all()


def test_a_run_has_ten_seeds_and_data_for_a_batch():
    """An error bar over fewer than ten training seeds is not published."""
    for name, run in RUNS.items():
        assert len(run.train.seeds) >= 10, name
        assert run.train.batch <= datasets.sizes(STUDY.data[run.data])["train"], name
