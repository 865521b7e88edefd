"""The inputs of a metric: test examples, never training ones, and every replica's samples."""

import ast
import inspect
from importlib import import_module
from types import SimpleNamespace

import pytest
import torch
from scipy.stats import entropy

from pipeline import metrics
from pipeline.metrics import accuracy, histogram, value


def one_hot(*counts):
    """Logits of so many examples that are named 0, 1, ..."""
    return torch.eye(len(counts)).repeat_interleave(torch.tensor(counts), dim=0)


@pytest.fixture
def run():
    """Two replicas; what is drawn is named by the drawing itself."""
    test = {"x": one_hot(5, 3, 2), "label": torch.tensor([0] * 5 + [1] * 3 + [0, 2])}
    train = {"x": one_hot(1, 1, 98), "label": torch.zeros(100, dtype=torch.int64)}
    samples = torch.stack([one_hot(50, 30, 20), one_hot(100, 0, 0)])
    return SimpleNamespace(
        test=test,
        train=train,
        sample=lambda count: samples,
        class_log_probabilities=lambda x: x,
        class_logits=lambda x: x if x.dim() == 3 else x.expand(2, *x.shape),
    )


def test_classes_are_compared_with_real_test_images(run):
    found = histogram.measure(run)
    assert found["by_class"].reference == pytest.approx([0.5, 0.3, 0.2])
    assert found["by_class"].values[1] == pytest.approx([1, 0, 0])
    assert found["kl"].values == pytest.approx([0.0, entropy([1, 0, 0], [0.5, 0.3, 0.2])])
    assert found["entropy"].reference == pytest.approx(entropy([0.5, 0.3, 0.2]))
    assert found["classes_present"].values == [3.0, 1.0]


def test_the_classifier_is_held_to_test_labels(run):
    """Nine of ten are named right; the exact binomial interval of 9 in 10 is .555 to .997."""
    found = accuracy.measure(run)
    assert found["single"].values == pytest.approx([0.9, 0.9])
    assert found["vote"].values == pytest.approx([0.9])
    assert "0.5550 to 0.9975 over n = 10" in found["vote"].unit
    assert found["single"].reference == pytest.approx(0.6)


def test_the_value_sets_test_examples_against_samples(run):
    """By hand, with logits x0 - x1 of the drawings: D = s(1), s(-1) or 1/2."""
    run.logits = lambda x: (
        (x if x.dim() == 3 else x.expand(2, *x.shape)) @ torch.tensor([1.0, -1.0, 0.0])
    )
    one, none = torch.tensor(1.0).sigmoid().log(), torch.tensor(-1.0).sigmoid().log()
    half = torch.tensor(0.5).log()
    real = 0.5 * one + 0.3 * none + 0.2 * half
    fake = torch.stack([0.5 * none + 0.3 * one + 0.2 * half, none])
    assert value.measure(run)["game"].values == pytest.approx((real + fake).tolist(), rel=1e-5)


def test_a_metric_says_whether_it_asks_the_evaluation_classifier():
    """By what it reads of a run: `features` are logits of images, and else the example itself."""
    asks = {"features": "images", "class_log_probabilities": "all", "classifier": "all"}
    for name in metrics.names():
        module = import_module(f"pipeline.metrics.{name}")
        read = {
            node.attr
            for node in ast.walk(ast.parse(inspect.getsource(module)))
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "run"
        }
        needed = {asks[attribute] for attribute in read & asks.keys()}
        # Of examples that are no images, what has features asks for no classes.
        expected = "images" if "images" in needed else next(iter(needed), None)
        assert getattr(module, "CLASSIFIER", None) == expected, name
