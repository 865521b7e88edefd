"""The Torch accuracy is the oracle's."""

import torch
from hypothesis import given
from numpy.testing import assert_allclose

from pipeline.metrics import accuracy
from reference.metrics import accuracy as oracle
from tests.strategies import labelled_logits


@given(labelled_logits())
def test_value(drawn):
    a, label = drawn
    ours = accuracy.accuracy(torch.from_numpy(a), torch.from_numpy(label))
    assert_allclose(ours, oracle.accuracy(a, label))
    named = sum(row.tolist().index(max(row)) == y for row, y in zip(a, label, strict=True))
    assert_allclose(ours, named / len(label))


def test_the_largest_logit_decides():
    a = torch.tensor([[0.0, 1.0], [2.0, 1.0], [-3.0, -2.0]])
    assert accuracy.accuracy(a, torch.tensor([1, 0, 1])) == 1
    assert accuracy.accuracy(a, torch.tensor([0, 1, 0])) == 0
