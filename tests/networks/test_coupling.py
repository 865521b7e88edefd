"""Couplings are invertible, and their determinants are those of their Jacobians."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy import stats
from torch.func import jacrev, vmap

from pipeline.networks.coupling import EDGE, Coupling, Flow, Histogram, Scaling
from reference.theory import flows as oracle


def shaken(network, scale=0.5):
    """The network with weights far from where it starts."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(scale * torch.randn_like(parameter))
    return network


def points(count, features):
    return torch.randn(count, features, generator=torch.Generator().manual_seed(1))


NETWORKS = {
    "coupling": lambda: Coupling(6, 8, 1),
    "scaling": lambda: Scaling(6),
    "histogram": lambda: Histogram(6, 5),
    "flow": lambda: Flow(6, 5, 8, 1),
    "flow of a plane": lambda: Flow(2, 4, 8, 2),
    "flow with histograms": lambda: Flow(6, 4, 8, 1, bins=17),
}
EVERY = pytest.mark.parametrize("name", NETWORKS)


def network_and_points(name):
    network = shaken(NETWORKS[name]())
    x = points(7, 2 if "plane" in name else 6)
    return network, x.sigmoid() if "histogram" in name else x


@EVERY
def test_there_and_back(name, double):
    network, x = network_and_points(name)
    z, log_det = network(x)
    back, minus = network(z, True)
    assert log_det.shape == minus.shape == (7,)
    torch.testing.assert_close(back, x, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(minus, -log_det, rtol=1e-8, atol=1e-8)


@EVERY
def test_the_determinant_is_that_of_the_jacobian(name, double):
    network, x = network_and_points(name)
    jacobian = vmap(jacrev(lambda one: network(one[None])[0][0]))(x)
    torch.testing.assert_close(network(x)[1], jacobian.slogdet()[1], rtol=1e-9, atol=1e-9)


def test_a_coupling_is_the_oracles(double):
    network, x = network_and_points("coupling")

    def net(kept):
        return [a.detach().numpy() for a in network.net(torch.from_numpy(kept)).chunk(2, -1)]

    x = x.numpy()
    known, known_log_det = oracle.affine_coupling_forward(x, net)
    y, log_det = network(torch.from_numpy(x))
    y = y.detach().numpy()
    assert_allclose(np.concatenate([y[:, 3:], y[:, :3]], 1), known, rtol=1e-13)
    assert_allclose(log_det.detach(), known_log_det, rtol=1e-12)
    back, minus = oracle.affine_coupling_inverse(known, net)
    ours, ours_minus = network(torch.from_numpy(y), True)
    assert_allclose(ours.detach(), back, rtol=1e-12, atol=1e-13)
    assert_allclose(ours_minus.detach(), minus, rtol=1e-12)


def test_a_scaling_is_the_oracles(double):
    network, x = network_and_points("scaling")
    s, t = (p.detach().numpy() for p in (network.log_scale, network.shift))
    for ours, known in zip(network(x), oracle.actnorm(x.numpy(), s, t), strict=True):
        assert_allclose(ours.detach(), known + np.zeros(ours.shape), rtol=1e-13)


def test_a_histogram_is_a_normal_quantile_of_a_distribution_function(double):
    """By NumPy's interpolation between the histogram's cumulated shares."""
    network, x = network_and_points("histogram")
    z, _ = network(x)
    share = network.logits.softmax(-1).detach().numpy()
    for i in range(6):
        sums = np.concatenate([[0], share[i].cumsum()])
        u = np.interp(x[:, i].numpy(), np.linspace(0, 1, 6), sums)
        assert_allclose(z[:, i].detach(), stats.norm.ppf(u), rtol=1e-9, atol=1e-9)


def test_a_histogram_is_finite_at_both_ends_and_in_empty_bins():
    network = Histogram(2, 17)
    with torch.no_grad():
        network.logits[:, 0] = 40.0  # all others hold e^-40
    x = torch.tensor([[0.0, 1 - 2**-24], [0.5, 1.0]])
    z, log_det = network(x)
    assert z.isfinite().all()
    assert log_det.isfinite().all()
    back, _ = network(torch.tensor([[-50.0, 50.0]]), True)
    assert ((back >= 0) & (back <= 1)).all()
    assert 2**-24 < EDGE < 1e-6


def test_every_feature_is_moved_given_other_ones(double):
    """Four couplings of a flow: each output depends on every input."""
    network = shaken(Flow(4, 4, 8, 1))
    jacobian = vmap(jacrev(lambda one: network(one[None])[0][0]))(points(5, 4))
    assert (jacobian.abs() > 1e-12).all()


def test_a_flow_is_a_density(double):
    """A flow of a plane integrates to one."""
    network = shaken(Flow(2, 4, 8, 1), 0.2)
    ticks = torch.linspace(-15, 15, 601)
    grid = torch.cartesian_prod(ticks, ticks)
    with torch.no_grad():
        z, log_det = network(grid)
    log_density = -(z.square() + np.log(2 * np.pi)).sum(-1) / 2 + log_det
    # The trapezoid rule in steps of 0.05; the kinks of LeakyReLU cost its higher orders.
    assert_allclose(log_density.exp().sum() * 0.05**2, 1, rtol=2e-3)


def test_an_odd_number_of_features_is_refused():
    with pytest.raises(ValueError, match="halves: 3 features"):
        Flow(3, 2, 8, 1)
