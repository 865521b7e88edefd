"""The Torch discretised Gaussian is the oracle's, and a distribution on the grid."""

import mpmath as mp
import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.objectives import discretised_gaussian
from reference.objectives import discretised_gaussian as oracle

MEANS = arrays(float, (3, 4), elements=st.floats(-2, 2))
LOG_VARIANCE = st.floats(-10, 2)


@given(MEANS, LOG_VARIANCE, st.sampled_from([1, 16, 255]), st.data())
def test_value(mean, v, levels, data):
    k = data.draw(arrays(np.int64, (3, 4), elements=st.integers(0, levels)))
    x = 2 * k / levels - 1
    arguments = torch.from_numpy(x), torch.from_numpy(mean), torch.tensor(v, dtype=torch.float64)
    value = discretised_gaussian.negative_log_likelihood(*arguments, levels)
    known = oracle.negative_log_likelihood(x, mean, v, levels)
    assert value.shape == (3,)
    # The mass of a narrow bin is a difference: one in a bin's width of the digits is lost.
    assert_allclose(value, known, rtol=1e-11, atol=1e-11)
    single = [a.float() for a in arguments]
    value = discretised_gaussian.negative_log_likelihood(*single, levels)
    assert value.isfinite().all()
    assert_allclose(value, known, rtol=2e-3, atol=2e-3)


@given(st.floats(-2, 2), LOG_VARIANCE)
def test_the_levels_share_one(mean, v):
    grid = torch.linspace(-1, 1, 17, dtype=torch.float64)[:, None]
    m, v = torch.full_like(grid, mean), torch.tensor(v, dtype=torch.float64)
    value = discretised_gaussian.negative_log_likelihood(grid, m, v, 16)
    assert_allclose((-value).exp().sum(), 1, rtol=1e-12)


def test_a_certain_pixel_costs_nothing_and_a_wrong_one_is_not_cut_off():
    one, v = torch.ones(1, 1), torch.tensor(-8.0)
    loss = discretised_gaussian.negative_log_likelihood
    assert loss(one, 50 * one, v, 16) == 0
    known = oracle.negative_log_likelihood([[1.0]], [[-1.0]], -8.0, 16)
    assert_allclose(loss(one, -one, v, 16), known, rtol=1e-5)
    assert known > 5000


@given(
    st.floats(-60, 60).map(lambda z: z**3 / 3600),
    st.floats(-6, 1),
    st.sampled_from([1, 16, 255]),
    st.data(),
)
def test_gradients(sigmas, v, levels, data):
    """d/dm -log p = (f(b) - f(a)) / (s P), d/dv = (b f(b) - a f(a)) / 2 P with P = F(b) - F(a),
    f the normal density and a, b the ends of the bin in deviations, in 50 digits; in single
    precision too they are numbers, however many deviations the pixel is from the mean."""
    k = data.draw(st.integers(0, levels))
    x, s = 2 * k / levels - 1, np.exp(v / 2)
    mean = x + sigmas * s
    with mp.workdps(50 + int(sigmas**2)):
        ends = [-mp.inf if k == 0 else (mp.mpf(x) - 1 / mp.mpf(levels) - mean) / mp.exp(v / 2)]
        ends += [
            mp.inf if k == levels else (mp.mpf(x) + 1 / mp.mpf(levels) - mean) / mp.exp(v / 2)
        ]
        f = [mp.npdf(e) for e in ends]
        share = mp.ncdf(ends[1]) - mp.ncdf(ends[0])
        known = [
            float((f[1] - f[0]) / (mp.exp(v / 2) * share)),
            float(
                sum(n * e * d for n, e, d in zip((-1, 1), ends, f, strict=True) if d) / share / 2
            ),
        ]
    for dtype in (torch.float64, torch.float32):
        pixel, *at = (torch.tensor([[a]], dtype=dtype) for a in (x, mean, v))
        for a in at:
            a.requires_grad_()
        loss = discretised_gaussian.negative_log_likelihood(pixel, *at, levels).sum()
        gradients = [g.item() for g in torch.autograd.grad(loss, at)]
        assert np.isfinite(gradients).all()
        if dtype is torch.float64:  # the mass of a narrow bin is a difference
            narrow = 1e-15 * (s * levels + 1) ** 2
            for gradient, exact, size in zip(gradients, known, (1 / s, 1.0), strict=True):
                assert_allclose(gradient, exact, rtol=1e-9 + narrow, atol=narrow * size * 1e2)
