"""What is said of a learned die is the oracle's."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import die
from reference.metrics import die as oracle
from tests.strategies import positive_simplex


@given(positive_simplex(size=6), positive_simplex(size=6))
def test_kl(p, q):
    value = die.kl(torch.from_numpy(p).log(), torch.from_numpy(q).log())
    assert_allclose(value, oracle.kl(np.log(p), np.log(q)), rtol=1e-9, atol=1e-12)
    assert value > -1e-15


def test_a_face_that_never_comes_costs_nothing():
    p, q = torch.tensor([1.0, 0.0]).log(), torch.tensor([0.5, 0.5]).log()
    assert_allclose(die.kl(p, q), np.log(2), rtol=1e-6)


@given(arrays(np.int64, 9, elements=st.integers(0, 5)))
def test_mean_face(face):
    assert_allclose(die.mean_face(torch.from_numpy(face)), oracle.mean_face(face), rtol=1e-13)


@given(arrays(np.int64, 6, elements=st.integers(1, 50)), positive_simplex(size=6))
def test_chi_square(counts, p):
    value = die.chi_square(torch.from_numpy(counts).double(), torch.from_numpy(p).log())
    assert_allclose(value, oracle.chi_square(counts, np.log(p)), rtol=1e-9, atol=1e-12)
