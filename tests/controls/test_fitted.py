"""What is fitted: densities that sum to one and are their textbook's, and the best linear map."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import logsumexp

from pipeline import controls
from pipeline.controls import bernoulli_mixture, gaussian_mixture
from pipeline.metrics.subspace import principal_reconstruction
from pipeline.models import roles

FOUR = SimpleNamespace(features=4, levels=1)


def black_and_white(n, seed):
    """Of two classes: 1100 and 0011, each pixel turned with a chance of a tenth."""
    rng = np.random.default_rng(seed)
    x = np.array([[1, 1, 0, 0], [0, 0, 1, 1]])[rng.integers(2, size=n)]
    return torch.from_numpy(2.0 * (x ^ (rng.random(x.shape) < 0.1)) - 1).float()


@pytest.fixture(scope="module")
def bernoulli():
    """Two replicas of a mixture, and all sixteen images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bernoulli_mixture, "COMPONENTS", (1, 2, 5))
        control = bernoulli_mixture.Control(FOUR, black_and_white(400, 0), black_and_white(100, 1))
        replicas = controls.ensemble(control, [4, 2])
        images = torch.tensor(list(product([-1.0, 1.0], repeat=4)))
        yield replicas, images


def terms(replicas, images):
    """Of the images as they are: a pixel is lit with a chance of 0 or 1."""
    seen = {"pixel": torch.full((len(images), 4), 0.5)}

    def both(net, x, seen):
        parts = replicas.model.negative_elbo(net, {"x": x}, seen)
        return parts | {"log_weight": replicas.model.log_weight(net, {"x": x}, seen)}

    return replicas.each(both, x=images, seen=seen)


def test_the_mixture_is_a_probability(bernoulli):
    """Over all images it sums to 1, and the bound is log p(x): the posterior is exact."""
    found = terms(*bernoulli)
    assert_allclose(found["log_weight"].double().exp().sum(1), [1, 1], rtol=1e-5)
    assert_allclose(-(found["reconstruction"] + found["kl"]), found["log_weight"], rtol=1e-4)
    assert (found["kl"] > -1e-5).all()


def test_the_mixture_is_the_textbooks(bernoulli):
    """log sum_k w_k prod_j m^x (1 - m)^(1 - x), from the stored numbers, without the padding."""
    replicas, images = bernoulli
    found = terms(replicas, images)["log_weight"]
    x = (images.double().numpy() + 1) / 2
    for r, values in enumerate(found):
        weights, logits = (t[r].double().numpy() for t in replicas.state["mixture"].values())
        there = weights > bernoulli_mixture.NEVER
        assert there.sum() in (1, 2, 5)
        m = 1 / (1 + np.exp(-logits[there]))
        each = (m ** x[:, None] * (1 - m) ** (1 - x[:, None])).prod(-1)
        assert_allclose(values, np.log(each @ np.exp(weights[there])), rtol=1e-5)


def test_two_classes_are_found(bernoulli):
    """The KL of the truth to the mixture, over the sixteen images, of either replica."""
    replicas, images = bernoulli
    x = (images.numpy() + 1) / 2
    classes = np.array([[0.9, 0.9, 0.1, 0.1], [0.1, 0.1, 0.9, 0.9]])
    p = (classes ** x[:, None] * (1 - classes) ** (1 - x[:, None])).prod(-1).mean(1)
    q = terms(replicas, images)["log_weight"].double().numpy()
    assert ((p * (np.log(p) - q)).sum(1) < 0.03).all()


def test_the_mixtures_samples_are_its_components(bernoulli):
    replicas, _ = bernoulli
    for x, weights, logits in zip(
        replicas.sample(2000, "evaluate"), *replicas.state["mixture"].values(), strict=True
    ):
        there = weights > bernoulli_mixture.NEVER
        means = 2 * logits.sigmoid()[there] - 1
        assert torch.cdist(x, means).amin(-1).max() < 2e-3
        p = weights[there].exp()  # of pixels in [-1, 1]: a mean has an error of 1/sqrt n at most
        assert_allclose(x.mean(0), p @ means, atol=4.5 / np.sqrt(len(x)))


def test_the_mixture_has_the_roles_of_a_latent_variable_model():
    asked = roles.LatentVariable, roles.Sampler
    assert not roles.lacking(bernoulli_mixture.Control, asked)
    assert roles.lacking(bernoulli_mixture.Control, [roles.IndependentLatents])


@pytest.fixture(scope="module")
def gaussian():
    """A mixture of two in the plane, fitted to 600 points of two."""
    rng = np.random.default_rng(0)

    def points(n):
        x = rng.standard_normal((n, 2)) * [1.0, 0.3] + 4 * rng.integers(2, size=(n, 1))
        return torch.from_numpy(x).float()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gaussian_mixture, "COMPONENTS", (1, 2, 3))
        control = gaussian_mixture.Control(
            SimpleNamespace(features=2, levels=None), points(600), points(200)
        )
        yield controls.ensemble(control, [5])


def textbook(replicas, x):
    """log p(x) by SciPy's normal densities."""
    weights, means, whitening = (t[0].double().numpy() for t in replicas.state["mixture"].values())
    parts = [
        w + stats.multivariate_normal(m, np.linalg.inv(a @ a.T)).logpdf(x)
        for w, m, a in zip(weights, means, whitening, strict=True)
        if w > gaussian_mixture.NEVER
    ]
    return logsumexp(parts, axis=0)


def test_the_gaussian_mixture_is_the_textbooks(gaussian):
    x = torch.from_numpy(np.random.default_rng(1).uniform(-2, 6, (50, 2))).float()

    def value(net, x):
        return gaussian.model.negative_log_likelihood(net, {"x": x}, {})

    assert_allclose(-gaussian.each(value, x=x)[0], textbook(gaussian, x.numpy()), rtol=1e-4)


def test_its_samples_are_of_its_density(gaussian):
    """E log p of its own samples is minus its entropy, by SciPy's density on a grid; |z| < 4.5."""
    x = gaussian.sample(4000, "evaluate")[0].numpy()
    ticks = np.linspace(-6, 11, 300)
    grid = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    p, own = textbook(gaussian, grid), textbook(gaussian, x)
    cell = (ticks[1] - ticks[0]) ** 2
    assert_allclose(np.exp(p).sum() * cell, 1, rtol=1e-3)
    entropy = -(np.exp(p) * p).sum() * cell
    assert abs(own.mean() + entropy) < 4.5 * own.std() / np.sqrt(len(x)) + 1e-3


def test_of_grey_images_it_is_the_density_of_spread_levels_and_draws_levels(monkeypatch):
    """Two kinds of images of five levels: samples have their means, and are levels."""
    monkeypatch.setattr(gaussian_mixture, "COMPONENTS", (1, 2))
    rng, means = np.random.default_rng(0), np.array([[1, 1, 3], [3, 3, 1]])

    def images(n):
        level = means[rng.integers(2, size=n)] + rng.integers(-1, 2, size=(n, 3))
        return torch.from_numpy(2 * level / 4 - 1).float()

    control = gaussian_mixture.Control(
        SimpleNamespace(features=3, levels=4), images(400), images(100)
    )
    replicas = controls.ensemble(control, [5])
    x = (replicas.sample(4000, "evaluate")[0] + 1) / 2 * 4
    assert_allclose(x, x.round(), atol=1e-5)
    assert x.min() >= 0
    assert x.max() <= 4
    nearest = torch.cdist(x, torch.from_numpy(means).float()).argmin(1)
    for k, mean in enumerate(means):
        # 2,000 samples with a variance of 2/3 and that of rounding, and 200 training images.
        assert_allclose(x[nearest == k].mean(0), mean, atol=0.3)


def test_the_density_of_grey_levels_is_that_of_level_and_noise(monkeypatch):
    monkeypatch.setattr(gaussian_mixture, "COMPONENTS", (1, 2))
    rng = np.random.default_rng(3)
    level = rng.integers(0, 5, size=(300, 2))
    x = torch.from_numpy(2 * level / 4 - 1).float()
    control = gaussian_mixture.Control(SimpleNamespace(features=2, levels=4), x, x)
    replicas = controls.ensemble(control, [5])
    u = torch.rand(300, 2, generator=torch.Generator().manual_seed(1))

    def value(net, x, u):
        return control.negative_log_likelihood(net, {"x": x}, {"u": u})

    known = textbook(replicas, level + u.double().numpy())
    assert_allclose(-replicas.each(value, x=x, u=u)[0], known, rtol=1e-4)


def test_pca_is_pca_and_there_is_one_for_each_latent():
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(50, 6, generator=rng) * torch.tensor([3.0, 2, 1, 1, 0.5, 0.1])
    runs = [{"latent": 3}, {"latent": 1}, {"width": 4}, {"latent": 3}]
    rows = controls.rows(["pca", "noise"], runs)
    assert list(rows) == ["pca_1", "pca_3", "noise"]
    assert rows["pca_3"] == ("pca", {"latent": 3})
    dataset = SimpleNamespace(features=6, levels=16)
    control = controls.kind("pca").Control(dataset, x[:40], x[40:], latent=3)
    replicas = controls.ensemble(control, [0, 1])
    found = replicas.each(control.reconstruct, x=x[40:])
    known = principal_reconstruction(x[:40].double(), x[40:].double(), 3)
    assert_allclose(found, known.expand(2, -1, -1), atol=1e-5)
    assert replicas.each(control.code, x=x).shape == (2, 50, 3)
