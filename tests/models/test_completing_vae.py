"""A VAE completes by its chain: what is known stays, and in a linear Gaussian model the law of the
chain is the conditional."""

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.models import completing_vae, roles

SIZE = {"features": 12, "shape": (3, 4), "latent": 2, "width": 5}


def replica(model, count):
    ensemble = Ensemble(model, [5])
    noise = ensemble.noise(model.completion_noise(), (count,), "test")
    noise |= ensemble.noise(model.mask_noise(), (count,), "mask")
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state), {n: t[0] for n, t in noise.items()}


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_what_is_known_stays_and_the_rest_is_unseen(likelihood):
    model = completing_vae.Model(**SIZE, likelihood=likelihood)
    net, noise = replica(model, 30)
    x = torch.rand(30, 12) * 2 - 1
    mask = model.mask(noise)
    made = model.complete(net, x, mask, noise)
    assert torch.equal(made[mask == 1], x[mask == 1])
    changed = model.complete(net, x + (1 - mask) * 0.3, mask, noise)
    assert torch.equal(changed, made)
    again = noise | {"e": noise["e"].flip(0)}
    assert (model.complete(net, x, mask, again) != made).any()


def test_the_chain_nears_the_conditional(double):
    """x = w z + s e with the exact posterior for q: given x_1, the mean of what stands for x_2 is
    w_2 E[z | x_1]. The decoded mean is fed back in place of a draw, which leaves s^2 out: its law
    is a fixed point of z -> N(g (w_1 x_1 + w_2^2 z), v), whose mean is known."""
    model = completing_vae.Model(2, 1, 1, "gaussian", depth=0, log_variance=0.0, shape=(2,))
    w, n = torch.tensor([1.0, 0.5]), 4000
    v = 1 / (1 + w @ w)
    net, noise = replica(model, n)
    net.state["encoder"]["0.weight"][:] = torch.stack([v * w, 0 * w])
    net.state["encoder"]["0.bias"][:] = torch.tensor([0.0, v.log()])
    net.state["decoder"]["0.weight"][:] = w[:, None]
    net.state["decoder"]["0.bias"][:] = 0
    x, mask = torch.full((n, 2), 2.0), torch.tensor([1.0, 0.0]).expand(n, 2)
    made = model.complete(net, x, mask, noise)
    z = v * w[0] * 2 / (1 - v * w[1] ** 2)
    spread = (v / (1 - (v * w[1] ** 2) ** 2)).sqrt() * w[1]
    assert (made[:, 0] == 2).all()
    assert abs(made[:, 1].mean() - w[1] * z) < 4.5 * spread / n**0.5
    assert abs(made[:, 1].std() / spread - 1) < 0.06


def test_its_roles():
    assert issubclass(completing_vae.Model, roles.Completer)
    assert issubclass(completing_vae.Model, roles.IndependentLatents)
