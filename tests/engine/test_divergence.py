"""A diverged replica is frozen from the round in which it diverged, and the others train on."""

from dataclasses import dataclass

import pytest
import torch

from pipeline.engine import divergence
from pipeline.engine.ensemble import Ensemble, Player
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.training import Training
from tests.engine.shared import sharing
from tests.engine.test_ensemble import flat

SEEDS, BATCH = [4, 5, 6], 4
FINITE = [0, 2]  # their places, beside the one that diverges


@dataclass(frozen=True)
class Bursting:
    """A line whose loss bursts at a mark that one example carries, and a second, quiet player.

    Whether a replica meets the mark in a round is decided by its own batches alone.
    """

    how: str
    steps: int = 1

    def networks(self):
        return {
            "line": torch.nn.Linear(3, 1),
            "quiet": torch.nn.Linear(3, 1),
        }

    def players(self):
        return (
            Player("quiet", self.calm, ("quiet",)),
            Player("loud", self.loss, ("line",), steps=self.steps),
        )

    def calm(self, net, batch, noise):
        return {"square": net.quiet(batch["x"])[:, 0].square()}

    def loss(self, net, batch, noise):
        line = net.line(batch["x"])[:, 0]
        marked = batch["label"]
        match self.how:
            case "term":  # inf in the term; its gradient is inf too
                bang = (1e30 * marked * (1 + line.square())).exp()
            case "gradient":  # the square root of 0 is 0, and its gradient inf
                bang = (line - line.detach() + (1 - marked)).sqrt() * marked
            case "square":  # a finite gradient whose square is not
                bang = 1e25 * marked * line
        return {"calm": line.square(), "bang": bang}


def marked(n=400):
    """Examples, of which the last carries the mark: a batch of 4 has it once in 100 rounds."""
    x = torch.rand(n, 3, generator=torch.Generator().manual_seed(0)) + 0.5
    return {"x": x, "label": (torch.arange(n) == n - 1).to(x.dtype)}


def begin(how, seeds=SEEDS, chunk=0, steps=1, optimize=None):
    optimize = optimize or optimizer("adam", lr=1e-3)
    ensemble = Ensemble(Bursting(how, steps), seeds)
    return sharing(Training(ensemble, marked(), BATCH, optimize, chunk))


def meetings(seed, rounds, steps=1):
    """(round, step) at which a seed's loud player meets the mark, rounds counted from 1."""
    begun = begin("term", [seed], steps=steps)
    loud, found = begun.players[1], []
    for played in range(rounds):
        for n in range(steps):
            batch, _ = begun.chunks[0].inputs(loud, n, played)
            found += [(played + 1, n)] * bool(batch["label"].any())
    return found


def played(begun, rounds, at_once=None):
    reports = []
    while begun.round < rounds:
        reports += begun.play(min(rounds, begun.round + (at_once or rounds)))
    return reports


def state(begun):
    return {n: t.clone() for c in begun.chunks for n, t in c.live().items()}


ROUNDS = 3 * BLOCK + 5
FIRST = {seed: (meetings(seed, ROUNDS + 2) or [(10**6, 0)])[0] for seed in range(40)}
EARLY = [s for s, (at, _) in FIRST.items() if 3 < at < ROUNDS - 3]
LATE = [s for s, (at, _) in FIRST.items() if at > ROUNDS + 1]


@pytest.mark.parametrize("how", ["term", "gradient", "square"])
@pytest.mark.parametrize("chunk", [0, 1, 2])
def test_a_replica_diverges_in_the_round_in_which_it_meets_the_mark(how, chunk):
    """Not before, not at the end of the block, and no other: by the replica's batches alone."""
    seeds = [LATE[0], EARLY[0], LATE[1], EARLY[1]]
    begun = begin(how, seeds, chunk)
    played(begun, ROUNDS)
    assert sorted(begun.diverged) == [1, 3]
    for row, found in begun.diverged.items():
        assert (found.round, found.step) == FIRST[seeds[row]]
        assert found.player == "loud"
        expected = {"term": ("term", "bang"), "gradient": ("gradient", "")}
        assert (found.quantity, found.term) == expected.get(how, ("memory", ""))


@pytest.mark.parametrize("how", ["term", "gradient", "square"])
def test_neighbours_end_in_the_bytes_of_a_training_without_the_fault(how, monkeypatch):
    """Equal to rounding would not do: the replay must take each step as it was taken."""
    seeds = [LATE[0], EARLY[0], LATE[1]]
    begun, calm = begin(how, seeds), begin(how, seeds)
    monkeypatch.setattr(divergence, "suspects", lambda *_: False)
    known = played(calm, ROUNDS)
    monkeypatch.undo()
    reports = played(begun, ROUNDS)
    for row in FINITE:
        assert torch.equal(flat(begun)[row], flat(calm)[row])
        for found, expected in zip(reports, known, strict=True):
            for player, terms in expected.items():
                assert all(found[player][n][row] == term[row] for n, term in terms.items())


def test_it_stands_still_as_it_was_at_the_end_of_the_round_before():
    """Weights and memory, whatever the others play; and it reports nothing from its round on."""
    seeds = [LATE[0], EARLY[0], LATE[1]]
    at = FIRST[EARLY[0]][0]
    begun, short = begin("term", seeds), begin("term", seeds)
    reports = played(begun, ROUNDS)
    played(short, at - 1)
    assert not short.diverged
    known = state(short)
    for name, tensor in state(begun).items():
        assert tensor.isfinite().all(), name
        if tensor.dim():
            assert torch.equal(tensor[1], known[name][1]), name
            assert "quiet" in name or not torch.equal(tensor[0], known[name][0]), name
    for number, report in enumerate(reports, 1):
        for terms in report.values():
            for term in terms.values():
                assert bool(term[1].isnan()) == (number >= at)
                assert term[FINITE].isfinite().all()


@pytest.mark.parametrize("at_once", [1, 5, BLOCK, 1000])
@pytest.mark.parametrize("kept", [1, 20, 256])
def test_when_it_is_looked_for_changes_nothing(at_once, kept, monkeypatch):
    """After each round, in the middle of blocks, or seldom; from a state of long ago or not."""
    monkeypatch.setattr(divergence, "KEPT", kept)
    seeds = [EARLY[1], LATE[0], EARLY[0]]
    begun, known = begin("term", seeds, chunk=2), begin("term", seeds, chunk=2)
    found = played(begun, ROUNDS, at_once)
    monkeypatch.undo()
    expected = played(known, ROUNDS)
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)
    assert {r: d[:5] for r, d in begun.diverged.items()} == {
        r: d[:5] for r, d in known.diverged.items()
    }
    for name, tensor in state(begun).items():
        assert torch.equal(tensor, state(known)[name]), name


def test_the_box_holds_what_the_fatal_step_saw():
    """From its state, batch and noise the step is taken again, and is not finite again.

    In the second of two steps: the state is that after the first, not that of the round.
    """
    seed = next(
        s for s in range(200) if meetings(s, ROUNDS, 2)[:1] and meetings(s, ROUNDS, 2)[0][1]
    )
    begun = begin("term", [seed], steps=2)
    played(begun, ROUNDS)
    found = begun.diverged[0]
    assert (found.round, found.step) == meetings(seed, ROUNDS, 2)[0]
    net = {
        n: {k: found.box[f"state/{n}/{k}"] for k in ("weight", "bias")} for n in ("line", "quiet")
    }
    again = begin("term", [seed], steps=2)
    played(again, found.round - 1)
    chunk = again.chunks[0]
    quiet, loud = again.players
    chunk.step(quiet, *chunk.inputs(quiet, 0, found.round - 1), found.round - 1)
    chunk.step(loud, *chunk.inputs(loud, 0, found.round - 1), found.round - 1)
    batch, _ = chunk.inputs(loud, 1, found.round - 1)
    assert torch.equal(found.box["batch/x"], batch["x"][0])
    for n, weights in net.items():
        for k, tensor in weights.items():
            torch.testing.assert_close(tensor, again.ensemble.state[n][k][0], rtol=1e-6, atol=1e-7)
    line = torch.func.functional_call(
        again.ensemble.modules["line"], net["line"], (found.box["batch/x"],)
    )[:, 0]
    assert not (1e30 * found.box["batch/label"] * (1 + line.square())).exp().isfinite().all()


def test_a_clamp_does_not_hide_what_is_not_finite():
    """SGD by an infinite gradient, then clipping, would leave a weight at the clip."""

    class Clipped(Bursting):
        def players(self):
            quiet, loud = super().players()
            return quiet, loud._replace(project=lambda w: w.clamp(-1.0, 1.0))

    seeds = [LATE[0], EARLY[0], LATE[1]]
    sgd = optimizer("sgd", lr=1e-3)
    begun = Training(Ensemble(Clipped("gradient"), seeds), marked(), BATCH, sgd)
    played(begun, ROUNDS)
    assert {r: d.round for r, d in begun.diverged.items()} == {1: FIRST[EARLY[0]][0]}
