"""The Torch losses of encoder and generator are the oracle's, and their game has its optimum
where encoder and generator are inverse."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import bidirectional, minimax
from reference.objectives import bidirectional as oracle
from tests.strategies import logits


@pytest.mark.parametrize("name", ["minimax_loss", "exchanged_loss"])
@given(logits(), logits())
def test_value_and_gradients(name, a, b):
    a, b = a[: len(b)], b[: len(a)]
    real, fake = torch.from_numpy(a), torch.from_numpy(b)
    ours = getattr(bidirectional, name)
    assert_allclose(ours(real, fake), getattr(oracle, name)(a, b), rtol=1e-14)
    gradients = vmap(grad(ours, argnums=(0, 1)))(real, fake)
    for gradient, known in zip(gradients, getattr(oracle, f"{name}_gradients")(a, b), strict=True):
        assert_allclose(gradient, known, rtol=1e-13)


def test_one_is_the_discriminator_s_loss_turned_round_and_the_other_its_labels_exchanged():
    real, fake = torch.tensor([0.3, -2.0]), torch.tensor([1.0, 0.5])
    torch.testing.assert_close(
        bidirectional.minimax_loss(real, fake), -minimax.discriminator_loss(real, fake)
    )
    torch.testing.assert_close(
        bidirectional.exchanged_loss(real, fake), minimax.discriminator_loss(fake, real)
    )


def test_the_optimum_is_an_inverse():
    """Theorem 2 of Donahue et al. (2017), by enumeration: of all 27 x 27 pairs of maps between
    three examples and three latents, both uniform, V at the best D is -log 4 for the six pairs
    that are inverse to one another, and higher for all others."""
    found = {}
    for e, g in product(product(range(3), repeat=3), repeat=2):
        real, fake = np.zeros((3, 3)), np.zeros((3, 3))  # of pairs (x, z)
        for i in range(3):
            real[i, e[i]] += 1 / 3
            fake[g[i], i] += 1 / 3
        with np.errstate(divide="ignore"):
            a = torch.from_numpy(np.log(real) - np.log(fake))  # the best D's logit
        some = torch.from_numpy((real > 0) | (fake > 0))
        best = a.nan_to_num(posinf=800.0, neginf=-800.0)[some]
        p, q = torch.from_numpy(real)[some], torch.from_numpy(fake)[some]
        none = torch.full_like(best, 800.0)  # log D = 0
        value = p @ bidirectional.minimax_loss(best, -none)
        found[e, g] = (value + q @ bidirectional.minimax_loss(none, best)).item()
    for (e, g), value in found.items():
        if all(g[e[i]] == i for i in range(3)):
            assert_allclose(value, -np.log(4), rtol=1e-12)
        else:
            assert value > -np.log(4) + 0.4
