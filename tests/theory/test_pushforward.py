"""The distribution of G(z): several maps can give the same one, even a point mass."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.models import gan
from reference.theory.flows import pushforward_1d
from reference.theory.optimal_discriminator import optimal_logit
from reference.theory.value_function import value_function_density
from tests.strategies import positive_simplex

ROOT_3 = np.sqrt(3.0)
SEEDS = st.integers(0, 2**32 - 1)


def generator(seed, latent=3, features=6):
    torch.manual_seed(seed)
    return gan.Model(features, latent, width=8).networks()["generator"].double()


@given(SEEDS)
def test_many_generators_make_one_distribution(seed):
    """G and G(R z), where R keeps the noise's distribution: other weights, the same samples."""
    rng = np.random.default_rng(seed)
    corners = torch.tensor([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    z = corners.double()
    one = generator(seed % 1000)
    turn = torch.from_numpy(np.eye(3)[rng.permutation(3)] * rng.choice([-1.0, 1.0], 3))
    other = generator(seed % 1000)
    with torch.no_grad():
        other[0].weight.copy_(one[0].weight @ turn)
        made = [sorted(map(tuple, g(z).round(decimals=12).tolist())) for g in (one, other)]
    assert_allclose(made[0], made[1], atol=1e-11)
    if not torch.equal(turn, torch.eye(3).double()):
        assert not torch.equal(one[0].weight, other[0].weight)


@given(positive_simplex(size=3), positive_simplex(size=3), st.floats(-50, 50))
def test_where_nothing_is_drawn_any_discriminator_is_the_best(p, q, a):
    """Off both supports D is free: unique are p_g, and D where something is drawn."""
    best = np.log(p) - np.log(q)
    p, q = np.append(p, 0.0), np.append(q, 0.0)
    values = [value_function_density(p, q, np.append(best, free)) for free in (0.0, a)]
    assert values[0] == values[1]
    with np.errstate(divide="ignore"):
        assert np.isnan(optimal_logit(np.log(p), np.log(q))[-1])


@given(arrays(float, 4, elements=st.floats(-1.4, 1.4)))
def test_the_noise_is_a_choice(x):
    """Uniform noise on (-sqrt 3, sqrt 3), which the paper's own networks had, through one more
    map is normal noise: a generator of one has a twin of the other with its distribution."""

    def bend(z):
        return z + np.tanh(z) / 2

    def gradient(z):
        return 1.5 - np.tanh(z) ** 2 / 2

    def to_normal(u):
        return stats.norm.ppf((u / ROOT_3 + 1) / 2)

    def composed_gradient(u):
        return gradient(to_normal(u)) / stats.norm.pdf(to_normal(u)) / (2 * ROOT_3)

    def log_uniform(u):
        return np.full(u.shape, -np.log(2 * ROOT_3))

    direct = pushforward_1d(x, stats.norm.logpdf, bend, gradient, -8.0, 8.0)
    ends = -ROOT_3 * (1 - 1e-13), ROOT_3 * (1 - 1e-13)
    through = pushforward_1d(
        x, log_uniform, lambda u: bend(to_normal(u)), composed_gradient, *ends
    )
    assert_allclose(through, direct, rtol=1e-9, atol=1e-9)


@given(st.floats(0.01, 0.3), st.floats(-3, 3))
def test_a_density_is_no_probability(scale, at):
    """Of the noise's value z itself the probability is 0, while the density may exceed 1; that
    of an interval is the density times its length only as that goes to 0."""
    density = stats.norm.pdf(at * scale, 0, scale)
    assert stats.norm.pdf(0, 0, scale) > 1
    lengths = scale * 10.0 ** -np.arange(1, 6)
    chance = stats.norm.cdf(at * scale + lengths, 0, scale) - stats.norm.cdf(at * scale, 0, scale)
    assert (np.diff(chance) < 0).all()
    assert chance[-1] < 1e-4
    assert_allclose(chance[-1] / lengths[-1], density, rtol=1e-4)


@pytest.mark.parametrize("latent", [1, 2, 4])
@given(seed=st.integers(0, 1000))
def test_a_generator_can_be_as_thin_as_its_latent_or_a_single_point(latent, seed):
    """Images of neighbours fill no more dimensions than their latents do, so that p_g has no
    density; and without weight on its last layer every latent gives one image."""
    net = generator(seed, latent)
    rng = torch.Generator().manual_seed(seed)
    centre, steps = torch.randn(latent, generator=rng), torch.randn(20, latent, generator=rng)
    with torch.no_grad():
        # So near that no unit changes sides: the net is linear there, and rounding is 1e-9 of it.
        images = net(centre.double() + 1e-7 * steps.double())
        sizes = torch.linalg.svdvals(images - images.mean(0))
        assert (sizes[latent:] < 1e-6 * sizes[0]).all()
        net[-1].weight.zero_()
        points = net(steps.double())
    assert (points == points[0]).all()
