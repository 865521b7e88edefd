"""The networks of the first GAN: their sizes, latents, dropout and losses."""

import math

import numpy as np
import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.models import paper_gan
from reference.nn import layers as oracle

SIZE = {"features": 6, "latent": 3, "width": 8, "units": 4, "pieces": 3}
MODEL = paper_gan.Model(**SIZE)
X = torch.rand(40, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1


def replica(model=MODEL):
    ensemble = Ensemble(model, [5])
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    for own in state.values():  # as it starts, the discriminator is nearly 0
        for tensor in own.values():
            tensor.copy_(torch.randn(tensor.shape, generator=torch.Generator().manual_seed(1)))
    return Nets(ensemble.modules, state)


def noise(player, count=10):
    drawn = Ensemble(MODEL, [0]).noise(player.noise, (count,), "test")
    return {name: t[0] for name, t in drawn.items()}


def test_the_sizes_of_the_paper():
    """Of MNIST: 100 latents, 1200-1200 and 784, 784 and twice 240 units of 5 pieces."""
    networks = paper_gan.Model(features=784).networks()
    shapes = {name: [tuple(p.shape) for p in n.parameters()] for name, n in networks.items()}
    assert shapes["generator"][::2] == [(1200, 100), (1200, 1200), (784, 1200)]
    assert shapes["discriminator"][::2] == [(1200, 784), (1200, 240), (1, 240)]
    for name, spread in (("generator", 0.05), ("discriminator", 0.005)):
        weight, bias = list(networks[name].parameters())[:2]
        assert 0.99 * spread < weight.abs().max() <= spread
        assert not bias.any()


def test_the_generator_is_its_formula(double):
    """2 sigmoid - 1 of two ReLU layers of a latent that is uniform in (-sqrt 3, sqrt 3)."""
    net, u = replica(), torch.rand(5, 3)
    p = {name: t.numpy() for name, t in net.state["generator"].items()}
    h = math.sqrt(3) * (2 * u.numpy() - 1)
    for i in (0, 2, 4):
        h = oracle.linear(h, p[f"{i}.weight"], p[f"{i}.bias"])
        h = oracle.relu(h) if i < 4 else 2 * oracle.sigmoid(h) - 1
    np.testing.assert_allclose(MODEL.sample(net, {"z": u}), h, rtol=1e-12, atol=1e-14)


def test_a_latent_has_variance_one():
    """The mean of 3 (2u - 1)^2, over the middles of 1,000 equal parts: 1 to 1e-6."""
    u = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    z = MODEL.latents({"z": u[:, None]})
    assert z.abs().max() < math.sqrt(3)
    assert z.mean().item() == pytest.approx(0, abs=1e-12)
    assert z.var(correction=0).item() == pytest.approx(1, abs=2e-6)


def test_each_player_drops_by_numbers_of_its_own():
    judge, maker = (player.noise for player in MODEL.players())
    widths = {name: distribution.shape for name, distribution in judge.items()}
    assert widths == {"z": (3,)} | {
        f"{which}_{i}": (width,) for which in ("real", "fake") for i, width in enumerate((6, 4, 4))
    }
    assert list(maker) == ["z", "fake_0", "fake_1", "fake_2"]
    assert list(MODEL.prior()) == ["z"]


def test_real_and_made_examples_are_dropped_apart():
    """Each loss as the oracle's maxout and dropout have it, pixels from 0 to 1, and halved."""
    net, drawn = replica(), noise(MODEL.players()[0])
    p = {name: t.double().numpy() for name, t in net.state["discriminator"].items()}

    def logits(x, which):
        h = (x.double().numpy() + 1) / 2
        for i, kept in enumerate((0.8, 0.5, 0.5)):
            u = drawn[f"{which}_{i}"].numpy()
            h = oracle.dropout(h, (u < np.float32(kept)).astype(int), 1 - kept)
            h = oracle.linear(h, p[f"layers.{i}.weight"], p[f"layers.{i}.bias"])
            h = oracle.maxout(h, 3) if i < 2 else h
        return h[:, 0]

    real, fake = logits(X[:10], "real"), logits(MODEL.sample(net, drawn), "fake")
    known = (np.logaddexp(0, -real) + np.logaddexp(0, fake)) / 2
    loss = MODEL.discriminator_loss(net, {"x": X[:10]}, drawn)["minimax"]
    np.testing.assert_allclose(loss, known, rtol=2e-5)
    made = MODEL.generator_loss(net, {}, drawn)["non_saturating"]
    np.testing.assert_allclose(made, np.logaddexp(0, -fake), rtol=2e-5)


def test_what_is_evaluated_is_dropped_nowhere():
    net = replica()
    whole = MODEL.logits(net, X)
    assert torch.equal(whole, MODEL.logits(net, X))
    dropped = noise(MODEL.players()[1], 40)
    assert (MODEL.dropped_logits(net, X, dropped, "fake") != whole).all()


def test_undecided_it_pays_log_two():
    net = replica()
    zero = {name: torch.zeros_like(t) for name, t in net.state["discriminator"].items()}
    loss = MODEL.discriminator_loss(
        net.replace(discriminator=zero), {"x": X[:10]}, noise(MODEL.players()[0])
    )
    assert loss["minimax"].tolist() == pytest.approx([math.log(2)] * 10, rel=1e-6)
