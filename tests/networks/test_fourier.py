"""Fourier features are the stated waves, whose gradients fall by a factor of sqrt 2 per octave."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import jacrev, vmap

from pipeline.networks.fourier import Fourier, width
from reference.nn.layers import fourier_features

SIDES = st.tuples(st.integers(1, 4), st.integers(1, 3))
POINTS = SIDES.flatmap(lambda shape: arrays(float, shape, elements=st.floats(-20, 20)))


@given(POINTS, st.integers(1, 6))
def test_features(x, octaves):
    """Angles are exact, halves and doubles of x, and waves below 1 are rounded to 1.1e-16."""
    found = Fourier(octaves)(torch.from_numpy(x))
    assert found.shape == (len(x), width(x.shape[1], octaves))
    assert_allclose(found.numpy(), fourier_features(x, octaves), rtol=0, atol=3e-16)


@given(POINTS, st.integers(1, 6))
def test_the_longer_a_wave_the_steeper(x, octaves):
    """(d a sin)^2 + (d a cos)^2 = (a w)^2 = 2^-j / 4 of wave j everywhere, the most of each."""
    d = x.shape[1]
    gradients = vmap(jacrev(Fourier(octaves)))(torch.from_numpy(x))
    sines, cosines = gradients[:, d:].chunk(2, dim=1)
    for j in range(d * octaves):
        assert_allclose(
            (sines**2 + cosines**2)[:, j, j // octaves].numpy(), 2.0 ** -(j % octaves) / 4
        )
    assert_allclose(gradients[:, :d].numpy(), torch.eye(d).expand(len(x), d, d), atol=0)


@given(POINTS, st.integers(1, 5))
def test_an_octave_more_keeps_those_before(x, octaves):
    x, d = torch.from_numpy(x), x.shape[1]
    fewer, more = (Fourier(n)(x)[:, d:].view(len(x), 2, d, n) for n in (octaves, octaves + 1))
    assert torch.equal(fewer, more[..., :octaves])
