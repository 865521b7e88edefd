"""Each phase has its players; networks that none of them moves are frozen, and none is lost."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Player
from pipeline.engine.optimizers import optimizer
from pipeline.engine.phases import Phase, stretches
from pipeline.engine.randomness import BLOCK, Normal
from pipeline.engine.training import Training
from tests.engine.shared import sharing
from tests.engine.test_ensemble import Counting, data, flat

ADAM = optimizer("adam", lr=1e-2, betas=(0.5, 0.999))
ROUNDS = 2 * BLOCK + 6
HALVES = (Phase(("maker", "critic"), 0.5), Phase(("reader",), 0.5))


@dataclass(frozen=True)
class Growing:
    """A maker and its critic; then a reader, who calls the maker, which has a buffer, too."""

    shares: tuple = HALVES
    features: int = 3

    def networks(self):
        return {
            "made": torch.nn.Linear(2, self.features),
            "judged": Counting(self.features),
            "read": torch.nn.Linear(self.features, 2),
        }

    def phases(self):
        return self.shares

    def prior(self):
        return {"z": Normal((2,))}

    def sample(self, net, noise):
        return net.made(noise["z"])

    def players(self):
        z = self.prior()
        return (
            Player("critic", self.critic, ("judged",), z, steps=2),
            Player("maker", self.maker, ("made",), z),
            Player("reader", self.reader, ("read",), z, progress=True),
        )

    def critic(self, net, batch, noise):
        made = net.made(noise["z"])
        return {"score": net.judged(made).square() + (net.judged(batch["x"]) - 1).square()}

    def maker(self, net, batch, noise):
        return {"score": net.judged(net.made(noise["z"])).square()}

    def reader(self, net, batch, noise):
        """Calls `judged`, whose buffers this would change."""
        made = net.made(noise["z"])
        wrong = (net.read(made) - noise["z"]).square().sum(-1)
        return {"error": batch["progress"] * wrong + 0 * net.judged(made)}


def begin(model=None, seeds=(4, 5, 6), chunk=0, rounds=ROUNDS, compiled=False):
    model = model or Growing()
    made = Ensemble(model, seeds)
    return sharing(Training(made, data(), 8, ADAM, chunk, compiled, rounds=rounds))


def state(begun):
    return {
        f"{n}/{k}": t.clone() for n, own in begun.ensemble.state.items() for k, t in own.items()
    }


def test_the_phases_take_their_shares_of_the_rounds():
    model = Growing((Phase(("maker",), 0.1), Phase(("critic",), 0.2), Phase(("reader",), 0.7)))
    for rounds in (10, 33, 1000):
        found = stretches(model, rounds)
        assert [s.start for s in found] == [0, round(0.1 * rounds), round(0.3 * rounds)]
        assert [s.stop for s in found] == [*(s.start for s in found[1:]), rounds]


def test_without_phases_all_play_to_the_end():
    class One:
        def players(self):
            return Growing().players()[:2]

    (found,) = stretches(One(), None)
    assert [p.name for p in found.players] == ["critic", "maker"]


def test_each_round_is_its_own_phase_s():
    """The last of the first phase and the first of the second, both inside a block."""
    begun = begin()
    reports = list(begun.play(ROUNDS))
    first, second = reports[: ROUNDS // 2], reports[ROUNDS // 2 :]
    assert ROUNDS // 2 % BLOCK
    assert all(list(report) == ["critic", "maker"] for report in first)
    assert all(list(report) == ["reader"] for report in second)


def test_what_no_player_of_a_phase_moves_stands_still():
    """Weights and buffers, though the reader's loss calls both other networks."""
    begun = begin()
    start = state(begun)
    list(begun.play(ROUNDS // 2))
    middle = state(begun)
    list(begun.play(ROUNDS))
    end = state(begun)
    for name in start:
        early, late = (
            bool((a[name] != b[name]).any()) for a, b in ((start, middle), (middle, end))
        )
        assert (early, late) == ((False, True) if "read/" in name else (True, False)), name


def test_progress_is_the_share_of_the_phase_that_is_over():
    """0 in its first round, so that the reader's loss is 0 there, and below 1 in its last."""
    begun = begin()
    reader = begun.players[2]
    found = []
    for played in range(ROUNDS // 2, ROUNDS):
        batch, _ = begun.chunks[0].inputs(reader, 0, played)
        assert batch["progress"].shape == (3,)
        found.append(batch["progress"][0].item())
    n = ROUNDS - ROUNDS // 2
    torch.testing.assert_close(found, [i / n for i in range(n)], rtol=1e-6, atol=0)
    reports = list(begun.play(ROUNDS))[ROUNDS // 2 :]
    assert (reports[0]["reader"]["error"] == 0).all()
    assert (reports[1]["reader"]["error"] > 0).all()


def test_a_traced_step_is_told_of_its_progress_anew(double):
    """SGD on one number: the rate of its fall in each round is the progress of that round."""

    class Fading:
        def networks(self):
            return {"line": torch.nn.Linear(1, 1, bias=False)}

        def players(self):
            return (Player("p", self.loss, ("line",), progress=True),)

        def loss(self, net, batch, noise):
            return {"line": batch["progress"] * net.line(torch.ones_like(batch["x"]))[:, 0]}

    sgd = optimizer("sgd", lr=1.0)
    begun = Training(Ensemble(Fading(), [0]), {"x": torch.zeros(4, 1)}, 4, sgd, rounds=20)
    weights = [flat(begun).item()]
    while begun.round < 20:
        list(begun.play(begun.round + 1))
        weights.append(flat(begun).item())
    falls = [a - b for a, b in pairwise(weights)]
    torch.testing.assert_close(falls, [i / 20 for i in range(20)], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("chunk", [1, 2])
def test_a_replica_does_not_depend_on_its_neighbours_or_its_chunk(chunk, double):
    together, alone = begin(chunk=chunk), begin(seeds=(5,))
    for begun in (together, alone):
        list(begun.play(ROUNDS))
    torch.testing.assert_close(flat(together)[1], flat(alone)[0], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("stops", [(ROUNDS // 2,), (ROUNDS // 2 - 1, ROUNDS // 2 + 1), (BLOCK, 3)])
def test_where_it_is_stopped_changes_nothing(stops):
    """At the end of a phase, a round to either side of it, at the end of a block."""
    whole, stopped = begin(chunk=2), begin(chunk=2)
    known = list(whole.play(ROUNDS))
    found = [report for stop in (*sorted(stops), ROUNDS) for report in stopped.play(stop)]
    torch.testing.assert_close(found, known, rtol=0, atol=0)
    assert torch.equal(flat(whole), flat(stopped))


def test_hoisted_values_are_those_of_the_phase(monkeypatch, double):
    """In the second phase nobody moves the maker: all that is made of it may be hoisted."""
    ends = []
    for wide in (1, 2**60):
        monkeypatch.setattr("pipeline.engine.graph.nodes.WIDE", wide)
        begun = begin()
        list(begun.play(ROUNDS))
        ends.append((flat(begun), [plan.hoisted is not None for plan in begun.plans.values()]))
    assert ends[0][1][0]
    assert not any(ends[1][1])
    torch.testing.assert_close(ends[0][0], ends[1][0], rtol=1e-10, atol=1e-10)


@pytest.mark.slow
def test_compiled_phases_are_the_same_phases(double):
    ends = []
    for compiled in (False, True):
        begun = begin(compiled=compiled)
        list(begun.play(ROUNDS))
        ends.append(flat(begun))
    torch.testing.assert_close(*ends, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("shares", "rounds", "told"),
    [
        ((Phase(("maker", "critic", "reader"), 0.5),), 10, "must sum to 1"),
        ((Phase(("maker", "critic"), 0.5), Phase(("raeder",), 0.5)), 10, "'raeder'; there are"),
        ((Phase(("maker", "critic"), 1.0),), 10, "'reader' plays in no phase"),
        ((Phase(("maker", "maker", "critic", "reader"), 1.0),), 10, "each of its players once"),
        ((*HALVES[:1], Phase((), 0.25), Phase(("reader",), 0.25)), 10, "each of its players once"),
        (HALVES, 1, "1 rounds leave none to phase 1 of 2"),
        (HALVES, None, "number of rounds must be known"),
        ((Phase(("maker", "critic"), 1.5), Phase(("reader",), -0.5)), 10, "leave none to phase 2"),
    ],
)
def test_phases_that_cannot_be_played_are_refused(shares, rounds, told):
    with pytest.raises(ValueError, match=told):
        stretches(Growing(shares), rounds)
