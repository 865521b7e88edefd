"""Conditional accuracy is that of the requested class, and 1/K for an unconditional model."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.randomness import Integers, Normal
from pipeline.metrics import conditional_accuracy
from pipeline.models import gan
from reference.errors import DomainError
from reference.metrics import conditional_accuracy as oracle
from tests.strategies import labelled_logits

CLASSES = 4


@given(labelled_logits())
def test_values(drawn):
    logits, asked = drawn
    ours = torch.from_numpy(logits), torch.from_numpy(asked)
    assert_allclose(
        conditional_accuracy.conditional_accuracy(*ours),
        oracle.conditional_accuracy(logits, asked),
    )
    assert_allclose(
        conditional_accuracy.conditional_accuracy_by_class(*ours),
        oracle.conditional_accuracy_by_class(logits, asked),
        rtol=1e-14,
    )


def test_a_class_that_is_never_asked_for_moves_no_other():
    logits = torch.eye(5)[[0, 3, 3, 4]]
    by_class = conditional_accuracy.conditional_accuracy_by_class(
        logits, torch.tensor([0, 3, 4, 4])
    )
    assert_allclose(by_class, [1, np.nan, np.nan, 1, 0.5])


def test_the_oracle_refuses_a_class_that_is_none():
    with pytest.raises(DomainError, match="asked must be below 2"):
        oracle.conditional_accuracy_by_class([[0.0, 1.0]], [2])


def test_the_mean_over_what_was_asked_is_the_whole():
    rng = torch.Generator().manual_seed(0)
    logits, asked = torch.randn(500, 6, generator=rng), torch.randint(6, (500,), generator=rng)
    share = asked.bincount() / 500
    whole = (conditional_accuracy.conditional_accuracy_by_class(logits, asked) * share).sum()
    assert_allclose(whole, conditional_accuracy.conditional_accuracy(logits, asked), rtol=1e-5)


class Asked(gan.Model):
    """Draws the one-hot image of the class that it is asked for, but for the last class."""

    def prior(self):
        return super().prior() | {"label": Integers(CLASSES)}

    def asked(self, noise):
        return noise["label"]

    def sample(self, net, noise):
        return torch.eye(CLASSES)[noise["label"].clamp(max=CLASSES - 2)]


class Deaf(gan.Model):
    """Draws class 1 only."""

    def prior(self):
        return {"z": Normal((1,))}

    def sample(self, net, noise):
        return torch.eye(CLASSES)[1].expand(len(noise["z"]), CLASSES)


def run(Model):
    model = Model(CLASSES, 1, 2)
    ensemble = Ensemble(model, (5, 8))

    def drawn(count):
        for block, n in enumerate((count // 2, count - count // 2)):
            noise = ensemble.noise(model.prior(), (n,), f"evaluate/{block}")
            yield noise, ensemble.each(model.sample, noise)

    return SimpleNamespace(
        model=model,
        ensemble=ensemble,
        dataset=SimpleNamespace(classes=CLASSES),
        test={"x": torch.eye(CLASSES), "label": torch.tensor([0, 1, 2, 2])},
        class_log_probabilities=lambda x: x.log_softmax(-1),
        drawn=drawn,
    )


def test_samples_are_held_to_the_label_in_their_own_noise():
    """Three of four classes are drawn as asked; 10,000 labels, |z| < 4.5."""
    found = conditional_accuracy.measure(run(Asked))
    error = (0.75 * 0.25 / 10_000) ** 0.5
    assert_allclose(found["overall"].values, 0.75, atol=4.5 * error)
    assert found["worst_class"].values == [0, 0]
    assert found["overall"].reference == 0.75
    assert found["worst_class"].reference == 0.5


def test_who_cannot_be_asked_obeys_by_chance():
    """Also one that draws a single class; replicas and slices are asked for other labels."""
    given, drawn = run(Deaf), []
    ensemble = given.ensemble

    def noise(*what):
        drawn.append(Ensemble.noise(ensemble, *what))
        return drawn[-1]

    ensemble.noise = noise
    found = conditional_accuracy.measure(given)
    error = (0.25 * 0.75 / 10_000) ** 0.5
    assert_allclose(found["overall"].values, 0.25, atol=4.5 * error)
    assert found["worst_class"].values == [0, 0]
    asked = torch.stack([labels["asked"] for labels in drawn if "asked" in labels])  # (2, R, n)
    known = (asked == 1).double().mean((0, 2))
    assert_allclose(found["overall"].values, known, rtol=1e-6)
    assert len(asked.flatten(0, 1).unique(dim=0)) == 4
