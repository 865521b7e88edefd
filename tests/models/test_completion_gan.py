"""All conditionals: what is known stays, each kind of mask occurs, and the optimum is right."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.models import completion_gan, roles
from reference.theory.kl import kl_categorical

IMAGES = completion_gan.Model(features=24, shape=(4, 6), latent=2, width=6)
POINTS = completion_gan.Model(features=6, shape=(6,), latent=2, width=6)


def replica(model, count=400):
    ensemble = Ensemble(model, [5])
    noise = ensemble.noise(model.players()[0].noise, (count,), "test")
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    x = torch.randn(count, model.features, generator=torch.manual_seed(0))
    return Nets(ensemble.modules, state), x, {n: t[0] for n, t in noise.items()}


@pytest.mark.parametrize("model", [IMAGES, POINTS], ids=["images", "points"])
def test_what_is_known_stays_and_the_rest_is_unseen(model):
    """To the last bit; and what is missing of x changes nothing."""
    net, x, noise = replica(model)
    mask = model.mask(noise)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    made = model.complete(net, x, mask, noise)
    assert torch.equal(made[mask == 1], x[mask == 1])
    assert (made[mask == 0] != x[mask == 0]).all()
    assert torch.equal(model.complete(net, x + 7 * (1 - mask), mask, noise), made)
    whole = model.sample(net, noise)
    assert torch.equal(whole, model.complete(net, x, torch.zeros_like(mask), noise))


def test_each_kind_of_mask():
    """Halves of four sides, patches in all nine places of a frame of 4 x 6, scattered pixels of
    each number; each kind as often, within 4.5 deviations."""
    _, _, noise = replica(IMAGES, 6000)
    masks, kind = IMAGES.mask(noise).view(-1, 4, 6), noise["kind"]
    share = kind.bincount() / 6000
    assert (share - 1 / 3).abs().max() < 4.5 * (2 / 9 / 6000) ** 0.5
    numbers = masks[kind == 0].sum((1, 2)).long()
    assert len(numbers.unique()) == 25
    assert abs(numbers.double().mean() - 12) < 4.5 * 7.5 / len(numbers) ** 0.5
    halves, patches = (masks[kind == k].unique(dim=0) for k in (1, 2))
    assert len(halves) == 4
    assert (halves.sum((1, 2)) == 12).all()
    assert (halves.sum(0) == 2).all()
    assert len(patches) == 3 * 4
    assert (patches.sum((1, 2)) == 24 - 2 * 3).all()


def test_both_are_judged_under_one_mask():
    """And x, of which the known part is, is the example that D sees beside its completion."""
    _, x, noise = replica(POINTS, 12)
    seen = []

    def discriminator(pair):
        seen.append(pair)
        return pair[:, :1] * 0

    net = SimpleNamespace(generator=lambda z: z[:, :6] * 0 + 5, discriminator=discriminator)
    POINTS.discriminator_loss(net, {"x": x}, noise)
    real, fake = seen
    mask = POINTS.mask(noise)
    assert torch.equal(real, torch.cat([x, mask], 1))
    assert torch.equal(fake, torch.cat([torch.where(mask == 1, x, 5.0), mask], 1))
    POINTS.generator_loss(net, {"x": x}, noise)
    assert torch.equal(seen[2], fake)


@given(st.integers(0, 2**32 - 1))
def test_at_the_optimum_of_whole_examples_the_conditional_is_right(seed):
    """KL( p(x) || p(y) ) = E KL( p(x_S | x_R) || q(y_S | x_R) ) where y keeps x_R: a discriminator
    of whole examples sees the conditional of each value of the rest, and nothing else."""
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.ones(12)).reshape(3, 4), rng.dirichlet(np.ones(4), 3)
    rest = p.sum(1)
    whole = kl_categorical(p.ravel(), (rest[:, None] * q).ravel(), normalize=True)
    parts = kl_categorical(p / rest[:, None], q, normalize=True)
    assert_allclose(whole, rest @ parts, rtol=1e-9, atol=1e-12)


def test_its_roles():
    assert not roles.lacking(IMAGES, [roles.Completer, roles.Sampler])
    assert roles.lacking(IMAGES, [roles.Discriminator, roles.Encoder])
