"""DCGAN: which moments a sample and a training step use."""

from types import SimpleNamespace

import pytest
import torch
from torch.func import jacrev

from pipeline import datasets, models
from pipeline.engine.ensemble import SETTLED, Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import dcgan
from pipeline.results import data as stored
from pipeline.results.files import write_npz
from pipeline.study.validation import checked

SIZE = {"features": 32, "latent": 3, "width": 4, "shape": (4, 8)}
MODEL = dcgan.Model(**SIZE)
X = torch.rand(50, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


def training(seeds, rounds=3):
    x = {"x": X.to(torch.get_default_dtype())}
    begun = Training(Ensemble(MODEL, seeds), x, 16, optimizer("adam", lr=1e-2))
    for _ in begun.play(rounds):
        pass
    return begun


def replica(ensemble, r=0):
    state = {n: {k: t[r] for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


def test_a_sample_does_not_depend_on_its_neighbours(double):
    """Alone, among others, or in another order it is the same; by a batch's moments it is not."""
    ensemble = Ensemble(MODEL, [0, 1])
    ensemble.settle()
    net, z = replica(ensemble), torch.randn(9, 3)
    together, order = MODEL.sample(net, {"z": z}), torch.randperm(9)
    torch.testing.assert_close(MODEL.sample(net, {"z": z[order]}), together[order])
    for i in range(9):
        alone = MODEL.sample(net, {"z": z[i : i + 1]})
        torch.testing.assert_close(alone[0], together[i])
    gradients = jacrev(lambda z: MODEL.sample(net, {"z": z}).sum(-1))(z)
    others = ~torch.eye(9, dtype=torch.bool)
    assert (gradients[others] == 0).all()
    assert (gradients[~others] != 0).any()
    mixed = jacrev(lambda z: MODEL.made(net, {"z": z})[0].sum(-1))(z)
    assert (mixed[others] != 0).any()


def test_the_kept_moments_are_those_of_a_large_batch(double):
    """Of 2,048 latents: sampled by them, each is as in training in the batch of all of them."""
    ensemble = Ensemble(MODEL, [0, 1])
    ensemble.settle()
    noise = ensemble.noise(MODEL.prior(), (SETTLED,), "settle")
    for r in range(2):
        net, own = replica(ensemble, r), {name: t[r] for name, t in noise.items()}
        torch.testing.assert_close(MODEL.sample(net, own), MODEL.made(net, own)[0])
    kept = ensemble.buffers["generator"]
    assert len(kept) == 4
    assert all((t[0] != t[1]).all() for t in kept.values())


def test_training_reads_no_kept_moment_and_writes_none():
    """Were one read, NaN would spread."""
    known, spoilt = (
        training([0, 1]),
        Training(Ensemble(MODEL, [0, 1]), {"x": X}, 16, optimizer("adam", lr=1e-2)),
    )
    for own in spoilt.ensemble.buffers.values():
        for tensor in own.values():
            tensor.fill_(torch.nan)
    for _ in spoilt.play(3):
        pass
    for name, weights in known.ensemble.weights.items():
        assert torch.equal(weights, spoilt.ensemble.weights[name])
    for own in spoilt.ensemble.buffers.values():
        assert all(tensor.isnan().all() for tensor in own.values())


def test_a_replica_does_not_depend_on_its_neighbours(double):
    """To 1e-10: division by a small deviation enlarges what rounding leaves."""
    together, alone = training([1, 2]).ensemble.weights, training([2]).ensemble.weights
    for name, weights in alone.items():
        torch.testing.assert_close(together[name][1], weights[0], rtol=1e-10, atol=1e-10)


def test_a_player_moves_all_of_its_own_network_and_no_other(double):
    for player in MODEL.players():
        begun = training([0, 1], rounds=0)
        before = {n: w.clone() for n, w in begun.ensemble.weights.items()}
        chunk = begun.chunks[0]
        chunk.step(player, *chunk.inputs(player, 0, 0), 0)
        for name, weights in begun.ensemble.weights.items():
            moved = begun.ensemble.named(name, weights != before[name])
            assert all(own.any() == (name in player.moves) for own in moved.values())


def test_real_and_made_examples_are_normalised_apart(double):
    """One batch of both would let the discriminator see which share of it is real."""
    net = replica(Ensemble(MODEL, [0]))
    batch, noise = {"x": X[:8].double()}, {"z": torch.randn(8, 3)}
    loss = MODEL.discriminator_loss(net, batch, noise)["minimax"]
    real, fake = MODEL.logits(net, batch["x"]), MODEL.logits(net, MODEL.made(net, noise)[0])
    known = torch.nn.functional.softplus(-real) + torch.nn.functional.softplus(fake)
    torch.testing.assert_close(loss, known)
    mixed = MODEL.logits(net, torch.cat([batch["x"], MODEL.made(net, noise)[0]]))
    assert (mixed[:8] - real).abs().max() > 1e-3


def test_data_and_samples_fill_the_same_cube(folder):
    """Data in [0, 1] against a tanh would be told from samples by one dark pixel, and each image
    that an untrained generator makes has such pixels below 0."""
    dataset = datasets.build("digits", {})
    write_npz(folder / "data" / "digits.npz", dataset.splits())
    x = stored.load("digits", dataset)["train"]["x"]
    assert (x.min(), x.max()) == (-1, 1)
    model = dcgan.Model(features=64, latent=3, width=4, shape=(8, 8))
    made = Ensemble(model, [0, 1]).sample(200, "test")
    assert -1 <= made.min() < made.max() <= 1
    assert (made.min(-1).values < 0).all()


def test_a_shape_that_cannot_be_halved_is_refused_before_it_is_trained():
    block = {"features": 30, "latent": 2, "width": 4, "shape": (3, 10)}
    _, problems = checked(dcgan.Model, block, "arguments")
    assert len(problems) == 1
    assert "2 halvings need sides that are multiples of 4: (3, 10)" in problems[0]


def test_a_discriminator_can_have_a_quarter_of_the_channels(double):
    """Of every convolution, and so a sixteenth of the weights between two; G stays as it is, to
    the first weight. A width of 0 is that of the generator."""

    def begun(**width):
        return Ensemble(dcgan.Model(**SIZE | {"width": 8}, **width), [0])

    def channels(ensemble):
        layers = ensemble.modules["discriminator"].modules()
        return [layer.out_channels for layer in layers if isinstance(layer, torch.nn.Conv2d)]

    whole, weak, same = begun(), begun(discriminator_width=2), begun(discriminator_width=8)
    assert channels(whole) == channels(same) == [8, 16]
    assert channels(weak) == [2, 4]
    assert torch.equal(whole.weights["generator"], weak.weights["generator"])
    assert torch.equal(whole.weights["discriminator"], same.weights["discriminator"])
    x = weak.sample(5, "test")
    assert weak.each(weak.model.logits, x).shape == (1, 5)


@pytest.mark.parametrize("data", ["digits", "pairs", "mnist"])
def test_the_data_decide_the_shape(data):

    run = SimpleNamespace(model="dcgan", arguments={"latent": 3, "width": 4})
    dataset = datasets.build(data, {})
    assert models.build(run.model, run.arguments, dataset).shape == dataset.shape
