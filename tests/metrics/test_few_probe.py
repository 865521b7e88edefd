"""Features with few labels: the probe is the oracle's, and what stands beside a run is its own."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.metrics import few_probe
from reference.metrics.few_probe import accuracy_of_few


@given(st.integers(0, 2**32 - 1))
def test_value(seed):
    rng = np.random.default_rng(seed)
    features, x = rng.standard_normal((6, 3)), rng.standard_normal((9, 3))
    label, truth = np.arange(6) % 3, rng.integers(3, size=9)
    found = few_probe.accuracy_of_few(*map(torch.from_numpy, (features, label, x, truth)))
    assert_allclose(found, accuracy_of_few(features, label, x, truth), rtol=1e-12)


def run():
    """Three classes along three axes, under nine times as wide noise in twenty others; a trained
    encoder keeps the three, an untrained one the noise."""
    rng = torch.Generator().manual_seed(0)
    label = torch.arange(3).repeat(40)
    x = torch.cat(
        [
            4 * torch.eye(3)[label] + torch.randn(120, 3, generator=rng),
            9 * torch.randn(120, 20, generator=rng),
        ],
        1,
    )

    def ensemble(columns):
        return SimpleNamespace(each=lambda f, x: torch.stack([x[:, columns]] * 2))

    return SimpleNamespace(
        train={"x": x[:60], "label": label[:60]},
        test={"x": x[60:], "label": label[60:]},
        model=SimpleNamespace(code=None),
        ensemble=ensemble(slice(0, 3)),
        untrained=ensemble(slice(3, 6)),
    )


def test_good_features_win_most_where_labels_are_few():
    found = few_probe.measure(run())
    one, ten = (found[f"accuracy_{each}"].values[0] for each in (1, 10))
    assert 0.7 < one < ten
    for each in few_probe.EACH:
        gains = [found[f"over_{name}_{each}"].values[0] for name in few_probe.CONTROLS]
        assert min(gains) > 0.1, each
        own = found[f"accuracy_{each}"]
        assert own.values[0] - own.reference == pytest.approx(gains[0])
    assert found["over_untrained_1"].values[0] > 0.2
