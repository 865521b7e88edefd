"""The Torch axes and angles are the oracle's, and the oracle's are those of other libraries."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import linalg
from sklearn.decomposition import PCA

from pipeline.metrics import subspace
from reference.errors import DomainError
from reference.metrics import subspace as oracle

SEEDS = st.integers(0, 2**32 - 1)


def cloud(rng, n, d):
    """Samples whose variances along some axes are 1, 4, 16, ..., so that all axes are known."""
    turn, _ = np.linalg.qr(rng.standard_normal((d, d)))
    return 3 + rng.standard_normal((n, d)) * 2.0 ** np.arange(d) @ turn


@given(SEEDS, st.integers(1, 4))
def test_axes_span_what_the_oracles_span(seed, k):
    """Columns have either sign, so their projectors are compared; few samples included."""
    rng = np.random.default_rng(seed)
    for n in (40, 5, 3):
        x = cloud(rng, n, 4)
        k = min(k, n - 1)
        ours, known = subspace.principal_axes(torch.from_numpy(x), k), oracle.principal_axes(x, k)
        assert ours.shape == known.shape == (4, k)
        assert_allclose(ours @ ours.T, known @ known.T, atol=1e-7)
    fitted = PCA(1).fit(x := cloud(rng, 50, 4)).components_
    assert_allclose(np.abs(fitted), np.abs(oracle.principal_axes(x, 1).T), atol=1e-7)


@given(SEEDS, st.integers(1, 4))
def test_what_pca_makes_of_fresh_samples(seed, k):
    rng = np.random.default_rng(seed)
    train, x = cloud(rng, 30, 4), rng.standard_normal((7, 4))
    known = PCA(k).fit(train)
    known = known.inverse_transform(known.transform(x))
    assert_allclose(oracle.principal_reconstruction(train, x, k), known, atol=1e-6)
    ours = subspace.principal_reconstruction(torch.from_numpy(train), torch.from_numpy(x), k)
    assert_allclose(ours, known, atol=1e-6)


@given(SEEDS)
def test_angles(seed):
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    known = np.sort(linalg.subspace_angles(A, B))
    assert_allclose(oracle.principal_angles(A, B), known, rtol=1e-9, atol=1e-12)
    ours = subspace.principal_angles(torch.from_numpy(A), torch.from_numpy(B))
    assert_allclose(ours, known, rtol=1e-9, atol=1e-12)
    mixed = A @ rng.standard_normal((3, 3))
    assert oracle.principal_angles(A, mixed).max() < 1e-9
    assert subspace.principal_angles(torch.from_numpy(A), torch.from_numpy(mixed)).max() < 1e-9


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-4, 0.5, np.pi / 2 - 1e-9, np.pi / 2])
def test_an_angle_keeps_its_digits(angle):
    """A turn of known size: cosines alone would give 0 for 1e-9, sines alone pi/2."""
    A = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    turned = torch.tensor([[1.0, 0.0], [0.0, np.cos(angle)], [0.0, np.sin(angle)]]).double()
    found = subspace.principal_angles(A, turned)
    assert_allclose(found, [0, angle], rtol=1e-7 if angle > 1e-6 else 1e-3, atol=1e-15)


def test_a_run_is_held_to_the_training_images():
    """The first replica reconstructs as PCA does; the second leaves the wrong axis out."""
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.standard_normal((200, 3)) * [4.0, 2.0, 1.0]).float()
    axes = subspace.principal_axes(x, 3)
    kept = torch.stack([axes[:, :2], axes[:, [0, 2]]])

    def code(x):
        return x @ kept

    made = {"code": code, "reconstruct": lambda x: code(x) @ kept.mT + 7}
    run = SimpleNamespace(
        train={"x": x},
        test={"x": -x.flip(1)},
        model=SimpleNamespace(**made),
        ensemble=SimpleNamespace(each=lambda f, x: f(x)),
    )
    found = subspace.measure(run)["angle_to_pca"]
    assert_allclose(found.values, [0, 90], atol=1e-3)
    assert found.reference == 0


@given(SEEDS, st.lists(st.floats(-9, -1), min_size=1, max_size=3))
def test_small_angles_keep_apart(seed, powers):
    """Angles down to 1e-9, of planes given by any of their bases: their cosines may all round to
    1, and still each angle is its own, to what 1e-16 is of it."""
    rng, angles = np.random.default_rng(seed), np.sort(10.0 ** np.array(powers))
    k = len(angles)
    turn = np.linalg.qr(rng.standard_normal((2 * k, 2 * k)))[0]
    A = turn[:, :k] @ np.linalg.qr(rng.standard_normal((k, k)))[0]
    B = turn[:, :k] * np.cos(angles) + turn[:, k:] * np.sin(angles)
    B = B @ np.linalg.qr(rng.standard_normal((k, k)))[0]
    for found in (oracle.principal_angles(A, B), oracle.principal_angles(B, A)):
        assert_allclose(found, angles, rtol=1e-11, atol=4e-15)
    ours = subspace.principal_angles(torch.from_numpy(A), torch.from_numpy(B))
    assert_allclose(ours, angles, rtol=1e-11, atol=4e-15)


@pytest.mark.parametrize("name", ["A", "B"])
def test_a_span_of_too_few_is_refused(name):
    """Two columns on one line have no second direction: which angle it had would be rounding."""
    columns = {"A": np.eye(3)[:, :2], "B": np.eye(3)[:, :2]} | {name: np.ones((3, 2))}
    with pytest.raises(DomainError, match=f"{name} must have independent columns"):
        oracle.principal_angles(**columns)
