"""The Frechet distance is exact where it has a closed form, also for collapsed samples."""

from types import MethodType, SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from pipeline.metrics import frechet
from pipeline.results.trained_run import Trained
from reference.metrics.frechet import frechet_distance
from reference.theory.transport import wp_gauss
from tests.strategies import points


@given(points(min_rows=2, bound=100.0), points(min_rows=2, bound=100.0))
def test_on_the_line(x, y):
    """(difference of means)^2 + (difference of standard deviations)^2."""
    known = (x.mean() - y.mean()) ** 2 + (x.std(ddof=1) - y.std(ddof=1)) ** 2
    scale = x.var() + y.var() + (x.mean() - y.mean()) ** 2 + 1e-6
    assert abs(frechet_distance(x, y) - known) <= 1e-9 * scale + 1e-12 * np.abs(x).max()


@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 5, 30]))
def test_in_space(seed, n):
    """From means and sample covariances, blind to rotations, zero to itself: n < d too."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, 4)), 1 + 2 * rng.standard_normal((n + 2, 4))
    value = frechet_distance(x, y)
    known = wp_gauss(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))
    scale = x.var(0).sum() + y.var(0).sum() + 4
    assert value >= 0
    assert abs(value - known) <= 1e-7 * scale
    turn, _ = np.linalg.qr(rng.standard_normal((4, 4)))
    assert abs(frechet_distance(x @ turn, y @ turn) - value) <= 1e-12 * scale
    assert frechet_distance(x, x[::-1]) <= 1e-25 * scale
    assert abs(frechet_distance(y, x) - value) <= 1e-12 * scale


def test_a_collapsed_generator():
    """All samples alike: what is left is the mean's distance and the data's whole variance."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 5))
    y = np.tile([1.0, 0.0, 0.0, 0.0, 0.0], (50, 1))
    known = ((x.mean(0) - y[0]) ** 2).sum() + x.var(0, ddof=1).sum()
    assert_allclose(frechet_distance(x, y), known, rtol=1e-13)


def test_a_shifted_sample_is_as_far_as_its_shift():
    x = np.random.default_rng(0).standard_normal((40, 3))
    assert_allclose(frechet_distance(x, x + np.array([3.0, 4.0, 0.0])), 25, rtol=1e-12)


@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 5, 30]), st.sampled_from([0.0, 1e-8, 1.0]))
def test_the_torch_distance_is_the_oracles(seed, n, spread):
    """Also of samples that lie on a line or coincide, and of one sample and itself."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, 4)), rng.standard_normal((n + 2, 4))
    y[:, 1:] *= spread
    for pair in ((x, y), (y, x), (x, x), (y, y)):
        ours = frechet.frechet_distance(*(torch.from_numpy(sample) for sample in pair))
        scale = sum(sample.var(0).sum() + 1 for sample in pair)
        assert abs(ours - frechet_distance(*pair)) <= 1e-13 * scale


@pytest.fixture
def run():
    """Replica 0 draws real examples, replica 1 the same ones farther out."""
    rng = torch.Generator().manual_seed(0)
    test, validation = torch.randn(2, 50, 3, generator=rng)
    samples = torch.stack([test, 2 + 3 * test])
    run = SimpleNamespace(
        test={"x": test},
        validation={"x": validation},
        train={"x": torch.randn(400, 3, generator=rng)},
        dataset=SimpleNamespace(levels=None),
        model=SimpleNamespace(),
        sample=lambda count: samples[:, :count],
        classifier=SimpleNamespace(class_logits=lambda x: torch.stack([x + 5, 3 * x - 9])),
        class_log_probabilities=lambda x: x.log_softmax(-1),
    )
    run._parts, run.features = lambda x: [x], MethodType(Trained.features, run)
    return run


def test_what_is_no_image_is_its_own_feature(run):
    found = frechet.measure(run)
    assert list(found) == ["distance"]
    real, far = found["distance"].values
    assert abs(real) < 1e-12
    assert_allclose(far, frechet_distance(run.test["x"], run.sample(50)[1]), rtol=1e-10)
    known = frechet_distance(run.test["x"], run.validation["x"])
    assert_allclose(found["distance"].reference, known, rtol=1e-10)


def test_images_are_compared_by_the_mean_of_the_classifiers_logits(run):
    """Two classifiers with logits x + 5 and 3 x - 9: the features are 2 x, less their mean."""
    run.dataset.levels = 16
    found = frechet.measure(run)
    x, fresh = (2 * (x - x.mean(-1, keepdim=True)) for x in (run.test["x"], run.validation["x"]))
    assert_allclose(found["distance"].reference, frechet_distance(x, fresh), rtol=1e-5)
    assert found["confidence"].values[0] == found["confidence"].reference
    assert found["confidence"].values[1] > found["confidence"].reference


def test_codes_are_drawn_from_their_own_gaussian(run):
    """Codes x and 3 x + 1, decoded by what undoes them: both draw as the training images lie."""
    scale, shift = torch.tensor([1.0, 3.0])[:, None, None], torch.tensor([0.0, 1.0])[:, None, None]
    run.model = SimpleNamespace(
        code=lambda x: scale * x + shift,
        decode=lambda z: (z - shift) / scale,
        reconstruct=lambda x: x,
    )
    rng = torch.Generator().manual_seed(1)
    run.ensemble = SimpleNamespace(
        each=lambda f, *own, **shared: f(*own, **shared),
        noise=lambda distributions, count, stream: {"e": torch.randn(2, *count, 3, generator=rng)},
    )
    run.validation["x"] = torch.randn(20_000, 3, generator=rng)
    made = frechet._fitted(run, 20_000).double()
    real = run.train["x"].double()
    for replica in made:
        assert frechet_distance(replica, real) < 0.005
    assert len(frechet.measure(run)["distance_fitted"].values) == 2
