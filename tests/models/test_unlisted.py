"""The contract of every model, for those that tests/test_runs.py leaves out: pools and phases."""

from dataclasses import fields

import pytest
import torch

from pipeline import models
from pipeline.datasets import digits_few
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from tests.metrics.unlisted import UNLISTED

TRACED = True  # as a study plays them: conftest.py
DATA = digits_few.DataSet()
ROUNDS = 6
PATTERNS = {"bigan", "m2", "pix2pix"}  # codes, pools, partners; phases: test_progressive_gan.py
EVERY = pytest.mark.parametrize(
    "run",
    [
        pytest.param(r, id=r.model, marks=[] if r.model in PATTERNS else pytest.mark.walk)
        for r in UNLISTED
    ],
)


def begin(run, seeds):
    kind = models.kind(run.model)
    small = {"width": 6} | ({"latent": 3} if "latent" in {f.name for f in fields(kind)} else {})
    model = models.build(run.model, run.arguments | small, DATA)
    rng = torch.manual_seed(0)
    x = torch.rand(32, DATA.features, generator=rng) * 2 - 1
    few = {name: torch.rand(20, DATA.features, generator=rng) for name in ("x", "s1")}
    pools = {"few": few | {"label": torch.arange(20) % 10}}
    pools |= {"a": {"x": x[:16]}, "b": {"x": x[16:]}}  # two domains, and four
    pools |= {"domains": {"x": x, "label": torch.arange(32) % 4}}
    data = {"x": x, "label": torch.arange(32) % 10, "partner": x.flip(1)}
    step = optimizer("sgd", lr=0.01)
    ensemble = Ensemble(model, seeds)
    return Training(ensemble, data, 8, step, rounds=ROUNDS, pools=pools)


@EVERY
def test_it_trains_and_a_replica_does_not_see_its_neighbour(run, double):
    """Every term is finite, each player moves its networks in each replica, and a replica ends at
    the same weights alone and in company."""
    together, alone = begin(run, (7, 8)), begin(run, (8,))
    before = {n: w.clone() for n, w in together.ensemble.weights.items()}
    played = set()
    for report in together.play(ROUNDS):
        played |= set(report)
        for terms in report.values():
            assert all(term.shape == (2,) and term.isfinite().all() for term in terms.values())
    assert played == {player.name for player in together.players}
    list(alone.play(ROUNDS))
    for player in together.players:
        for network in player.moves:
            moved = together.ensemble.weights[network] != before[network]
            assert moved.any(1).all(), f"{player.name}: {network}"
    for name, ended in together.ensemble.weights.items():
        other = alone.ensemble.weights[name][0]
        torch.testing.assert_close(ended[1], other, rtol=1e-9, atol=1e-11)
