"""The metrics of a learned die are the oracle's."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import die
from reference.metrics import die as oracle
from tests.reference import exact
from tests.strategies import positive_simplex


@given(positive_simplex(size=6), positive_simplex(size=6))
def test_kl(p, q):
    value = die.kl(torch.from_numpy(p).log(), torch.from_numpy(q).log())
    assert_allclose(value, oracle.kl(np.log(p), np.log(q)), rtol=1e-9, atol=1e-12)


@given(positive_simplex(size=6), st.floats(-16, 0), arrays(float, 6, elements=st.floats(-0.9, 9)))
def test_the_kl_of_two_distributions_is_never_negative(p, power, wiggle):
    """Nearly equal ones, in logarithms that are off by a constant, against 400 digits."""
    log_p = np.log(p)
    log_q = log_p + np.log1p(10.0**power * wiggle)
    known = exact.kl_categorical_logits(log_p, log_q)
    for shift in (0.0, 1e-7, -3.0):
        single = die.kl(torch.from_numpy(log_p), torch.from_numpy(log_q + shift))
        for value in (single, oracle.kl(log_p, log_q + shift)):
            assert value >= 0
            assert_allclose(value, known, rtol=1e-7, atol=1e-15 * np.sqrt(known) + 1e-30)


@given(positive_simplex(size=6))
def test_a_distribution_in_single_precision_is_as_far_as_its_digits(p):
    """Its shares add up to 1 but for 1e-7; the KL from the same in double is the square of it."""
    single = torch.from_numpy(p).log().float().log_softmax(-1).double()
    for value in (die.kl(torch.from_numpy(p).log(), single), oracle.kl(np.log(p), single.numpy())):
        assert 0 <= value < 1e-11


def test_a_face_that_never_comes_costs_nothing():
    p, q = torch.tensor([1.0, 0.0]).log(), torch.tensor([0.5, 0.5]).log()
    assert_allclose(die.kl(p, q), np.log(2), rtol=1e-6)
    assert_allclose(oracle.kl(p.double(), q.double()), np.log(2), rtol=1e-7)
    assert die.kl(q, p) == oracle.kl(q.double(), p.double()) == np.inf
    for counts, known in (([3, 0], 0.0), ([2, 1], np.inf)):
        assert die.chi_square(torch.tensor(counts).double(), p.double()) == known
        assert oracle.chi_square(counts, p.double()) == known


@given(arrays(np.int64, 9, elements=st.integers(0, 5)))
def test_mean_face(face):
    assert_allclose(die.mean_face(torch.from_numpy(face)), oracle.mean_face(face), rtol=1e-13)


@given(arrays(np.int64, 6, elements=st.integers(1, 50)), positive_simplex(size=6))
def test_chi_square(counts, p):
    value = die.chi_square(torch.from_numpy(counts).double(), torch.from_numpy(p).log())
    assert_allclose(value, oracle.chi_square(counts, np.log(p)), rtol=1e-9, atol=1e-12)
