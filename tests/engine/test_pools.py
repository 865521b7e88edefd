"""A player's batch is drawn from the pools that it names, with separate indices per name."""

from dataclasses import dataclass

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Player
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.training import Training
from tests.engine.test_ensemble import flat

SGD = optimizer("sgd", lr=1e-2)
BATCH = 8


@dataclass(frozen=True)
class Drawing:
    """One player that draws as it is told."""

    draws: tuple = (("x", "train"),)

    def networks(self):
        return {"line": torch.nn.Linear(1, 1)}

    def players(self):
        return (Player("p", self.loss, ("line",), draws=dict(self.draws)),)

    def loss(self, net, batch, noise):
        drawn = [net.line(x)[:, 0] for name, x in batch.items() if x.dim() > 1]
        return {"square": sum(d.square() for d in drawn)}


def pool(start, n=40):
    """Examples that are known by their number, which label and partner repeat."""
    x = torch.arange(start, start + n).to(torch.get_default_dtype())[:, None]
    return {"x": x, "label": torch.arange(start, start + n), "partner": -x}


def pools():
    return {"few": pool(1000, 5), "other": pool(2000)}


def begin(draws, seeds=(3, 4), chunk=0, data=None):
    model = Drawing(tuple(draws.items()))
    return Training(Ensemble(model, seeds), data or pool(0), BATCH, SGD, chunk, pools=pools())


def batches(begun, rounds=2 * BLOCK):
    player = begun.players[0]
    found = [begun.chunks[0].inputs(player, 0, played)[0] for played in range(rounds)]
    return {name: torch.stack([batch[name] for batch in found]) for name in found[0]}


def test_without_a_word_the_batch_is_of_the_training_examples():
    found = batches(begin({"x": "train"}))
    assert list(found) == ["x", "label", "partner"]
    assert found["x"].shape == (2 * BLOCK, 2, BATCH, 1)
    assert found["x"].max() < 40


def test_each_name_is_drawn_from_its_pool_whole():
    found = batches(begin({"x": "train", "labelled": "few", "b": "other"}), 200)
    for name, numbers in (
        ("x", range(40)),
        ("labelled_x", range(1000, 1005)),
        ("b_x", range(2000, 2040)),
    ):
        assert found[name].unique().tolist() == list(numbers)


def test_the_arrays_of_a_pool_are_drawn_under_one_index():
    """An example keeps its label and its partner, whatever the name."""
    found = batches(begin({"x": "train", "labelled": "few"}))
    for prefix in ("", "labelled_"):
        x = found[f"{prefix}x"]
        assert torch.equal(x[..., 0], found[f"{prefix}label"].to(x.dtype))
        assert torch.equal(x, -found[f"{prefix}partner"])


def test_each_name_has_a_stream_of_its_own():
    """Two names of one pool meet in an example as often as chance has it: 1 in 40.

    512 pairs: 12.8 expected, 3.5 the deviation.
    """
    found = batches(begin({"x": "train", "b": "train"}))
    assert (found["x"] == found["b_x"]).float().mean() < 0.07
    unpaired = batches(begin({"a": "train", "b": "other"}))
    assert (unpaired["a_x"] + 2000 == unpaired["b_x"]).float().mean() < 0.07


def test_a_further_name_shifts_no_other():
    alone = batches(begin({"x": "train"}))
    found = batches(begin({"labelled": "few", "x": "train", "b": "other"}))
    assert all(torch.equal(found[name], values) for name, values in alone.items())
    again = batches(begin({"b": "other"}))
    assert torch.equal(found["b_x"], again["b_x"])


def test_replicas_and_steps_draw_their_own():
    found = batches(begin({"labelled": "few", "b": "other"}))
    for name in ("labelled_x", "b_x"):
        assert (found[name][:, 0] != found[name][:, 1]).any()
        assert (found[name][0] != found[name][1]).any()


@pytest.mark.parametrize("chunk", [1, 2])
def test_a_replica_does_not_depend_on_its_neighbours_or_its_chunk(chunk, double):
    """The numbers of the examples in thousands, so that the line's steps stay small."""

    def scaled(examples):
        return {n: t / 1000 if t.is_floating_point() else t for n, t in examples.items()}

    model = Drawing((("x", "train"), ("labelled", "few"), ("b", "other")))
    further = {name: scaled(examples) for name, examples in pools().items()}
    ends = []
    for seeds, size in (((5, 6, 7), chunk), ((6,), 0)):
        ensemble = Ensemble(model, seeds)
        begun = Training(ensemble, scaled(pool(0)), BATCH, SGD, size, pools=further)
        for _ in begun.play(BLOCK + 4):
            pass
        ends.append(flat(begun))
    torch.testing.assert_close(ends[0][1], ends[1][0], rtol=1e-12, atol=1e-12)
