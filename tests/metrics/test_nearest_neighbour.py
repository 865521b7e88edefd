"""The nearest label is the oracle's and scikit-learn's, far from 0 and in parts too."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.neighbors import KNeighborsClassifier

from pipeline import metrics
from pipeline.metrics import nearest_neighbour
from reference.metrics import nearest_neighbour as oracle


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e6]))
def test_the_nearest(seed, offset):
    rng = np.random.default_rng(seed)
    x, label, asked = rng.standard_normal((20, 3)), rng.integers(0, 4, 20), rng.random((9, 3))
    known = KNeighborsClassifier(1, algorithm="brute").fit(x, label).predict(asked)
    assert_array_equal(oracle.nearest_label(x + offset, label, asked + offset), known)
    ours = nearest_neighbour.nearest_label(
        *(torch.from_numpy(a) for a in (x + offset, label, asked + offset))
    )
    assert_array_equal(ours, known)
    right = nearest_neighbour.share_right(ours, torch.zeros(9))
    assert right == oracle.share_right(known, np.zeros(9))


def test_in_parts(monkeypatch):
    x, asked = torch.randn(20, 3, generator=torch.manual_seed(0)), torch.randn(9, 3)
    whole = nearest_neighbour.nearest_label(x, torch.arange(20), asked)
    monkeypatch.setattr(metrics, "PAIRS", 40)
    assert torch.equal(nearest_neighbour.nearest_label(x, torch.arange(20), asked), whole)


def test_a_run_is_read_through_its_codes():
    """Classes apart in the first pixel: replica 0's code shows it, replica 1's does not, and
    untrained it was the other way round."""
    rng = np.random.default_rng(0)
    label = torch.arange(3).repeat(20)
    x = torch.from_numpy(rng.standard_normal((60, 2))).float()
    x[:, 0] = x[:, 0] / 10 + 3 * label
    which = torch.tensor([[[1.0], [0.0]], [[0.0], [1.0]]])
    run = SimpleNamespace(
        train={"x": x[::2], "label": label[::2]},
        test={"x": x[1::2], "label": label[1::2]},
        model=SimpleNamespace(code=lambda x: x @ which),
        ensemble=SimpleNamespace(each=lambda f, x: f(x)),
        untrained=SimpleNamespace(each=lambda f, x: f(x).flip(0)),
    )
    found = nearest_neighbour.measure(run)
    good, bad = found["accuracy"].values
    assert good == 1
    assert bad < 0.7
    assert found["over_untrained"].values == pytest.approx([good - bad, bad - good])
    assert found["over_pca"].values[0] == pytest.approx(0)
    assert found["accuracy"].reference == 1
