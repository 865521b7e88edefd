"""The memory layout of replicas changes the cost of a round, not its result."""

import pytest
import torch

from pipeline.engine.chunks import chunk_of, chunks
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.randomness import BLOCK
from pipeline.engine.training import Training
from pipeline.models import gan
from tests.engine.shared import sharing
from tests.engine.test_ensemble import ADAM, MODELS, data, flat


def test_a_large_parameter_has_a_gradient_of_its_own_and_moves_as_among_others(
    double, monkeypatch
):
    """One replica a call, its matrices moved apart from its biases, against all in one row."""

    def weights(alone):
        monkeypatch.setattr("pipeline.engine.chunks.ALONE", alone)
        begun = sharing(Training(Ensemble(MODELS["gan"], [4, 5]), data(), 16, ADAM, 1))
        for _ in begun.play(4):
            pass
        moved = begun.chunks[0].optimizers["generator"].weights
        assert torch.equal(torch.cat(moved, 1), begun.ensemble.weights["generator"][:1])
        return flat(begun), [w.shape[1] for w in moved]

    sizes = [p.numel() for p in Ensemble(MODELS["gan"], [4]).modules["generator"].parameters()]
    matrices, biases = sizes[::2], sizes[1::2]
    (together, row), (apart, pieces) = weights(10**6), weights(min(matrices))
    assert row == [sum(sizes)]
    assert min(matrices) > max(biases)
    assert pieces == sizes
    torch.testing.assert_close(apart, together, rtol=1e-12, atol=1e-12)


def test_neighbours_that_are_not_large_are_moved_together(monkeypatch):
    monkeypatch.setattr("pipeline.engine.chunks.ALONE", 15)
    ensemble = Ensemble(gan.Model(features=3, latent=2, width=5, depth=2), [0])
    found = [piece.shape[1] for piece in ensemble.pieces("generator", slice(0, 1))]
    assert found == [10 + 5, 25, 5, 15, 3]
    named = ensemble.named("generator", *ensemble.pieces("generator", slice(0, 1)))
    assert all(torch.equal(t, ensemble.state["generator"][name]) for name, t in named.items())


def test_a_network_without_parameters_can_be_one_replica_s(double):
    class Model(gan.Model):
        def networks(self):
            return super().networks() | {"same": torch.nn.Tanh()}

    begun = Training(Ensemble(Model(features=3, latent=2, width=4), [0]), data(), 16, ADAM)
    known = Training(Ensemble(gan.Model(features=3, latent=2, width=4), [0]), data(), 16, ADAM)
    for training in (begun, known):
        for _ in training.play(2):
            pass
    assert torch.equal(flat(begun), flat(known))


def test_convolutions_of_large_images_are_taken_one_replica_at_a_time():
    class Model(gan.Model):
        def networks(self):
            return super().networks() | {"eye": torch.nn.Conv2d(1, 1, 3)}

    dense = Ensemble(MODELS["gan"], [0])
    eye = Ensemble(Model(features=3, latent=2, width=4), [0])
    assert [chunk_of(dense, values) for values in (64 * 64, 64 * 784)] == [11, 11]
    assert [chunk_of(eye, values) for values in (1, 64 * 64, 64 * 784)] == [11, 8, 1]


@pytest.mark.parametrize(
    ("replicas", "chunk", "expected"),
    [(10, 0, [10]), (32, 0, [10, 11, 11]), (12, 0, [6, 6]), (3, 2, [1, 2]), (5, 9, [5])],
)
def test_chunks_are_as_few_and_as_equal_as_possible(replicas, chunk, expected):
    rows = chunks(Ensemble(MODELS["gan"], range(replicas)), 3 * 16, chunk)
    assert [each.stop - each.start for each in rows] == expected
    assert [r for each in rows for r in range(replicas)[each]] == list(range(replicas))


def test_a_chunk_plays_a_block_before_the_next_and_the_reports_are_those_of_each_round(double):
    """Of 3 replicas by 2, over two blocks and a half: as when each round is asked for alone,
    and whoever looks at the weights finds those of `round`."""

    def begin():
        return sharing(Training(Ensemble(MODELS["gan"], [4, 5, 6]), data(), 16, ADAM, chunk=2))

    together, alone, rounds = begin(), begin(), 2 * BLOCK + BLOCK // 2
    found = list(together.play(rounds))
    for told, played in zip(found, range(rounds), strict=True):
        (known,) = alone.play(played + 1)
        for player, terms in known.items():
            assert all(torch.equal(told[player][name], term) for name, term in terms.items())
    assert torch.equal(flat(together), flat(alone))
    for _ in together.play(rounds + 2):
        for _ in alone.play(together.round):
            pass
        assert torch.equal(flat(together), flat(alone))


def test_a_chunk_keeps_the_randomness_of_one_block_and_no_longer_than_it_needs(double):
    begun = Training(Ensemble(MODELS["gan"], [4, 5]), data(), 16, ADAM, chunk=1)
    for rounds, kept in ((BLOCK // 2, [0]), (BLOCK, []), (2 * BLOCK + 1, [2])):
        for _ in begun.play(rounds):
            pass
        assert all(list(chunk.inputs.drawn) == kept for chunk in begun.chunks)


@pytest.mark.parametrize(("compiled", "expected"), [(True, [11, 4, 1]), (False, [11, 11, 3])])
def test_the_wider_the_networks_the_fewer_replicas_are_taken_at_once(compiled, expected):
    found = []
    for width in (4, 500, 1500):
        model = gan.Model(features=3, latent=2, width=4, depth=2)
        ensemble = Ensemble(model, [0])
        ensemble.weights["wide"] = torch.zeros(1, width**2)
        found.append(chunk_of(ensemble, 64, compiled))
    assert found == expected
