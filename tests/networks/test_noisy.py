"""Layers with noise are their formula, and without noise a plain network."""

import numpy as np
import torch

from pipeline.networks.noisy import Noisy


def test_noise_enters_each_layer_at_its_own_size(double):
    network = Noisy(3, 5, 4, at_input=0.3, at_hidden=0.5)
    p = {name: w.detach().numpy() for name, w in network.named_parameters()}
    x, e, f = torch.randn(7, 3), torch.randn(7, 3), torch.randn(7, 5)

    def known(first, second):
        h = x.numpy() + first * e.numpy()
        for i, more in enumerate((second * f.numpy(), 0)):
            a = h @ p[f"layers.{i}.weight"].T + p[f"layers.{i}.bias"]
            h = np.where(a > 0, a, 0.2 * a) + more
        return h

    np.testing.assert_allclose(network(x, e, f).detach(), known(0.3, 0.5), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(network(x).detach(), known(0, 0), rtol=1e-12, atol=1e-14)
