"""An augmented flow is invertible, its determinant is right, and one step of it is a VAE."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.func import jacrev

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.models import augmented_flow, vae
from pipeline.objectives import gaussian
from reference.quadrature import gauss_legendre
from reference.theory import latent as oracle

VAE_LIKE = augmented_flow.Model(features=4, latent=2, width=5)
FLOWS = {
    "vae_like": VAE_LIKE,
    "as_large": augmented_flow.Model(features=3, latent=3, width=5, depth=2, steps=3),
    "gated": augmented_flow.Model(features=2, latent=3, width=4, steps=2, network="gated"),
}
EVERY = pytest.mark.parametrize("model", FLOWS.values(), ids=FLOWS)


def replica(model, seed=0, scale=1.0):
    """The networks of one replica, weights scaled, and its tensors."""
    ensemble = Ensemble(model, [seed])
    state = {
        n: {k: scale * t[0].detach() for k, t in s.items()} for n, s in ensemble.state.items()
    }
    return Nets(ensemble.modules, state), state


def seen(x):
    """Noise under which `observed` gives these real numbers: every pixel black, spread to x."""
    return {"pixel": torch.full_like(x, torch.inf), "spread": x + 1}


def bound(model, net, x, e):
    terms = model.negative_elbo(net, {"x": x}, seen(x) | {"e": e})
    return -terms["reconstruction"] - terms["kl"]


def push(model, net, x, e):
    """Where x and e go: the base point that `sample` brings back to x."""
    for encode, decode in model.pairs(net):
        mean, log_variance = encode(x)
        e = mean + (log_variance / 2).exp() * e
        mean, log_variance = decode(e)
        x = (x - mean) * (-log_variance / 2).exp()
    return x, e


@settings(max_examples=25)
@given(st.integers(0, 1000), st.floats(-3, 2), st.floats(0.1, 4))
def test_one_step_is_the_bound_of_a_vae(seed, log_noise, scale):
    """The oracle's augmented flow, and the VAE of the same networks, to 1e-12 of the terms."""
    torch.set_default_dtype(torch.float64)
    try:
        net, state = replica(VAE_LIKE, seed, scale)
        decoder = state["decoder0"]
        decoder["2.weight"][4:], decoder["2.bias"][4:] = 0.0, log_noise  # s is one number
        x, e = torch.randn(2, 1, 4)[0], torch.randn(1, 2)
        ours = bound(VAE_LIKE, net, x, e).item()

        def encode(x):
            return net.encoder0(torch.from_numpy(x)).numpy().reshape(2, 2)

        def decode(z):
            return net.decoder0(torch.from_numpy(z)).numpy()[:4]

        known = oracle.anf_onestep(x[0].numpy(), encode, decode, log_noise, e[0].numpy())
        likelihood = {"likelihood": "gaussian", "log_variance": log_noise}
        twin = vae.Model(features=4, latent=2, width=5, **likelihood)
        last = {"2.weight": decoder["2.weight"][:4], "2.bias": decoder["2.bias"][:4]}
        weights = {"encoder": state["encoder0"], "decoder": decoder | last}
        same = twin.log_weight(Nets(Ensemble(twin, [0]).modules, weights), {"x": x}, {"e": e})
        assert abs(ours - known) < 1e-12 * (1 + abs(known))
        assert abs(ours - same.item()) < 1e-12 * (1 + abs(known))
    finally:
        torch.set_default_dtype(torch.float32)


@EVERY
def test_sampling_undoes_it(model, double):
    net, _ = replica(model, scale=1.3)
    x, e = torch.randn(7, model.features), torch.randn(7, model.latent)
    y, z = push(model, net, x, e)
    torch.testing.assert_close(model.sample(net, {"y": y, "z": z}), x, rtol=1e-10, atol=1e-10)


@EVERY
def test_its_volume_is_counted(model, double):
    """log |det J| of the whole map, by automatic differentiation of x and e together."""
    net, _ = replica(model, scale=1.3)
    n = model.features
    for _ in range(3):
        both = torch.randn(n + model.latent)

        def joined(both):
            return torch.cat(push(model, net, both[None, :n], both[None, n:]), dim=-1)[0]

        out, e = joined(both), both[n:]
        known = jacrev(joined)(both).slogdet().logabsdet
        known = known - (out @ out - e @ e + n * np.log(2 * np.pi)) / 2
        ours = bound(model, net, both[None, :n], e[None])[0]
        torch.testing.assert_close(ours, known, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("steps", [1, 2])
def test_it_is_a_density(steps, double):
    """p(x, e) integrates to 1 over the pixel and the noise beside it, by quadrature of both."""
    model = augmented_flow.Model(features=1, latent=1, width=4, steps=steps, network="tanh")
    net, _ = replica(model)
    line, weight = gauss_legendre(np.linspace(-20.0, 20.0, 11), 16)
    x, e = (torch.from_numpy(g.ravel())[:, None] for g in np.meshgrid(line, line))
    density = (bound(model, net, x, e) + gaussian.standard_log_density(e)).exp().numpy()
    assert abs(weight @ density.reshape(len(line), -1) @ weight - 1) < 1e-6


def test_black_and_white_lie_in_halves_of_length_one(double):
    """So that a density there is a probability: the volume of a pixel's half is 1."""
    noise = {"pixel": torch.rand(500, 2), "spread": torch.rand(500, 2)}
    x = torch.tensor([[-0.9, 0.5]]).expand(500, 2)
    value = VAE_LIKE.observed(x, noise)
    white = noise["pixel"] < (x + 1) / 2
    assert (value[white] >= 0).all()
    assert (value[white] < 1).all()
    assert (value[~white] < 0).all()
    assert (value[~white] >= -1).all()


def test_a_blind_decoder_has_the_moments_of_what_is_seen(double):
    """Mean and variance of each pixel over many draws, within 5 standard errors."""
    x = torch.tensor([[-1.0, 0.2, 0.8]]).expand(40_000, 3)
    model = augmented_flow.Model(features=3, latent=1, width=2)
    mean, log_variance = model.blind(x[:100]).chunk(2)
    generator = torch.Generator().manual_seed(0)
    noise = {k: torch.rand(x.shape, generator=generator) for k in ("pixel", "spread")}
    value = model.observed(x, noise)
    assert ((value.mean(0) - mean).abs() < 5 * value.std(0) / 200).all()
    assert ((value.var(0).log() - log_variance).abs() < 5 * (2 / 40_000) ** 0.5).all()
