"""A gain for each class: 1 at the start, its own for each image, and moments as in batch norm."""

import torch

from pipeline.networks.batch_norm import BatchNorm
from pipeline.networks.class_norm import ClassNorm

X = torch.randn(6, 3, 4, 5, dtype=torch.float64, generator=torch.manual_seed(0))
E = torch.randn(6, 2, dtype=torch.float64, generator=torch.manual_seed(1))


def normed(gain, shift):
    """With linear maps to gain and shift that have these weights."""
    norm = ClassNorm(3, 2).double()
    norm.gain.weight.data[:], norm.shift.weight.data[:] = gain, shift
    return norm


def test_without_a_class_s_own_it_is_batch_norm():
    """A gain of 0 beside the 1, not a gain of 0: an image that no class has moved is normalised,
    and not put out."""
    plain = BatchNorm(3).double()
    for norm in (normed(0.0, 0.0), ClassNorm(3, 0).double()):
        y, (mean, variance) = norm(X, E, False)
        torch.testing.assert_close(mean, X.mean((0, 2, 3)))
        torch.testing.assert_close(variance, X.var((0, 2, 3), correction=0))
        torch.testing.assert_close(y, plain(X, mean, variance))
        spread = y.std((0, 2, 3), correction=0)  # sqrt(v / (v + eps))
        torch.testing.assert_close(spread, torch.ones(3).double(), rtol=0, atol=1e-4)


def test_a_gain_and_a_shift_are_those_of_the_image():
    """By hand: one channel of one image at a time."""
    gain, shift = torch.arange(6.0).view(3, 2) / 7, torch.arange(6.0).view(3, 2) - 2
    y, (mean, variance) = normed(gain, shift)(X, E, False)
    for i in range(6):
        for c in range(3):
            g, b = 1 + gain[c].double() @ E[i], shift[c].double() @ E[i]
            known = g * (X[i, c] - mean[c]) / (variance[c] + 1e-5).sqrt() + b
            torch.testing.assert_close(y[i, c], known)


def test_stored_moments_make_an_image_independent_of_its_batch():
    norm = normed(0.3, 0.1)
    norm.mean[:], norm.variance[:] = 0.5, 2.0
    whole, _ = norm(X, E, True)
    alone, _ = norm(X[2:3], E[2:3], True)
    torch.testing.assert_close(whole[2:3], alone)
    assert (norm.mean == 0.5).all()
