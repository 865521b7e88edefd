"""Likelihoods in bits, and the Gaussian mixture that is their control."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import bits_per_dim
from reference.metrics import bits_per_dim as oracle

NATS = arrays(float, 5, elements=st.floats(-1e3, 1e3))


@given(NATS, NATS, st.integers(1, 784))
def test_values(nats, log_density, features):
    ours = bits_per_dim.bits_per_dim(torch.from_numpy(nats), features)
    assert_allclose(ours, oracle.bits_per_dim(nats, features), rtol=1e-12, atol=1e-12)
    ours = bits_per_dim.divergence(torch.from_numpy(nats), torch.from_numpy(log_density))
    assert_allclose(ours, oracle.divergence(nats, log_density), rtol=1e-12, atol=1e-12)


def test_a_fair_coin_costs_one_bit():
    assert_allclose(bits_per_dim.bits_per_dim(torch.full((3,), 64 * np.log(2)), 64), 1, rtol=1e-6)


def test_the_mixture_is_in_units_of_one_level(monkeypatch):
    """Levels drawn evenly from 17 cost log2 17 bits; those that are always 3 next to nothing.

    A Gaussian for u ~ U[0, 1) costs log2 sqrt(2 pi e / 12) = 0.254 bits and not 0.
    """
    monkeypatch.setattr(bits_per_dim, "MIXTURES", ((1, "full", 1e-6),))
    rng = np.random.default_rng(0)
    for levels, known in (
        (np.full((4000, 3), 3), 0.2546),
        (rng.integers(0, 17, (4000, 3)), np.log2(17) + 0.2546),
    ):
        key = levels.shape, levels.astype(np.uint8).tobytes()
        nats, words = bits_per_dim._mixture(key, key)
        found = bits_per_dim.bits_per_dim(torch.tensor(nats), 3)
        assert_allclose(found, known, atol=0.02)
        assert words == "best Gaussian mixture: 1 components, full covariance"
