"""A generator against a fixed discriminator: all latents are mapped to one point."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.models.adversarial import GENERATOR_LOSSES
from reference.theory.losses import loss_parts
from reference.theory.simplex import best_response_G
from tests.strategies import logit_values, positive_simplex


@pytest.mark.parametrize("kind", GENERATOR_LOSSES)
@given(a=arrays(float, 5, elements=logit_values(30.0)), q=positive_simplex(size=5))
def test_the_least_loss_is_reached_at_the_largest_logit_alone(kind, a, q):
    """inf over G of E log(1 - D(G)) is log(1 - max D): one point is enough, and no data is."""
    loss = loss_parts(a, kind, "generator")
    best = best_response_G(a)
    assert_allclose(loss[best], loss.min(), rtol=1e-15)
    assert q @ loss >= loss.min() * (1 - np.sign(loss.min()) * 1e-14)
    elsewhere = np.delete(np.arange(5), best)
    if len(elsewhere) and a.max() - a[elsewhere].max() > 1e-3:
        assert q @ loss > loss.min()


@pytest.mark.parametrize("kind", GENERATOR_LOSSES)
@pytest.mark.parametrize("bump", [-1.5, 0.0, 2.0])
def test_descent_brings_every_latent_there(kind, bump):
    """G(z) = w z + b against D with one top: w goes to 0, so that G forgets its latent, and b
    to the top."""
    z = torch.linspace(-1, 1, 21, dtype=torch.float64)
    w = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([w], lr=0.05)
    spread = []
    for _ in range(400):
        x = w[0] * z + w[1]
        spread.append(x.std().item())
        adam.zero_grad()
        GENERATOR_LOSSES[kind](1 - (x - bump) ** 2).mean().backward()
        adam.step()
    assert spread[0] > 0.5
    assert spread[-1] < 1e-4
    assert w[1].item() == pytest.approx(bump, abs=1e-4)


@given(st.floats(-2, 2), st.floats(0.1, 1))
def test_no_gradient_passes_a_discrete_output(theta, width):
    """G(u) = round(theta + u): its mean moves with theta, and the gradient along the path is 0."""
    u = (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    place = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    x = (place + u).round()
    logit = width * x
    (gradient,) = torch.autograd.grad(GENERATOR_LOSSES["non_saturating"](logit).mean(), place)
    assert gradient == 0
    moved = (place.detach() + 1 + u).round()
    assert_allclose(moved.mean() - x.detach().mean(), 1, rtol=1e-12)
