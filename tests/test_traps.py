"""Mistakes of respected repositories: the wrong form fails, and ours does not.

Those of one model or one metric are tested beside it, in tests/models, tests/objectives and
tests/metrics.
"""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.nn.functional import binary_cross_entropy

from pipeline.datasets import ring
from pipeline.objectives import minimax, non_saturating
from reference.theory.losses import bce_prob_torch_model

SURE = torch.tensor([-13.8155, -20.0, -28.0, -30.0, -40.0, -60.0, -104.0])  # of a fake


def gradient(loss, logits):
    """The gradient of a loss in each logit, in float32."""
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(loss(logits).sum(), logits)[0]


def of_probabilities(logits):
    """-log D as a cross-entropy of probabilities."""
    D = logits.sigmoid()
    return binary_cross_entropy(D, torch.ones_like(D), reduction="none")


def with_epsilon(logits):
    return -(logits.sigmoid() + 1e-6).log()


def test_a_sigmoid_before_the_cross_entropy_saturates():
    """-log D has gradient -1 where D is sure of a fake, which is what it was put in place for.

    Torch cuts D (1 - D) at 1e-12, so from probabilities the gradient fades below -27.6 = log
    1e-12: a tenth is left at -30. In float32 the sigmoid of -104 is 0, and so is the gradient.
    With 1e-6 in the logarithm it fades below -13.8 = log 1e-6 already.
    """
    ours = gradient(non_saturating.generator_loss, SURE)
    assert_allclose(ours, -1, atol=1e-5)
    for form, eps, known in (
        (of_probabilities, None, [-1, -1, -0.691, -0.0936, -4.25e-6, -8.76e-15, 0]),
        (with_epsilon, 1e-6, [-0.5, -0.00206, -6.91e-7, -9.36e-8, -4.25e-12, -8.76e-21, 0]),
    ):
        found = gradient(form, SURE)
        assert_allclose(found, known, rtol=2e-3)
        theory = bce_prob_torch_model(SURE[:-1].double().numpy(), eps)[1]
        assert_allclose(found[:-1], theory, rtol=1e-5)
        assert found[-1] == 0
    assert ours[-1] == -1


def test_a_sigmoid_before_the_cross_entropy_forgives_the_worst_mistake():
    """A fake that is taken for real at 17 costs the discriminator 17 and has gradient 1.

    In float32 its probability is 1: the cross-entropy of that is cut at 100 and flat.
    """
    wrong, sure = torch.tensor([17.0]), torch.tensor([200.0])

    def naive(logits):
        D = logits.sigmoid()
        return binary_cross_entropy(D, torch.zeros_like(D), reduction="none")

    def ours(logits):
        return minimax.discriminator_loss(sure, logits)

    assert (naive(wrong), gradient(naive, wrong)) == (100, 0)
    assert_allclose(ours(wrong), 17, rtol=1e-6)
    assert_allclose(gradient(ours, wrong), 1, rtol=1e-6)


@pytest.mark.parametrize("modes", [2, 8, 25])
def test_a_ring_has_all_its_modes(modes):
    """If the angles go on to 2 pi, the last mode is the first, which then has twice its share."""
    data = ring.DataSet(modes=modes, radius=2.0)
    angles = np.unwrap(np.arctan2(*data.means.T[::-1]))
    assert_allclose(np.diff(angles), 2 * np.pi / modes, rtol=1e-12)
    assert_allclose(np.hypot(*data.means.T), 2, rtol=1e-12)
    closed = np.exp(1j * np.linspace(0, 2 * np.pi, modes))
    assert len(np.unique(closed.round(9))) == modes - 1
    assert len(np.unique(data.means.round(9), axis=0)) == data.classes == modes


def test_the_modes_of_a_ring_are_drawn_alike():
    """By place, not by label: counts of 80,000 points are within 4.5 standard errors."""
    data = ring.DataSet(train=80_000)
    x = data.splits()["train_x"]
    nearest = np.linalg.norm(x[:, None] - data.means, axis=-1).argmin(1)
    counts = np.bincount(nearest, minlength=8)
    assert (np.abs(counts - 10_000) < 4.5 * np.sqrt(80_000 * 7 / 64)).all()
