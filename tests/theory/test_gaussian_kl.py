"""KL between Gaussians: never negative, zero only for equal ones, and equal to its integral."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, stats

from pipeline.objectives import gaussian_kl
from reference.theory.kl import kl_diag, kl_diag_std, kl_mvn
from tests.strategies import gaussians, spd


@given(gaussians())
def test_kl_is_positive_and_zero_only_for_equal_gaussians(drawn):
    """In the oracle and in Torch; 1e-150 is where a square is still not zero in float64."""
    m, v = drawn
    value = kl_diag_std(m, v)
    torch_value = gaussian_kl.kl_to_standard_normal(torch.from_numpy(m), torch.from_numpy(v))
    assert (value >= 0).all()
    assert (torch_value >= 0).all()
    differs = ((np.abs(m) > 1e-150) | (np.abs(v) > 1e-150)).any(-1)
    assert (value[differs] > 0).all()
    assert (kl_diag(m, v, m, v) == 0).all()
    zero = np.zeros_like(m)
    assert (kl_diag_std(zero, zero) == 0).all()
    assert (
        gaussian_kl.kl_to_standard_normal(torch.from_numpy(zero), torch.from_numpy(zero)) == 0
    ).all()


@given(gaussians(mean=3.0, bound=3.0, max_rows=1, max_width=1))
def test_it_is_the_integral_of_its_definition(drawn):
    """Against quadrature of p log(p/q), with breakpoints where the first density lives."""
    m, v = drawn[0].item(), drawn[1].item()
    s = np.exp(v / 2)

    def integrand(x):
        return stats.norm.pdf(x, m, s) * (stats.norm.logpdf(x, m, s) - stats.norm.logpdf(x))

    breaks = m + s * np.array([-38, -8, -4, -2, 0, 2, 4, 8, 38])
    known = sum(
        integrate.quad(integrand, a, b, epsabs=1e-13, epsrel=1e-12)[0] for a, b in pairwise(breaks)
    )
    assert_allclose(kl_diag_std([m], [v]), known, rtol=1e-9, atol=1e-11)


@given(gaussians(members=2, mean=10.0, bound=10.0))
def test_moving_and_scaling_both_changes_nothing(drawn):
    m1, v1, m2, v2 = drawn
    scale = np.log(4.0)  # a factor of 2 in x is exact
    moved = kl_diag(2 * m1 + 1, v1 + scale, 2 * m2 + 1, v2 + scale)
    assert_allclose(moved, kl_diag(m1, v1, m2, v2), rtol=1e-10, atol=1e-12)


@given(spd(size=3), spd(size=3), st.integers(0, 2**32 - 1))
def test_full_covariances(S1, S2, seed):
    """Never negative, zero for equal ones, and what traces and determinants say."""
    rng = np.random.default_rng(seed)
    m1, m2 = rng.standard_normal((2, 3))
    value = kl_mvn(m1, S1, m2, S2)
    d = m2 - m1
    inverse = np.linalg.inv(S2)
    logdets = np.linalg.slogdet(S2)[1] - np.linalg.slogdet(S1)[1]
    known = 0.5 * (np.trace(inverse @ S1) + d @ inverse @ d - 3 + logdets)
    assert value >= 0
    tolerance = 50 * np.finfo(float).eps * np.linalg.cond(S2)
    assert_allclose(value, known, rtol=10 * tolerance, atol=10 * tolerance * (1 + value))
    assert kl_mvn(m1, S1, m1, S1) <= 1e-12
    factors = np.linalg.cholesky(S1), np.linalg.cholesky(S2)
    assert kl_mvn(m1, factors[0], m2, factors[1], chol=True) == value


@given(gaussians(members=2, mean=3.0, bound=5.0, max_rows=1))
def test_diagonal_and_full_forms_agree(drawn):
    m1, v1, m2, v2 = (array[0] for array in drawn)
    full = kl_mvn(m1, np.diag(np.exp(v1)), m2, np.diag(np.exp(v2)))
    assert_allclose(full, kl_diag(m1, v1, m2, v2), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_mean_of_the_log_ratio(seed):
    """100,000 draws: the mean of log p - log q lies within 4.5 standard errors."""
    rng = np.random.default_rng(seed)
    m, v = rng.standard_normal(2), rng.standard_normal(2)
    z = m + np.exp(v / 2) * rng.standard_normal((100_000, 2))
    ratio = stats.norm.logpdf(z, m, np.exp(v / 2)).sum(1) - stats.norm.logpdf(z).sum(1)
    error = ratio.std(ddof=1) / np.sqrt(len(ratio))
    assert abs(ratio.mean() - kl_diag_std(m, v)) < 4.5 * error
