"""The calibration error is the oracle's, and near what a calibrated classifier has."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import calibration
from reference.metrics import calibration as oracle


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(
            arrays(float, n, elements=st.floats(1e-3, 1.0)),
            arrays(float, n, elements=st.sampled_from([0.0, 1.0])),
        )
    )
)
def test_value(examples):
    confidence, right = examples
    ours = calibration.calibration_error(torch.from_numpy(confidence), torch.from_numpy(right))
    assert_allclose(ours, oracle.calibration_error(confidence, right), rtol=1e-12, atol=1e-15)


def run(logits, label):
    return SimpleNamespace(
        test={"x": torch.zeros(len(label), 1), "label": label}, class_logits=lambda x: logits
    )


def test_who_is_sure_and_right_half_the_time_is_off_by_half():
    label = torch.tensor([0, 1] * 50)
    logits = torch.tensor([50.0, 0.0]).expand(3, 100, 2)
    found = calibration.measure(run(logits, label))
    assert found["single"].values == pytest.approx([0.5] * 3)
    assert found["vote"].values == pytest.approx([0.5])
    assert found["vote"].reference == pytest.approx(0.0, abs=1e-12)


def test_labels_of_its_own_probabilities_are_near_the_reference():
    """Of 4,000 labels; in one bin of confidence .7 the mean |error| is .8 sqrt(.21 / n) = .006."""
    rng = torch.Generator().manual_seed(0)
    label = (torch.rand(4000, generator=rng) > 0.7).long()
    logits = torch.tensor([0.7, 0.3]).log().expand(2, 4000, 2)
    found = calibration.measure(run(logits, label))["vote"]
    assert found.reference == pytest.approx(0.0058, rel=0.3)
    assert found.values[0] < 0.03
