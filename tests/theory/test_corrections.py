"""Wrong sentences of the documents, each against the correct statement."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy import integrate, optimize, special, stats

from pipeline.engine.ensemble import Nets
from pipeline.models.vae import Model
from reference.objectives.bernoulli import negative_log_likelihood


def vae():
    """A small VAE with a batch and noise: the model, its nets and its bound by weights."""
    model = Model(features=6, latent=2, width=8, likelihood="gaussian")
    torch.manual_seed(0)
    networks = model.networks()
    x, noise = torch.randn(16, 6), {"e": torch.randn(16, 2)}

    def bound(state):
        terms = model.negative_elbo(Nets(networks, state), {"x": x}, noise)
        return -sum(terms.values()).mean()

    state = {n: dict(network.named_parameters()) for n, network in networks.items()}
    return state, bound


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
def test_raising_the_bound_is_descent_on_its_negative(optimizer):
    """Twenty steps either way end in the same weights, to the last bit."""
    ended = []
    for sign, maximise in ((1, True), (-1, False)):
        state, bound = vae()
        weights = [p for tensors in state.values() for p in tensors.values()]
        steps = optimizer(weights, lr=0.01, maximize=maximise)
        for _ in range(20):
            steps.zero_grad()
            (sign * bound(state)).backward()
            steps.step()
        ended.append([w.detach().clone() for w in weights])
    assert all(torch.equal(a, b) for a, b in zip(*ended, strict=True))


def test_what_an_encoder_gives_is_a_density_of_the_latent_and_not_of_the_image(double):
    """q(z | x) integrates to one over z for every x, and to anything over x."""
    torch.manual_seed(1)
    model = Model(features=1, latent=1, width=8, likelihood="gaussian")
    encoder = model.networks()["encoder"]
    x, z = np.linspace(-5, 5, 401), np.linspace(-12, 12, 2401)
    with torch.no_grad():
        mean, log_variance = encoder(torch.from_numpy(x)[:, None]).chunk(2, dim=-1)
    q = stats.norm.pdf(z, mean, (log_variance / 2).exp())  # (x, z)
    assert_allclose(integrate.trapezoid(q, z, axis=1), 1, atol=1e-6)
    over_x = integrate.trapezoid(q, x, axis=0)
    assert over_x.max() > 2
    assert over_x.min() < 0.1


@pytest.mark.parametrize(("n", "k"), [(1, 0), (5, 2), (10, 10)])
def test_a_likelihood_is_a_density_of_the_data_and_not_of_the_parameter(n, k):
    """Over all data of n throws it sums to one, over the parameter to B(k + 1, n - k + 1)."""
    throws = np.array(np.meshgrid(*[[0.0, 1.0]] * n)).reshape(n, -1).T

    def density(theta, x):
        return np.exp(-negative_log_likelihood(x, np.full(x.shape, special.logit(theta))))

    assert_allclose(density(0.3, throws).sum(), 1, rtol=1e-12)
    lit = np.repeat([1.0, 0.0], [k, n - k])[None]
    area, _ = integrate.quad(lambda theta: density(theta, lit)[0], 0, 1)
    assert_allclose(area, special.beta(k + 1, n - k + 1), rtol=1e-9)
    assert area <= 0.5


def test_the_two_directions_of_the_divergence_have_different_answers():
    """A Gaussian fitted to two modes at -5 and 5: KL(p || q), which likelihood lowers, covers
    both with the mean and the variance of p, 0 and 26; KL(q || p), which an encoder lowers,
    takes one of them whole, at the price log 2 of the other."""
    grid = np.linspace(-40, 40, 8001)
    log_p = np.logaddexp(stats.norm.logpdf(grid, -5), stats.norm.logpdf(grid, 5)) - np.log(2)

    def log_q(w):
        return stats.norm.logpdf(grid, w[0], np.exp(w[1]))

    def forward(w):
        return integrate.trapezoid(np.exp(log_p) * (log_p - log_q(w)), grid)

    def reverse(w):
        return integrate.trapezoid(np.exp(log_q(w)) * (log_q(w) - log_p), grid)

    def best(divergence):
        ends = [optimize.minimize(divergence, start) for start in ([0.5, 1.5], [4.0, 0.0])]
        return min(ends, key=lambda end: end.fun)

    (mean, log_scale), least = best(forward).x, best(reverse)
    assert_allclose([mean, np.exp(2 * log_scale)], [0, 26], atol=1e-3)
    assert_allclose([least.x[0], np.exp(2 * least.x[1])], [5, 1], atol=1e-3)
    assert least.fun == pytest.approx(np.log(2), abs=1e-4)
    assert reverse([mean, log_scale]) > 2 * least.fun
