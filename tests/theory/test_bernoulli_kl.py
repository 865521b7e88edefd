"""KL of Bernoulli distributions, from probabilities and logits, and where naive forms fail."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from reference.primitives import sigmoid, softplus
from reference.theory.kl import kl_bernoulli, kl_bernoulli_logits
from tests.strategies import logit_values

INF = np.inf


def test_certainty_has_its_limits():
    """Certain and right costs nothing; certain and wrong everything; else what is left."""
    for a in (INF, -INF):
        assert kl_bernoulli_logits(a, a) == 0
        assert kl_bernoulli_logits(a, -a) == INF
        assert kl_bernoulli_logits(0.0, a) == INF
    for b in (-3.0, 0.0, 40.0):
        assert_allclose(kl_bernoulli_logits(INF, b), softplus(-b), rtol=1e-15)
        assert_allclose(kl_bernoulli_logits(-INF, b), softplus(b), rtol=1e-15)
    assert kl_bernoulli(0.0, 1.0) == INF
    assert kl_bernoulli(1.0, 1.0) == kl_bernoulli(0.0, 0.0) == 0


@given(logit_values(700.0), logit_values(700.0))
def test_never_negative_and_blind_to_names(a, b):
    value = kl_bernoulli_logits(a, b)
    assert value >= 0
    assert_allclose(value, kl_bernoulli_logits(-a, -b), rtol=1e-14)
    assert kl_bernoulli_logits(a, a) == 0


@given(st.floats(-15, 15), st.floats(-15, 15))
def test_both_forms_agree(a, b):
    known = kl_bernoulli(sigmoid(a), sigmoid(b))
    assert_allclose(kl_bernoulli_logits(a, b), known, rtol=1e-7, atol=1e-12)


def test_the_direct_form_goes_negative_where_logits_are_close():
    rng = np.random.default_rng(0)
    a = rng.uniform(-40, 40, 10_000)
    b = a + 1e-9 * rng.standard_normal(10_000)
    direct = sigmoid(a) * (a - b) - softplus(a) + softplus(b)
    assert direct.min() < -1e-15
    assert (kl_bernoulli_logits(a, b) >= 0).all()
    assert kl_bernoulli_logits(a, b).max() < 1e-16
