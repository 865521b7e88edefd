"""InfoGAN's bound is the oracle's, at most the information, and tight at the posterior."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import mutual_information as ours
from reference.objectives import mutual_information as oracle
from reference.theory import tables
from tests.strategies import labelled_logits

CODES = arrays(float, (3, 2), elements=st.floats(-1, 1))
MEANS = arrays(float, (3, 2), elements=st.floats(-3, 3))


@given(labelled_logits(30.0))
def test_of_a_category_value_and_gradient(drawn):
    a, code = drawn
    logits, c = torch.from_numpy(a), torch.from_numpy(code)
    value = ours.category_information(logits, c)
    assert_allclose(value, oracle.category_information(a, code), rtol=1e-13, atol=1e-13)
    gradient = grad(lambda b: ours.category_information(b, c).sum())(logits)
    assert_allclose(gradient, oracle.category_information_gradient(a, code), 1e-12, 4e-16)
    assert (value <= np.log(a.shape[-1]) + 1e-15).all()


@given(MEANS, MEANS, CODES)
def test_of_numbers_value_and_gradients(m, v, c):
    given_ = [torch.from_numpy(a) for a in (m, v, c)]
    assert_allclose(
        ours.uniform_information(*given_), oracle.uniform_information(m, v, c), 1e-13, 1e-13
    )
    gradients = vmap(grad(ours.uniform_information, argnums=(0, 1)))(*given_)
    for gradient, known in zip(
        gradients, oracle.uniform_information_gradients(m, v, c), strict=True
    ):
        assert_allclose(gradient, known, rtol=1e-12, atol=1e-14)


@given(st.integers(0, 2**32 - 1))
def test_the_bound_of_a_table_is_below_its_information(seed):
    """x one of five, c one of four, uniform: the mean of the summands is the table's bound,
    at most I(c; x) for any Q, and equal to it at the posterior. So no network can claim more."""
    rng = np.random.default_rng(seed)
    joint = rng.dirichlet(np.ones(5), 4) / 4
    guess = rng.standard_normal((5, 4)) * 3  # logits of Q by x

    def bound(logits):
        x, c = (torch.from_numpy(i.ravel()) for i in np.indices((5, 4)))
        each = ours.category_information(torch.from_numpy(logits)[x], c).numpy()
        return (joint.T.ravel() * each).sum()

    information = tables.mutual_information(joint)
    q = np.exp(guess - guess.max(1, keepdims=True))
    known = tables.infogan_bound(joint, (q / q.sum(1, keepdims=True)).T)
    assert_allclose(bound(guess), known, rtol=1e-10, atol=1e-12)
    assert known <= information + 1e-12
    assert_allclose(bound(np.log(joint.T)), information, rtol=1e-10, atol=1e-12)


def test_one_softmax():
    """A Q that is sure and right has the whole of log K; of a softmax of probabilities it would
    have log 3 - log(1 + 2 / e) = .547 at most."""
    value = ours.category_information(torch.tensor([[50.0, 0.0, 0.0]]), torch.tensor([0]))
    assert value.item() == pytest.approx(np.log(3), rel=1e-6)


def test_an_ignored_number_has_less_than_nothing():
    """At m = 0 and the variance 1/3 of the code itself: a Gaussian is not the uniform density,
    so the bound is log 2 - (log(2 pi / 3) + 1) / 2 = -.1765, below the true 0."""
    c = torch.linspace(-1, 1, 20_001, dtype=torch.float64)[:, None]
    third = torch.tensor(1 / 3, dtype=torch.float64).log()
    mean = ours.uniform_information(torch.zeros_like(c), third, c).mean()
    assert mean.item() == pytest.approx(np.log(2) - (np.log(2 * np.pi / 3) + 1) / 2, abs=1e-4)
