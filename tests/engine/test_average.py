"""The average of weights over the rounds: its definition, and what it must not depend on."""

import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import gan
from tests.engine.shared import sharing
from tests.engine.test_ensemble import ADAM, BLOCK, data, flat

MODEL = gan.Model(features=3, latent=2, width=8, k=2)
BETA, ROUNDS = 0.9, BLOCK + 5


def begin(model=MODEL, decay=BETA, chunk=0, optimize=ADAM):
    made = Ensemble(model, [4, 5, 6])
    return sharing(Training(made, data(), 16, optimize, chunk, decay=decay))


def weights(begun):
    return {n: w.clone() for n, w in begun.ensemble.weights.items()}


def test_it_is_the_recursion_over_rounds(double):
    """a <- beta a + (1 - beta) w once per round, whatever its steps; first a = w."""
    begun = begin()
    known = weights(begun)
    for _ in range(ROUNDS):
        list(begun.play(begun.round + 1))
        now = weights(begun)
        known = {n: BETA * a + (1 - BETA) * now[n] for n, a in known.items()}
    for name, average in begun.average.items():
        torch.testing.assert_close(average, known[name], rtol=1e-12, atol=1e-13)
        assert (average != now[name]).any()


def test_chunks_and_blocks_do_not_matter(double):
    together, apart = begin(), begin(chunk=2)
    list(together.play(ROUNDS))
    for stop in (3, BLOCK, ROUNDS):
        list(apart.play(stop))
    for name, average in together.average.items():
        torch.testing.assert_close(apart.average[name], average, rtol=1e-12, atol=1e-13)


def test_training_does_not_notice_it():
    with_one, without = begin(), begin(decay=0.0)
    for begun in (with_one, without):
        list(begun.play(ROUNDS))
    assert torch.equal(flat(with_one), flat(without))
    assert not without.average


def test_of_a_network_that_stands_still_it_is_the_network():
    """To the last bit: beta w + (1 - beta) w, rounded, would drift."""
    begun = begin(gan.Model(features=3, latent=2, width=8, moves="discriminator"))
    start = weights(begun)
    list(begun.play(ROUNDS))
    assert torch.equal(begun.average["generator"], start["generator"])
    assert (begun.average["discriminator"] != start["discriminator"]).any()


def test_of_a_replica_that_stands_still_it_stands_still():
    """The second replica diverges in the first round: what is averaged is its first weights."""
    begun = begin(optimize=optimizer("sgd", lr=[1e-2, 1e30, 1e-2]))
    start = weights(begun)
    list(begun.play(ROUNDS))
    assert list(begun.diverged) == [1]
    for name, average in begun.average.items():
        assert torch.equal(average[1], start[name][1])
        assert (average[0] != start[name][0]).any()


def test_it_can_be_put_in_the_place_of_the_weights():
    begun = begin()
    list(begun.play(ROUNDS))
    last = begun.ensemble.sample(5, "a")
    begun.use_average()
    for name, average in begun.average.items():
        assert torch.equal(begun.ensemble.weights[name], average)
    assert (begun.ensemble.sample(5, "a") != last).any()
