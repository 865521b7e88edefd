"""The Torch probes are the oracle's, and invariant to rotations of the features."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.decomposition import FastICA
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier

from pipeline.metrics import probe
from reference.metrics import probe as oracle

SEEDS = st.integers(0, 2**32 - 1)


def labelled(seed, n=20, d=3, classes=3):
    rng = np.random.default_rng(seed)
    x, label = rng.standard_normal((n, d)), rng.integers(0, classes, n)
    return x, label, rng.standard_normal((9, d))


def tensors(*arrays):
    return [torch.from_numpy(array) for array in arrays]


@given(SEEDS, st.sampled_from([1e-3, 0.1, 10.0]), st.sampled_from([2, 20]))
def test_ridge(seed, ridge, n):
    """With fewer examples than features too."""
    x, label, fresh = labelled(seed, n)
    known = Ridge(alpha=ridge).fit(x, np.eye(3)[label])
    weights = oracle.linear_probe(x, label, 3, ridge)
    assert_allclose(weights[:-1].T, known.coef_, rtol=1e-8, atol=1e-10)
    assert_allclose(weights[-1], known.intercept_, rtol=1e-8, atol=1e-10)
    assert_allclose(oracle.scores(weights, fresh), known.predict(fresh), rtol=1e-8, atol=1e-10)
    ours = probe.linear_probe(*tensors(x, label), 3, ridge)
    assert_allclose(ours, weights, rtol=1e-8, atol=1e-10)
    assert_allclose(probe.scores(*tensors(weights, fresh)), known.predict(fresh), atol=1e-9)


@given(SEEDS, st.integers(1, 6))
def test_votes(seed, k):
    x, label, fresh = labelled(seed)
    known = oracle.neighbour_votes(x, label, 3, fresh, k)
    ours = probe.neighbour_votes(*tensors(x, label), 3, torch.from_numpy(fresh), k)
    assert_allclose(ours, known, rtol=1e-14)
    theirs = KNeighborsClassifier(k, metric="euclidean").fit(x, label)
    shares = np.zeros((9, 3))
    shares[:, theirs.classes_] = theirs.predict_proba(fresh)
    assert_allclose(np.floor(known), k * shares, atol=1e-12)
    assert_allclose(known.sum(1), k + 0.5)


def test_votes_are_counted_and_a_tie_is_the_nearest_ones():
    x, label = torch.tensor([[1.0], [2.0], [3.0], [9.0]]), torch.tensor([1, 0, 0, 1])
    at = torch.zeros(1, 1)
    assert probe.neighbour_votes(x, label, 2, at, 1).argmax() == 1
    assert probe.neighbour_votes(x, label, 2, at, 2).argmax() == 1
    assert probe.neighbour_votes(x, label, 2, at, 3).argmax() == 0
    assert probe.neighbour_votes(x, label, 2, at, 4).argmax() == 0


@given(SEEDS)
def test_a_turn_of_the_features_changes_neither_probe(seed):
    """Which is why ICA, a turn of whitened axes, scores as they do."""
    x, label, fresh = labelled(seed)
    turn, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    for features, asked in ((x, fresh), (x @ turn, fresh @ turn)):
        weights = oracle.linear_probe(features, label, 3, 0.1)
        found = oracle.scores(weights, asked), oracle.neighbour_votes(features, label, 3, asked, 3)
        if features is x:
            known = found
    assert_allclose(found[0], known[0], atol=1e-10)
    assert_allclose(found[1], known[1])


def test_independent_components_are_whitened_axes_turned():
    """Scikit-learn's FastICA, fitted: its features are orthogonal mixtures of whitened PCA's."""
    rng = np.random.default_rng(0)
    x = rng.laplace(size=(400, 3)) @ rng.standard_normal((3, 5))
    found = FastICA(3, whiten="unit-variance", random_state=0).fit_transform(x)
    _, _, axes = np.linalg.svd(x - x.mean(0), full_matrices=False)
    white = (x - x.mean(0)) @ axes[:3].T
    white /= white.std(0)
    turn = white.T @ found / len(x)
    assert_allclose(turn @ turn.T, np.eye(3), atol=1e-6)
    assert_allclose(white @ turn, found, atol=1e-6)


@pytest.fixture
def run():
    """Classes far apart in the first pixel. Replica 0's code shows it, replica 1's does not."""
    rng = np.random.default_rng(0)
    label = torch.arange(3).repeat(20)
    x = torch.from_numpy(rng.standard_normal((60, 2))).float()
    x[:, 0] = x[:, 0] / 10 + 3 * label
    which = torch.tensor([[[1.0], [0.0]], [[0.0], [1.0]]])
    return SimpleNamespace(
        train={"x": x, "label": label},
        test={"x": x[::2], "label": label[::2]},
        model=SimpleNamespace(code=lambda x: x @ which),
        ensemble=SimpleNamespace(each=lambda f, x: f(x)),
        untrained=SimpleNamespace(each=lambda f, x: f(x).flip(0)),
    )


def test_a_run_is_read_through_its_codes(run):
    found = probe.measure(run)
    good, bad = found["neighbours_few"].values
    assert good == 1
    assert bad < 0.8
    good, bad = found["neighbours_few_over_untrained"].values
    assert good == -bad > 0.2
    assert found["neighbours_few_over_pca"].values[0] == pytest.approx(0, abs=1e-12)


def test_labels_are_drawn_evenly_and_alike_for_all(run, monkeypatch):
    drawn = []
    exact = probe.linear_probe

    def spy(features, label, classes, ridge):
        drawn.append((len(features.unique(dim=0)), label.bincount().tolist()))
        return exact(features, label, classes, ridge)

    monkeypatch.setattr(probe, "linear_probe", spy)
    first, again = probe.measure(run), probe.measure(run)
    assert drawn[: probe.DRAWS] == [(6, [2, 2, 2])] * probe.DRAWS
    assert drawn[probe.DRAWS] == (60, [20, 20, 20])
    assert {k: m.values for k, m in first.items()} == {k: m.values for k, m in again.items()}
