"""The optimal denoiser is the oracle's, linear for one Gaussian, and has the lowest error."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import denoiser
from reference.metrics import denoiser as oracle
from reference.theory.diffusion import optimal_eps_gaussian

POINTS = arrays(float, (4, 2), elements=st.floats(-3, 3))


@given(POINTS, arrays(float, (4, 1), elements=st.floats(0.01, 0.99)), POINTS, st.floats(0.05, 2))
def test_values(xt, signal, means, scale):
    ours = denoiser.optimal_noise(
        torch.from_numpy(xt), torch.from_numpy(signal), torch.from_numpy(means), scale
    )
    assert_allclose(ours, oracle.optimal_noise(xt, signal, means, scale), rtol=1e-7, atol=1e-9)
    assert_allclose(
        denoiser.excess(ours, torch.from_numpy(xt)), oracle.excess(ours.numpy(), xt), rtol=1e-12
    )


def test_for_one_gaussian_it_is_the_linear_one():
    xt, mean, signal = np.linspace(-3, 3, 7)[:, None], np.array([1.0]), 0.3
    ours = denoiser.optimal_noise(
        *(torch.from_numpy(a) for a in (xt, np.full((7, 1), signal), mean[None])), 0.5
    )
    known = optimal_eps_gaussian(xt, 1, mean, np.array([[0.25]]), [1 - signal])
    assert_allclose(ours, known, rtol=1e-12)
    assert_allclose(np.diff(ours[:, 0], n=2), 0, atol=1e-12)


def test_its_error_is_that_of_e_less_what_can_be_known():
    """E|e - e*|^2 + E|e* - e'|^2 = E|e - e'|^2 for any e' of x_t: e* is the conditional mean.

    The mean of the product of e - e* with e* - e', n = 200,000, is 0 within 4.5 standard errors.
    """
    rng = np.random.default_rng(0)
    means, scale, a, n = np.array([[-1.0], [1.0]]), 0.2, 0.6, 200_000
    x = means[rng.integers(2, size=n)] + scale * rng.standard_normal((n, 1))
    e = rng.standard_normal((n, 1))
    xt = np.sqrt(a) * x + np.sqrt(1 - a) * e
    arguments = torch.from_numpy(xt), torch.full((n, 1), a), torch.from_numpy(means)
    optimal = denoiser.optimal_noise(*arguments, scale).numpy()
    product = (e - optimal) * (optimal - np.tanh(xt))
    assert abs(product.mean()) < 4.5 * product.std() / np.sqrt(n)
