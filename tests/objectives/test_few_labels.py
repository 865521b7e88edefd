"""What is learned without labels is the oracle's: K + 1 classes, mean features, summed classes."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import special
from torch.func import grad, vmap

from pipeline.objectives import class_discriminator, class_marginal, feature_matching, minimax
from reference.objectives import class_discriminator as one_more
from reference.objectives import class_marginal as summed
from reference.objectives import feature_matching as matched
from tests.strategies import logit_rows

TABLES = arrays(float, (3, 4), elements=st.floats(-20, 20))


@given(logit_rows(300.0))
def test_log_z(a):
    ours = torch.from_numpy(a)
    assert_allclose(class_discriminator.real_logit(ours), one_more.real_logit(a), rtol=1e-13)
    gradient = vmap(grad(class_discriminator.real_logit))(ours)
    assert_allclose(gradient, one_more.real_logit_gradient(a), rtol=1e-11, atol=1e-15)


@given(TABLES, TABLES)
def test_the_game_is_that_of_a_softmax_over_one_class_more(real, fake):
    """-log P(not K + 1 | x) - log P(K + 1 | G(z)), the last logit 0; shifted K logits are another
    discriminator, and the same classifier."""

    def log_p(a):
        return special.log_softmax(np.concatenate([a, np.zeros((3, 1))], 1), -1)

    known = -special.logsumexp(log_p(real)[:, :4], -1) - log_p(fake)[:, 4]
    z = [class_discriminator.real_logit(torch.from_numpy(a)) for a in (real, fake)]
    assert_allclose(minimax.discriminator_loss(*z), known, rtol=1e-10, atol=1e-12)
    moved = class_discriminator.real_logit(torch.from_numpy(real + 2))
    assert_allclose(moved, z[0] + 2, rtol=1e-12, atol=1e-12)


@given(TABLES, TABLES)
def test_matched_means(real, fake):
    ours = torch.from_numpy(real), torch.from_numpy(fake)
    value = feature_matching.feature_matching_loss(*ours)
    assert value.shape == ()
    assert_allclose(value, matched.feature_matching_loss(real, fake), rtol=1e-11, atol=1e-12)
    gradient = grad(feature_matching.feature_matching_loss, argnums=1)(*ours)
    known = matched.feature_matching_loss_gradient(real, fake)
    assert_allclose(gradient, known, rtol=1e-10, atol=1e-12)


@given(TABLES, TABLES)
def test_the_marginal(a, bounds):
    ours = torch.from_numpy(a), torch.from_numpy(bounds)
    value = class_marginal.unlabelled_bound(*ours)
    assert_allclose(value, summed.unlabelled_bound(a, bounds), rtol=1e-12, atol=1e-12)
    gradients = vmap(grad(class_marginal.unlabelled_bound, argnums=(0, 1)))(*ours)
    for gradient, known in zip(
        gradients, summed.unlabelled_bound_gradients(a, bounds), strict=True
    ):
        assert_allclose(gradient, known, rtol=1e-9, atol=1e-12)


@given(TABLES, TABLES)
def test_it_is_a_bound_and_tight_at_the_posterior(a, bounds):
    """U >= -log sum_y exp(-L_y) for every q, and equal at the softmax of -L."""
    best = -special.logsumexp(-bounds, -1)
    assert (summed.unlabelled_bound(a, bounds) >= best - 1e-9).all()
    assert_allclose(summed.unlabelled_bound(-bounds, bounds), best, rtol=1e-11, atol=1e-11)
    # One class drawn of q in place of the sum has this mean, and noise.
    q = special.softmax(a, -1)
    each = bounds + special.log_softmax(a, -1)
    assert_allclose((q * each).sum(-1), summed.unlabelled_bound(a, bounds), atol=1e-10)


def test_equal_classes_cost_their_bound_less_the_log_of_their_number():
    value = class_marginal.unlabelled_bound(torch.zeros(2, 10), torch.full((2, 10), 7.0))
    assert_allclose(value, 7 - np.log(10), rtol=1e-6)
