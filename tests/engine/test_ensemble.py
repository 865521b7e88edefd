"""An ensemble of R replicas is R trainings."""

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Player
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.rounds import Chunk
from pipeline.engine.training import Training
from pipeline.models import classifier, gan, iwae, vae
from tests.engine.shared import sharing

MODELS = {
    "gan": gan.Model(features=3, latent=2, width=8),
    "gan_minimax": gan.Model(features=3, latent=2, width=8, generator_objective="minimax", k=2),
    "gan_components": gan.Model(features=3, latent=2, width=8, components=4),
    "gan_tanh": gan.Model(features=3, latent=2, width=8, depth=1, output="tanh"),
    "vae_bernoulli": vae.Model(features=3, latent=2, width=8, likelihood="bernoulli"),
    "vae_gaussian": vae.Model(features=3, latent=2, width=8, likelihood="gaussian"),
    "vae_learned": vae.Model(
        features=3, latent=2, width=8, likelihood="gaussian", variance="learned", depth=0
    ),
    "iwae": iwae.Model(features=3, latent=2, width=8, likelihood="bernoulli", draws=3),
    "classifier": classifier.Model(features=3, classes=4, width=8, noise=0.1),
}
ADAM = optimizer("adam", lr=1e-2, betas=(0.5, 0.999))
SGD = optimizer("sgd", lr=1e-2, momentum=0.9)
EVERY = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def data(n=50):
    rng = torch.Generator().manual_seed(0)
    x = torch.rand(n, 3, generator=rng) * 2 - 1
    return {"x": x, "label": torch.randint(4, (n,), generator=rng)}


def training(model, seeds, rounds=0, optimizer=ADAM, batch=16):
    begun = sharing(Training(Ensemble(model, seeds), data(), batch, optimizer))
    for _ in begun.play(rounds):
        pass
    return begun


def flat(begun):
    """All numbers of every replica's networks, (R, n)."""
    tensors = [t for state in begun.ensemble.state.values() for t in state.values()]
    return torch.cat([t.detach().reshape(len(t), -1) for t in tensors], dim=1)


@EVERY
@pytest.mark.parametrize("optimizer", [ADAM, SGD], ids=["adam", "sgd"])
def test_a_replica_does_not_depend_on_its_neighbours(model, optimizer, double):
    """The same weights alone and in company, to rounding, over two blocks of randomness.

    A batched product may add in another order than a single one: 1e-16 a step, amplified by
    less than 1e4 in 20 rounds of these networks.
    """
    together = flat(training(model, [10, 11, 12], BLOCK + 4, optimizer))
    for r, seed in enumerate([10, 11, 12]):
        alone = flat(training(model, [seed], BLOCK + 4, optimizer))
        torch.testing.assert_close(together[r], alone[0], rtol=1e-12, atol=1e-12)


@EVERY
def test_replicas_differ(model):
    """From the start, and by their data alone once they start alike."""
    begun = training(model, [0, 1])
    assert (flat(begun)[0] != flat(begun)[1]).any()
    with torch.no_grad():
        for state in begun.ensemble.state.values():
            for tensor in state.values():
                tensor[1] = tensor[0]
    for _ in begun.play(1):
        assert (flat(begun)[0] != flat(begun)[1]).any()


@EVERY
def test_a_player_moves_only_its_own_networks(model):
    for player in model.players():
        begun = training(model, [0, 1])
        before = {n: {k: t.clone() for k, t in s.items()} for n, s in begun.ensemble.state.items()}
        chunk = begun.chunks[0]
        chunk.step(player, *chunk.inputs(player, 0, 0), 0)
        for network, tensors in begun.ensemble.state.items():
            for name, tensor in tensors.items():
                moved = (tensor != before[network][name]).any()
                assert moved == (network in player.moves), f"{player.name}: {network}.{name}"


def test_each_player_steps_as_often_as_promised(monkeypatch):
    played, step = [], Chunk.step_with_gradients
    noted = lambda *a: (played.append(a[1].name), step(*a))[1]  # noqa: E731
    monkeypatch.setattr(Chunk, "step_with_gradients", noted)
    training(gan.Model(features=3, latent=2, width=4, k=3), [0], rounds=2)
    assert played == (["discriminator"] * 3 + ["generator"]) * 2


def test_more_steps_or_another_loss_shift_no_batch_and_no_noise():
    """Round, player and step name their own streams, so what is not changed stays."""
    one, three = (gan.Model(features=3, latent=2, width=4, k=k) for k in (1, 3))
    other = gan.Model(features=3, latent=2, width=4, k=3, generator_objective="minimax")
    inputs = {}
    for name, model in {"one": one, "three": three, "other": other}.items():
        begun = training(model, [5], rounds=2)
        inputs[name] = [begun.chunks[0].inputs(player, 0, 2) for player in model.players()]
    for name in ("three", "other"):
        for (batch, noise), (batch_1, noise_1) in zip(inputs[name], inputs["one"], strict=True):
            assert torch.equal(batch["x"], batch_1["x"])
            assert torch.equal(noise["z"], noise_1["z"])


def test_a_round_never_repeats_a_batch_or_a_noise():
    begun, seen = training(MODELS["gan"], [0]), set()
    for played in range(2 * BLOCK):
        for player in begun.players:
            batch, noise = begun.chunks[0].inputs(player, 0, played)
            seen |= {batch["x"].numpy().tobytes(), noise["z"].numpy().tobytes()}
    assert len(seen) == 2 * BLOCK * 2 * 2


def test_batches_are_uniform_over_the_examples():
    """20,000 draws of 50 examples: a chi-squared test at p = 1e-6."""
    from scipy.stats import chisquare

    begun = training(MODELS["gan"], [0, 1], batch=500)
    counts = torch.zeros(50)
    for played in range(20):
        batch, _ = begun.chunks[0].inputs(begun.players[0], 0, played)
        found = (batch["x"].flatten(0, 1)[:, None] == data()["x"]).all(-1)
        counts += found.sum(0)
    assert counts.sum() == 20_000
    assert chisquare(counts).pvalue > 1e-6


def test_a_term_that_is_not_one_number_per_example_is_refused():
    """(B, 1) against (B,) would broadcast to (B, B) and train on something else."""

    class Wrong(gan.Model):
        def generator_loss(self, net, batch, noise):
            return {"wrong": net.discriminator(self.sample(net, noise))}

    with pytest.raises(AssertionError, match="wrong"):
        training(Wrong(features=3, latent=2, width=4), [0], rounds=1)


def test_what_is_minimised_is_the_sum_of_the_means_of_the_terms(double):
    """One SGD step of a loss with known gradient: terms of shape (B,) and of shape ()."""

    class Sum:
        def networks(self):
            return {"line": torch.nn.Linear(1, 1, bias=False)}

        def players(self):
            return (Player("p", self.loss, ("line",)),)

        def loss(self, net, batch, noise):
            w = net.line(torch.ones_like(batch["x"]))[:, 0]
            return {"each": batch["x"][:, 0] * w, "whole": 3 * w.mean()}

    x = torch.arange(4.0)[:, None]
    begun = Training(Ensemble(Sum(), [0]), {"x": x}, 4, optimizer("sgd", lr=0.1))
    before = flat(begun).clone()
    batch, _ = begun.chunks[0].inputs(begun.players[0], 0, 0)
    report = next(begun.play(1))
    gradient = batch["x"].mean() + 3
    torch.testing.assert_close(flat(begun), before - 0.1 * gradient, rtol=1e-14, atol=1e-14)
    assert report["p"]["each"].shape == report["p"]["whole"].shape == (1,)


def test_samples_are_the_replicas_own_and_repeat():
    ensemble = training(MODELS["gan"], [3, 4], rounds=2).ensemble
    x = ensemble.sample(6, "a")
    assert x.shape == (2, 6, 3)
    assert torch.equal(x, ensemble.sample(6, "a"))
    assert (x != ensemble.sample(6, "b")).any()
    assert (x[0] != x[1]).any()
    net = {n: {k: t[1] for k, t in s.items()} for n, s in ensemble.state.items()}
    z = ensemble.noise(MODELS["gan"].prior(), (6,), "a")["z"][1]
    alone = torch.func.functional_call(ensemble.modules["generator"], net["generator"], (z,))
    torch.testing.assert_close(x[1], alone, rtol=1e-5, atol=1e-6)


@EVERY
@pytest.mark.parametrize("chunk", [1, 2])
def test_how_many_replicas_a_call_takes_does_not_matter(model, chunk, double):
    """To rounding, as among neighbours; 3 replicas by 2 leave one over."""

    def weights(chunk):
        begun = sharing(Training(Ensemble(model, [4, 5, 6]), data(), 16, ADAM, chunk))
        reports = list(begun.play(4))
        return flat(begun), [t for report in reports for t in report.values()]

    together, apart = weights(0), weights(chunk)
    torch.testing.assert_close(apart[0], together[0], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(apart[1], together[1], rtol=1e-12, atol=1e-12)


class Counting(torch.nn.Module):
    """A network with buffers that its calls change: a running mean, and how often."""

    def __init__(self, features=3):
        super().__init__()
        self.line = torch.nn.Linear(features, 1)
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.mean.copy_(0.9 * self.mean + 0.1 * x.mean(0))
        self.calls.add_(1)
        return self.line(x - self.mean)[:, 0]


class Buffered:
    """A model whose loss calls a network with buffers twice."""

    def networks(self):
        return {"line": Counting()}

    def players(self):
        return (Player("p", self.loss, ("line",)),)

    def loss(self, net, batch, noise):
        return {"square": net.line(batch["x"]).square() + net.line(2 * batch["x"]).square()}


def test_buffers_change_as_the_network_writes_them(double):
    """Each call sees what the one before it wrote, and each replica has its own."""
    begun = Training(Ensemble(Buffered(), [1, 2]), data(), 16, ADAM)
    mean = torch.zeros(2, 3)
    for _ in range(3):
        batch, _ = begun.chunks[0].inputs(begun.players[0], 0, begun.round)
        for factor in (1, 2):
            mean = 0.9 * mean + 0.1 * (factor * batch["x"]).mean(1)
        next(begun.play(begun.round + 1))
    state = begun.ensemble.state["line"]
    torch.testing.assert_close(state["mean"], mean, rtol=1e-14, atol=1e-14)
    assert state["calls"].tolist() == [6, 6]
    assert (state["mean"][0] != state["mean"][1]).any()


def test_a_projection_follows_each_step():
    class Clipped(gan.Model):
        def players(self):
            critic, generator = super().players()
            return critic._replace(project=lambda w: w.clamp(-0.01, 0.01)), generator

    begun = training(Clipped(features=3, latent=2, width=4), [0, 1], rounds=2)
    weights = begun.ensemble.weights
    assert weights["discriminator"].abs().max() == torch.tensor(0.01)
    assert weights["generator"].abs().max() > 0.1


@pytest.mark.slow
def test_compiled_and_traced_steps_are_the_same_steps(double):
    """To rounding, over a block of rounds; where no compiler is, both are the traced ones."""
    model, ends = MODELS["classifier"], []
    for compiled in (False, True):
        begun = Training(Ensemble(model, [4, 5]), data(), 16, ADAM, compiled=compiled)
        for _ in begun.play(BLOCK):
            pass
        ends.append(flat(begun))
    torch.testing.assert_close(*ends, rtol=1e-12, atol=1e-12)
