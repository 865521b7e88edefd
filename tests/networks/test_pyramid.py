"""Sizes of a pyramid, how an image changes its size, and what its networks see."""

import pytest
import torch

from pipeline.networks import pyramid
from pipeline.networks.pyramid import PatchCritic, Refiner, resized, resizing, sides

LIKE = torch.zeros(1, dtype=torch.float64)


def test_the_sides_of_the_scales():
    assert sides((32, 24), 4, 0.75) == [(14, 10), (18, 14), (24, 18), (32, 24)]
    assert sides((8, 8), 1, 0.5) == [(8, 8)]


@pytest.mark.parametrize(("size", "to"), [(8, 8), (18, 24), (32, 14), (5, 1), (1, 4)])
def test_a_change_of_size_keeps_what_is_constant(size, to):
    weights = resizing(size, to, LIKE)
    assert weights.shape == (to, size)
    torch.testing.assert_close(weights.sum(1), torch.ones(to, dtype=torch.float64))
    assert (weights >= 0).all()
    if size == to:
        torch.testing.assert_close(weights, torch.eye(size, dtype=torch.float64))


def test_a_slope_stays_a_slope():
    """Away from the border, upwards and downwards: pixel i of n lies at (i + 1/2) / n."""
    for size, to in ((12, 18), (24, 8)):
        x = (torch.arange(size, dtype=torch.float64) + 0.5) / size
        y = (torch.arange(to, dtype=torch.float64) + 0.5) / to
        found = resizing(size, to, LIKE) @ x
        inside = slice(2, -2)
        torch.testing.assert_close(found[inside], y[inside], rtol=0, atol=1e-12)


def test_rows_and_columns_are_not_exchanged():
    x = torch.arange(3.0)[:, None].expand(3, 5)
    wide = resized(x.reshape(1, -1), (3, 5), (3, 10)).view(3, 10)
    torch.testing.assert_close(wide, torch.arange(3.0)[:, None].expand(3, 10))
    assert resized(x.reshape(1, -1), (3, 5), (6, 5)).shape == (1, 30)


def test_a_score_sees_a_patch_of_nine_pixels_and_nothing_beyond():
    critic = PatchCritic(3, 4).double()
    x = torch.randn(1, 144, dtype=torch.float64, requires_grad=True)
    scores = critic(x, (12, 12))
    assert scores.shape == (1, 16)  # (12 - 8)^2
    (slope,) = torch.autograd.grad(scores[0, 5], x)  # the patch at row 1, column 1
    seen = slope.view(12, 12) != 0
    assert seen[1:10, 1:10].all()
    assert seen.sum() == 81


def test_a_refiner_adds_to_what_it_is_given_and_keeps_its_amplitude(double):
    refiner = Refiner(3, 2)
    coarser, z = torch.randn(2, 30), torch.randn(2, 30)
    made = refiner(z, coarser, (5, 6), torch.tensor(0.5))
    assert refiner.amplitude == 0.5
    assert torch.equal(refiner(z, coarser, (5, 6)), made)
    assert (made - coarser).abs().max() <= 1  # of a tanh
    torch.testing.assert_close(refiner(2 * z, coarser, (5, 6), torch.tensor(0.25)), made)
    assert refiner(torch.randn(1, 24), torch.zeros(1, 24), (4, 6)).shape == (1, 24)


def test_fixed_noise_is_drawn_once():
    torch.manual_seed(3)
    noise = pyramid.FixedNoise(7)
    assert noise().shape == (1, 7)
    assert torch.equal(noise(), noise())
    (drawn,) = noise.parameters()  # a network without one has no device
    assert drawn is noise()
