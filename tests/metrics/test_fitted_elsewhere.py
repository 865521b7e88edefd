"""What stands beside a run is fitted to training examples and chosen on validation examples.

    mean over A and B of f(x)  =  ( mean over A + mean over B ) / 2,    |A| = |B|

holds of a method f that was fitted elsewhere. One that was fitted to the examples that it is asked
about, or chosen by them, is another f for A, for B, and for both: the equation fails.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipeline.metrics import bits_per_dim, elbo, frechet
from tests.metrics import walk
from tests.metrics.untrained import ROWS, Untrained

HALF = ROWS // 2
# Means over test examples: of what a metric gives, the values and the reference, or it alone.
MEANS = [
    ("parzen", "gan", ("samples", "training", "training_few", "centres"), "both"),
    ("probe", "autoencoder", ("linear_all", "linear_few", "neighbours_all"), "both"),
    ("probe", "autoencoder", ("linear_few_over_pca", "linear_few_over_untrained"), "both"),
    ("nearest_neighbour", "autoencoder", ("accuracy", "over_pca", "over_untrained"), "both"),
    ("reconstruction", "autoencoder", ("squared_error", "cross_entropy"), "both"),
    ("elbo", "vae", ("bound", "reconstruction"), "reference"),
    ("nll", "vae", ("estimate",), "reference"),
    ("code_match", "infogan", ("error",), "values"),
    ("accuracy", "classifier", ("single",), "values"),
]


class Asked(Untrained):
    """A run that is measured on some of its test examples, or on others in their place."""

    examples = slice(None)
    other = None

    @property
    def _splits(self):
        found = dict(super()._splits)
        test = {name: array[self.examples] for name, array in found["test"].items()}
        found["test"] = test if self.other is None else test | {"x": self.other(test["x"])}
        return found


def asked(model, examples=slice(None), other=None):
    run = Asked(model, 0, "digits")
    run.examples, run.other = examples, other
    return run


def numbers(metric, model, keys, which, examples):
    with walk.small():
        found = walk.METRICS[metric].measure(asked(model, examples))
    told = []
    for key in keys:
        told += [*found[key].values] if which != "reference" else []
        told += [found[key].reference] if which != "values" else []
    return np.array(told, float)


@pytest.mark.parametrize(("metric", "model", "keys", "which"), MEANS)
def test_a_method_that_was_fitted_elsewhere_is_the_same_for_each_half(
    metric, model, keys, which, monkeypatch
):
    monkeypatch.setattr(elbo, "DRAWS", 1)
    whole, *halves = (
        numbers(metric, model, keys, which, examples)
        for examples in (slice(None), slice(HALF), slice(HALF, ROWS))
    )
    assert (halves[0] != halves[1]).any()
    assert_allclose(whole, (halves[0] + halves[1]) / 2, rtol=1e-5, atol=1e-6)


def test_codes_are_fitted_to_training_examples():
    """Other test examples, the same draws from the codes' Gaussian."""
    plain, turned = (frechet._fitted(asked("vae", other=o), 20) for o in (None, lambda x: -x))
    assert_allclose(plain, turned, rtol=0, atol=0)


def test_a_mixture_gives_an_image_what_it_gives_it_among_others(monkeypatch):
    """Fitted and chosen without test images: beside its copies or beside others, the same.

    Training images are of two narrow clusters, so that two components are chosen; test images
    between them would choose a wide one. Each image is spread over its level: what is left of it
    in a mean over four draws of 16 pixels is some nats. Fitted to copies of one image, with a
    variance of 1/12 where the cluster has 1/3, a mixture would give it 16 log 2 nats more.
    """
    monkeypatch.setattr(bits_per_dim, "MIXTURES", ((1, "full", 0.3), (2, "diag", 0.01)))
    rng = np.random.default_rng(0)

    def images(count, *centres):
        return (rng.choice(centres, (count, 1)) + rng.integers(0, 2, (count, 16))).astype(np.uint8)

    train, image = images(400, 2, 14), images(1, 2)

    def scored(others):
        levels = [(x.shape, x.tobytes()) for x in (train, np.concatenate([image, others]))]
        each, words = bits_per_dim._mixture.__wrapped__(*levels)
        assert "2 components" in words
        return each[0]

    beside = [scored(x) for x in (image.repeat(200, 0), images(200, 2, 14), images(200, 8))]
    assert max(beside) - min(beside) < 5
