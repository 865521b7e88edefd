"""A checkpoint holds all that a round changes, of every chunk, player, network and buffer."""

from types import SimpleNamespace

import torch

from pipeline.engine.ensemble import Ensemble, Player
from pipeline.engine.randomness import Normal
from pipeline.engine.training import Training
from pipeline.execution import checkpoints
from pipeline.execution.curves import Curves
from tests.engine.test_ensemble import ADAM, SGD, Counting, data

ROUNDS, SEEDS = 3, [4, 5, 6]


class Game:
    """Two players, each with a network whose buffers its calls change."""

    def networks(self):
        return {"one": Counting(), "two": Counting()}

    def players(self):
        z = {"z": Normal((3,))}
        return (Player("first", self.first, ("one",), z), Player("second", self.second, ("two",)))

    def first(self, net, batch, noise):
        return {"apart": (net.one(batch["x"] + noise["z"]) - net.two(batch["x"])).square()}

    def second(self, net, batch, noise):
        return {"alike": (net.two(batch["x"]) + net.one(batch["x"])).square()}


def begin(chunk):
    """Of two optimizers, both with a memory, and with an average of weights."""
    ensemble = Ensemble(Game(), SEEDS)
    return Training(ensemble, data(), 8, ADAM, chunk, decay=0.9, own={"second": SGD})


def live(training):
    """All that a round changes, of all replicas, as it stands in the engine."""
    found = {f"average/{name}": tensor for name, tensor in training.average.items()}
    for network, tensors in training.ensemble.state.items():
        found |= {f"{network}/{name}": tensor for name, tensor in tensors.items()}
    for i, chunk in enumerate(training.chunks):
        for player, optimizer in chunk.optimizers.items():
            memory = optimizer.state().items()
            found |= {f"{i}/{player}/{name}": tensor for name, tensor in memory}
    return {name: tensor.clone() for name, tensor in found.items()}


def test_stopped_at_each_round_every_tensor_ends_in_the_same_bytes(tmp_path):
    """Two chunks, of two replicas and of one."""
    whole = begin(2)
    list(whole.play(1))
    early = live(whole)
    list(whole.play(ROUNDS))
    known = live(whole)
    # Else the test would not see whether it is kept.
    assert all(not torch.equal(early[name], known[name]) for name in known)
    assert {name.partition("/")[0] for name in known} == {"average", "one", "two", "0", "1"}

    unit = SimpleNamespace(folder=tmp_path, fingerprint="so")
    for stop in range(1, ROUNDS + 1):
        again = begin(2)
        record = checkpoints.restore(again, unit)
        assert again.round == stop - 1
        list(again.play(stop))
        with Curves(tmp_path / "curves.csv", None) as curves:
            record |= {"fingerprint": "so", "curves": curves.prefix()}
        checkpoints.save(again, tmp_path, record)
    found = live(again)
    assert found.keys() == known.keys()
    for name, tensor in known.items():
        assert torch.equal(found[name], tensor), name
    assert len([*tmp_path.glob("checkpoint-*")]) == checkpoints.KEPT


def test_a_checkpoint_of_other_chunks_is_told_and_not_used(tmp_path):
    unit, told = SimpleNamespace(folder=tmp_path, fingerprint="so"), []
    with Curves(tmp_path / "curves.csv", None) as curves:
        record = checkpoints.fresh(unit) | {"curves": curves.prefix()}
    begun = begin(1)
    list(begun.play(1))
    checkpoints.save(begun, tmp_path, record)
    assert checkpoints.restore(again := begin(2), unit, told.append) == checkpoints.fresh(unit)
    assert again.round == 0
    assert "other chunks" in told[0]
