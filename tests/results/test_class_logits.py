"""A classifier's logits, replica after replica, are those of all replicas side by side."""

import pytest
import torch

from tests.metrics.untrained import Untrained

MODELS = [
    ("classifier", "digits"),
    ("image_classifier", "digits"),
    ("semi_supervised_gan", "digits_few"),
]


@pytest.mark.parametrize(("model", "data"), MODELS)
def test_one_after_another_equals_side_by_side(model, data):
    run = Untrained(model, 0, data)
    x = run.test["x"]
    expected = run.ensemble.each(run.model.class_logits, x.expand(2, *x.shape))
    torch.testing.assert_close(run.class_logits(x), expected, rtol=1e-5, atol=1e-6)
    assert (run.class_logits(x)[0] != run.class_logits(x)[1]).any()


@pytest.mark.parametrize(("model", "data"), MODELS)
def test_each_replica_may_see_examples_of_its_own(model, data):
    run = Untrained(model, 0, data)
    x = run.test["x"]
    own = torch.stack([x, x.flip(0)])
    torch.testing.assert_close(run.class_logits(own)[1], run.class_logits(x)[1].flip(0))


def test_more_examples_than_a_call_takes_change_nothing():
    run = Untrained("image_classifier", 0, "digits")
    x = run.test["x"]
    many = x.repeat(-(-1_201 // len(x)), 1)[:1_201]
    torch.testing.assert_close(run.class_logits(many)[:, : len(x)], run.class_logits(x))
    torch.testing.assert_close(run.class_logits(many)[:, -1], run.class_logits(many[-1:])[:, 0])
