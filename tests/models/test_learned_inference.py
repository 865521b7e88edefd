"""From an example back to its latent: pairs and their order, phases, and the best inference."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.func import grad

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import bigan, inference_gan, roles
from pipeline.objectives import gaussian, squared_error
from reference.theory.linear_gaussian import linear_gaussian_posterior

SIZE = {"features": 3, "latent": 2, "width": 6}
ALI = bigan.Model(**SIZE, encoder="gaussian")
BIGAN = bigan.Model(**SIZE)


def replica(model):
    """The networks of one replica, twelve examples, and the noise of the discriminator."""
    ensemble = Ensemble(model, [5])
    noise = ensemble.noise(model.pair()[0].noise, (12,), "test")
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    x = torch.randn(12, 3, generator=torch.manual_seed(0))
    return Nets(ensemble.modules, state), {"x": x}, {n: t[0] for n, t in noise.items()}


@pytest.mark.parametrize("model", [BIGAN, ALI], ids=["bigan", "ali"])
def test_which_pair_is_real_and_which_latent_is_whose(model):
    """D says 3 of pairs whose code is the encoder's, and -2 of those whose code is the prior's:
    both sides then pay as if D were asked for logits 3 and -2."""
    _, batch, noise = replica(model)
    seen = []

    def discriminator(pair):
        seen.append(pair)
        ours = (pair[:, 3:] == 7).all(1, keepdim=True)
        return torch.where(ours, 3.0, -2.0)

    wide = 1 if model is BIGAN else 2
    code = torch.cat([torch.full((12, 2), 7.0), torch.full((12, 2), -300.0)], 1)[:, : 2 * wide]
    net = SimpleNamespace(
        generator=lambda z: z.sum(1, keepdim=True).expand(-1, 3),
        encoder=lambda x: code,
        discriminator=discriminator,
    )
    minimax = math.log1p(math.exp(-3)) + math.log1p(math.exp(-2))
    (term,) = model.discriminator_loss(net, batch, noise).values()
    assert term.tolist() == pytest.approx([minimax] * 12, rel=1e-5)
    (term,) = model.generator_loss(net, batch, noise).values()
    assert term.tolist() == pytest.approx([minimax + 3 + 2] * 12, rel=1e-5)
    real, fake = seen[0], seen[1]
    assert torch.equal(real[:, :3], batch["x"])
    assert torch.equal(fake[:, 3:], noise["z"])  # the z that the sample was made of, no other
    assert torch.equal(fake[:, 0], noise["z"].sum(1))


@pytest.mark.parametrize("objective", ["non_saturating", "minimax"])
def test_the_encoder_learns_from_the_real_examples(objective):
    """The same step of the generator's player moves G by its samples and E by real x: the
    gradient of E changes with x and that of G does not."""
    model = bigan.Model(**SIZE, generator_objective=objective)
    net, batch, noise = replica(model)
    other = {"x": batch["x"] + 1}

    def moved(network, given):
        def value(weights):
            terms = model.generator_loss(net.replace(**{network: weights}), given, noise)
            return terms[objective].mean()

        return grad(value)(net.state[network])["0.weight"]

    assert (moved("encoder", batch) != moved("encoder", other)).any()
    assert torch.equal(moved("generator", batch), moved("generator", other))
    assert (moved("generator", batch) != 0).any()
    assert model.players()[1].moves == ("generator", "encoder")


def test_a_gaussian_encoder_draws_and_its_code_is_the_mean():
    net, batch, noise = replica(ALI)
    mean, log_variance = net.encoder(batch["x"]).chunk(2, dim=-1)
    drawn = ALI.drawn(net, batch["x"], noise)
    torch.testing.assert_close((drawn - mean) / (log_variance / 2).exp(), noise["e"])
    torch.testing.assert_close(ALI.code(net, batch["x"]), mean)
    assert "e" not in BIGAN.pair()[0].noise
    with pytest.raises(ValueError, match="components must be 0"):
        bigan.Model(**SIZE, components=3)


@pytest.mark.parametrize("model", [BIGAN, ALI, inference_gan.Model(**SIZE)])
def test_their_roles(model):
    asked = [roles.Sampler, roles.Game, roles.Autoencoder]
    assert not roles.lacking(model, asked)
    assert bool(roles.lacking(model, [roles.Discriminator])) == isinstance(model, bigan.Model)
    net, batch, noise = replica(model)
    assert model.code(net, batch["x"]).shape == (12, 2)
    assert model.reconstruct(net, batch["x"]).shape == (12, 3)
    known = model.decode(net, noise["z"])
    torch.testing.assert_close(model.sample(net, noise), known)


def trained(model, rounds, weight=None):
    """The ensemble, and its weights after the first phase and after both.

    weight: what the generator's first layer begins with.
    """
    x = 1 + torch.randn(200, model.features, generator=torch.manual_seed(1))
    ensemble = Ensemble(model, (3, 8))
    if weight is not None:
        ensemble.state["generator"]["0.weight"][:] = weight
    step = optimizer("adam", lr=0.01, betas=(0.5, 0.99))
    begun = Training(ensemble, {"x": x}, 256, step, rounds=rounds)
    ends = []
    for stop in (begun.stretches[0].stop, rounds):
        for _ in begun.play(stop):
            pass
        ends.append({n: w.clone() for n, w in ensemble.weights.items()})
    return ensemble, ends


@pytest.mark.parametrize(("latent", "noise"), [(2, 0.0), (2, 0.5), (4, 0.0)])
def test_the_trained_inference_is_the_best_one(latent, noise, double):
    """For a linear generator, W z + b: E[z | x], the pseudo-inverse without noise. Two replicas,
    each with a generator that the first phase has moved; more latents than features too."""
    model = inference_gan.Model(3, latent, 4, depth=0, noise=noise, inference_share=0.98)
    weight = 1.5 * torch.eye(3, latent) + 0.3
    ensemble, (middle, end) = trained(model, 500, weight)
    assert (ensemble.state["generator"]["0.weight"] != weight).all()
    assert all(torch.equal(middle[n], end[n]) for n in ("generator", "discriminator"))
    # Of samples, since off the generator's plane nothing says what E should be.
    made = ensemble.sample(50, "test") + noise * torch.randn(2, 50, 3)
    for r, codes in enumerate(ensemble.each(model.code, made)):
        x = made[r].numpy()
        W, b = (t[r].numpy() for t in ensemble.state["generator"].values())
        known, _ = linear_gaussian_posterior(x, W, b, max(noise, 1e-9) ** 2)
        if noise == 0:
            np.testing.assert_allclose(known, (x - b) @ np.linalg.pinv(W).T, atol=1e-5)
        error = np.abs(codes.numpy() - known).max() / np.abs(known).max()
        assert error < 0.05, (r, error)


def test_without_a_second_phase_nothing_is_inferred():
    """E stands still in the first phase, and nothing else moves in the second."""
    model = inference_gan.Model(3, 2, 4)
    _, (middle, end) = trained(model, 40)
    start = Ensemble(model, (3, 8)).weights
    assert torch.equal(start["encoder"], middle["encoder"])
    assert (start["generator"] != middle["generator"]).any()
    assert (middle["encoder"] != end["encoder"]).any()
    assert torch.equal(middle["generator"], end["generator"])


def test_to_infer_is_to_sleep(double):
    """Of wake and sleep the second half: -log q(z | x) at a fixed variance v has the gradient of
    the squared error over 2 e^v in the mean."""
    rng = torch.manual_seed(0)
    z, mean = torch.randn(5, 3, generator=rng), torch.randn(5, 3, generator=rng)
    v = torch.tensor(0.7)
    sleep = grad(lambda m: gaussian.negative_log_likelihood(z, m, v).sum())(mean)
    error = grad(lambda m: squared_error.squared_error(z, m).sum())(mean)
    torch.testing.assert_close(sleep, error / (2 * v.exp()))
