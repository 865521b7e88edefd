"""Two layers of latents: posteriors that a Gaussian cannot express."""

import numpy as np
import torch
from scipy import stats

from pipeline.engine.ensemble import Ensemble
from pipeline.models import hierarchical_vae
from reference.quadrature import gauss_hermite

MODEL = hierarchical_vae.Model(
    features=2, latent=1, width=1, depth=1, likelihood="bernoulli", network="tanh"
)


def marginal(at, gradient):
    """q(z1 | x) at these points, for z2 ~ N(0, 1) and z1 ~ N(2 tanh(gradient z2), e^-1).

    at: shape (n,). gradient: of the one unit that looks at z2.
    """
    ensemble = Ensemble(MODEL, [0])
    for tensors in (ensemble.state["encoder"], ensemble.state["lower_encoder"]):
        for name in tensors:
            tensors[name] = torch.zeros_like(tensors[name])
    lower = ensemble.state["lower_encoder"]
    lower["second.0.weight"] += gradient
    lower["trunk.0.weight"] += torch.tensor([[0.0, 2.0], [0.0, 0.0]])
    lower["trunk.0.bias"] += torch.tensor([0.0, -1.0])
    z2, weight = gauss_hermite(180)
    inputs = torch.zeros(1, len(z2), 2), torch.from_numpy(z2)[None, :, None]
    q1 = ensemble.each(lambda net, *xz: net.lower_encoder(*xz), *inputs)[0]
    mean, log_variance = q1.T.numpy()
    return stats.norm.pdf(at[:, None], mean, np.exp(log_variance / 2)) @ weight


def test_a_second_layer_holds_the_gaussians_and_more(double):
    """q(z1 | x) = E q(z1 | x, z2) is a Gaussian where z2 is not looked at, and has two modes,
    which no Gaussian has, where its sign decides the mean."""
    at = np.linspace(-4, 4, 81)
    gaussian = stats.norm.pdf(at, 0, np.exp(-0.5))
    np.testing.assert_allclose(marginal(at, 0.0), gaussian, rtol=1e-12)
    two = marginal(at, 50.0)
    middle, right, left = two[40], two[60], two[20]
    assert middle < 0.5 * min(right, left)
    np.testing.assert_allclose(two, two[::-1], rtol=1e-9)
