"""A generator is a map: each latent has one image, and the noise determines the distribution."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, stats
from torch import nn
from torch.func import jacrev, vmap

from pipeline.datasets import ring
from pipeline.engine.ensemble import Ensemble
from pipeline.metrics import bits_per_dim, elbo, nll
from pipeline.models import gan, roles
from reference.metrics.coverage import modes_hit
from reference.theory.diagnostics import lipschitz_upper_bound
from reference.theory.flows import pushforward_1d

SEEDS = st.integers(0, 1000)


def generator(seed, latent, features, **arguments):
    torch.manual_seed(seed)
    model = gan.Model(features, latent, width=8, **arguments)
    return model.networks()["generator"].double().requires_grad_(False)


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


@given(SEEDS, st.integers(1, 40))
def test_a_latent_has_one_image(seed, place):
    """Given z nothing is left to chance: the image is the same to the last bit when the batch is
    given again, and to rounding alone or among others. Of the images of one z there is a point."""
    net, z, others = generator(seed, 3, 5), drawn(seed, 3), drawn(seed + 1, 40, 3)
    among = torch.cat([others[:place], z[None], others[place:]])
    assert torch.equal(net(among), net(among))
    alone = net(z[None])[0]
    torch.testing.assert_close(net(among)[place], alone, rtol=1e-13, atol=1e-14)
    assert net(z.expand(20, 3)).var(0).max() < 1e-26


def test_with_batch_norm_in_training_an_image_depends_on_its_neighbours():
    """Hence statistics for sampling that are the same for every batch."""
    net = generator(0, 3, 5).insert(1, nn.BatchNorm1d(8).double())
    z, others = drawn(0, 1, 3), drawn(1, 2, 9, 3)
    one, other = (net(torch.cat([z, batch]))[0] for batch in others)
    assert (one - other).abs().max() > 1e-2
    net.eval()
    one, other = (net(torch.cat([z, batch]))[0] for batch in others)
    torch.testing.assert_close(one, other, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("metric", [bits_per_dim, elbo, nll])
def test_no_image_can_be_asked_for_its_probability(metric):
    """A GAN's generator gives images; no metric that needs a density, or a bound, takes it."""
    assert not roles.lacking(gan.Model, [roles.Sampler])
    assert all(roles.lacking(gan.Model, [need]) for need in metric.NEEDS)


def test_the_generator_alone_is_kept_for_sampling():
    """Whatever becomes of the discriminator, the samples are the same to the last bit."""
    ensemble = Ensemble(gan.Model(features=3, latent=2, width=4), [0, 1])
    before = ensemble.sample(9, "test")
    ensemble.weights["discriminator"].fill_(float("nan"))
    assert torch.equal(ensemble.sample(9, "test"), before)


@settings(max_examples=20)
@given(st.floats(0, 2), st.floats(0.3, 2), st.floats(0.1, 2))
def test_the_distribution_of_the_images_follows_from_the_noise_and_the_map(bend, steep, t):
    """E h(x) under p_g, the density by change of variables, is E h(G(z)) under the noise: for
    the characteristic function of an increasing G, and so for every h."""

    def g(z):
        return z + bend * np.tanh(steep * z)

    def gradient(z):
        return 1 + bend * steep / np.cosh(steep * z) ** 2

    z = np.linspace(-9, 9, 2001)  # its step is a fifth of the narrowest bend there is
    x = np.linspace(g(-9), g(9), 4001)
    density = np.exp(pushforward_1d(x, stats.norm.logpdf, g, gradient, -9.0, 9.0))
    assert_allclose(integrate.simpson(density, x=x), 1, rtol=1e-6)
    of_images = integrate.simpson(density * np.cos(t * x), x=x)
    of_noise = integrate.simpson(stats.norm.pdf(z) * np.cos(t * g(z)), x=z)
    assert_allclose(of_images, of_noise, atol=1e-6)


@given(SEEDS, st.integers(1, 4))
def test_the_density_is_that_of_the_noise_over_the_stretch_of_the_map(seed, d):
    """log p_g(G(z)) = log p_z(z) - log |det dG/dz|, with Torch's own gradients: for a linear G it
    is the Gaussian N(b, W W') that everyone knows."""
    net = generator(seed, d, d, depth=0)
    z = drawn(seed, 6, d)
    stretch = torch.linalg.slogdet(vmap(jacrev(net))(z)).logabsdet
    ours = stats.norm.logpdf(z).sum(1) - stretch.numpy()
    W, b = net[0].weight.numpy(), net[0].bias.numpy()
    if np.linalg.cond(W) < 1e4:
        known = stats.multivariate_normal.logpdf(net(z).numpy(), b, W @ W.T)
        assert_allclose(ours, known, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("output", ["linear", "tanh"])
@given(seed=SEEDS, size=st.floats(-6, 1))
def test_no_image_moves_farther_than_its_latent_times_the_bound(output, seed, size):
    """|G(z) - G(z')| <= L |z - z'|, L the product of the layers' norms: a small step of the
    latent is a small step of the image."""
    net = generator(seed, 3, 5, output=output)
    bound = lipschitz_upper_bound([p.numpy() for p in net.parameters() if p.dim() == 2])
    z, step = drawn(seed, 30, 3), 10**size * drawn(seed + 1, 30, 3)
    moved = (net(z + step) - net(z)).norm(dim=1)
    assert (moved <= bound * step.norm(dim=1) + 1e-13).all()
    assert moved.max() > 0


def least_between(below, gap, bound):
    """What a G of Lipschitz constant `bound` puts at least into a gap that has the share `below`
    of its normal noise on the near side: Borell (1975), half-spaces grow least."""
    return stats.norm.cdf(stats.norm.ppf(below) + gap / bound) - below


@given(SEEDS, st.floats(0.05, 2), st.floats(0.05, 0.95))
def test_between_two_modes_something_is_generated(seed, width, level):
    """A continuous G cannot jump: a gap of any width, with images on both sides, gets a share
    that only a steeper G makes smaller. A linear G needs exactly that much."""
    n = 4001  # quantiles of the noise; a gap with c borders is known to c / n
    z = torch.from_numpy(stats.norm.ppf((np.arange(n) + 0.5) / n))
    net = generator(seed, 1, 1)
    for layer in net[::2]:
        layer.weight.mul_(2.0)
    bound = lipschitz_upper_bound([layer.weight.numpy() for layer in net[::2]])
    x = net(z[:, None])[:, 0]
    low = x.quantile(level)
    high = low + width * x.std()
    between = ((x > low) & (x < high)).double().mean().item()
    below = (x <= low).double().mean().item()
    borders = ((x > low) != (x < high)).diff().sum().item() + 2
    # Both shares are off by borders / n at most, and from 0.05 up the bound by 3 times as much.
    assert between >= least_between(below, (high - low).item(), bound) - 4 * borders / n
    for scale in (0.5, 3.0):
        gap = stats.norm.cdf([-width / scale, width / scale])
        assert least_between(gap[0], 2 * width, scale) == pytest.approx(gap[1] - gap[0], abs=1e-12)


@given(st.floats(0.01, 0.2))
def test_one_number_is_enough_for_every_mode(share):
    """A latent of one dimension goes round the whole ring: G rests at each mode and goes to the
    next within `share` of the noise, all that is lost; it pays in steepness, 1 / share."""
    modes = ring.DataSet().means
    u = (np.arange(4000) + 0.5) / 4000  # quantiles of the noise, whatever its distribution
    knots = np.stack([np.arange(8), np.arange(1, 9) - share], 1).ravel() / 8
    x = np.stack([np.interp(u, knots, np.repeat(axis, 2)) for axis in modes.T], 1)
    assert modes_hit(x, modes, 1e-3) == 8
    rests = [(np.abs(x - mode).max(1) < 1e-12).mean() for mode in modes]
    assert_allclose(rests[:-1], (1 - share) / 8, atol=5e-4)
    way = np.linalg.norm(modes[1] - modes[0])
    steepest = np.linalg.norm(np.diff(x, axis=0), axis=1).max() * 4000
    assert_allclose(steepest, way / (share / 8), rtol=1e-9)
