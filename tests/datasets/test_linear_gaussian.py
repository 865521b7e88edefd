"""The linear Gaussian data have the stated density, covariance and splits."""

import numpy as np
import pytest
from scipy import stats

from pipeline import datasets
from pipeline.datasets import linear_gaussian
from pipeline.study.errors import StudyError
from reference.theory.linear_gaussian import linear_gaussian_loglik, ppca_optimum

DATA = linear_gaussian.DataSet(noise=0.5)
SPECTRUM = [9.25, 4.25, 1.25] + [0.25] * 5  # k^2 + sigma^2 ..., then sigma^2


def test_the_density_is_that_of_scipy_and_of_the_oracle():
    x, _ = DATA.sample(50, np.random.default_rng(0))
    W = DATA.loadings
    known = stats.multivariate_normal(DATA.offset, W @ W.T + 0.25 * np.eye(8)).logpdf(x)
    np.testing.assert_allclose(DATA.log_density(x), known, rtol=1e-11)
    oracle = linear_gaussian_loglik(x.astype(float), W, DATA.offset, 0.25)
    np.testing.assert_allclose(DATA.log_density(x), oracle, rtol=1e-11)


def test_the_spectrum_is_the_stated_one():
    W = DATA.loadings
    values = np.linalg.eigvalsh(W @ W.T + 0.25 * np.eye(8))[::-1]
    np.testing.assert_allclose(values, SPECTRUM, rtol=1e-12)


def test_samples_have_the_stated_moments():
    """Along each principal direction the mean square over n is chi-square: its standard error
    is sqrt(2 / n) of the eigenvalue, that of the mean sqrt(value / n). Refused past 5 of them."""
    n = 100_000
    x, label = DATA.sample(n, np.random.default_rng(0))
    W = DATA.loadings
    values, vectors = np.linalg.eigh(W @ W.T + 0.25 * np.eye(8))
    along = (x - DATA.offset) @ vectors
    assert (np.abs(along.mean(0)) < 5 * np.sqrt(values / n)).all()
    assert (np.abs((along**2).mean(0) / values - 1) < 5 * np.sqrt(2 / n)).all()
    assert not label.any()


def test_the_true_model_is_the_best_that_principal_components_can_do():
    """So the greatest ELBO of a linear VAE is E log p(x), and no parameter does better."""
    W, s2, values = ppca_optimum(DATA.loadings @ DATA.loadings.T + 0.25 * np.eye(8), 3)
    np.testing.assert_allclose(values, SPECTRUM, rtol=1e-9)
    assert s2 == pytest.approx(0.25)
    np.testing.assert_allclose(W @ W.T, DATA.loadings @ DATA.loadings.T, atol=1e-9)


def test_splits_are_different_draws_and_do_not_shift_with_one_another():
    few = linear_gaussian.DataSet(train=20, validation=10, test=10).splits()
    more = linear_gaussian.DataSet(train=30, validation=10, test=10).splits()
    other = linear_gaussian.DataSet(train=20, validation=10, test=10, seed=1).splits()
    np.testing.assert_array_equal(few["test_x"], more["test_x"])
    firsts = {a[f"{s}_x"][0, 0].item() for a in (few, other) for s in datasets.SPLITS}
    assert len(firsts) == 6
    assert few["train_x"].dtype == np.float32


def test_as_many_latents_as_features_are_refused():
    with pytest.raises(StudyError, match="latent must be below features"):
        datasets.build("linear_gaussian", {"features": 3, "latent": 3})
