"""The Torch cross-entropy is the oracle's, in value and in gradient."""

import numpy as np
import torch
from hypothesis import given
from numpy.testing import assert_allclose
from scipy import special
from torch.func import grad

from pipeline.objectives import cross_entropy
from reference.objectives import cross_entropy as oracle
from tests.strategies import labelled_logits


@given(labelled_logits())
def test_value_and_gradient(drawn):
    a, label = drawn
    logits, y = torch.from_numpy(a), torch.from_numpy(label)
    value = cross_entropy.cross_entropy(logits, y)
    assert value.shape == label.shape
    scale = np.abs(a).max() + 1
    assert_allclose(value, oracle.cross_entropy(a, label), rtol=1e-14, atol=4e-16 * scale)
    gradient = grad(lambda b: cross_entropy.cross_entropy(b, y).sum())(logits)
    assert_allclose(gradient, oracle.cross_entropy_gradient(a, label), rtol=1e-12, atol=4e-16)


@given(labelled_logits())
def test_finite_in_training_precision(drawn):
    a, label = drawn
    single = torch.from_numpy(a).float()
    value = cross_entropy.cross_entropy(single, torch.from_numpy(label))
    assert value.isfinite().all()
    known = oracle.cross_entropy(single.double().numpy(), label)
    assert_allclose(value, known, rtol=2e-6, atol=2e-7 * (1 + np.abs(a).max()))


@given(labelled_logits(bound=50.0))
def test_the_oracle_is_the_log_of_a_softmax(drawn):
    a, label = drawn
    known = special.logsumexp(a, -1) - a[np.arange(len(a)), label]
    assert_allclose(oracle.cross_entropy(a, label), known, rtol=1e-13, atol=2e-14)


def test_equal_logits_cost_the_log_of_the_classes():
    value = cross_entropy.cross_entropy(torch.zeros(2, 10), torch.tensor([0, 9]))
    assert_allclose(value, np.full(2, np.log(10)), rtol=1e-6)


def test_a_softmax_is_taken_once():
    """Of probabilities instead of logits it could not fall below log(1 + (K - 1) / e)."""
    value = cross_entropy.cross_entropy(torch.tensor([[30.0, 0.0, 0.0]]), torch.tensor([0]))
    assert value < 1e-12
