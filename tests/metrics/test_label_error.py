"""The error is the oracle's, per replica, on test images."""

from types import SimpleNamespace

import torch
from hypothesis import given
from numpy.testing import assert_allclose

from pipeline.metrics import label_error
from reference.metrics import label_error as oracle
from tests.strategies import labelled_logits


@given(labelled_logits())
def test_value(drawn):
    a, label = drawn
    ours = label_error.label_error(torch.from_numpy(a), torch.from_numpy(label))
    assert_allclose(ours, oracle.label_error(a, label), atol=1e-15)


def test_each_replica_is_measured_by_itself():
    """Two that are wrong about different halves: an ensemble might be right about all."""
    label = torch.tensor([0, 0, 0, 1])
    logits = torch.eye(2)[torch.tensor([[0, 0, 1, 1], [1, 1, 0, 0]])]
    run = SimpleNamespace(test={"x": label, "label": label}, class_logits=lambda x: logits)
    found = label_error.measure(run)
    assert found["error"].values == [0.25, 0.75]
    assert found["worst"].values == [0.75]
    assert found["error"].reference == 0.25
