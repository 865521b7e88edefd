"""A discriminator of patches: how far a logit sees, and that no other pixel matters to it."""

import pytest
import torch
from torch.func import jacrev

from pipeline.networks import patches

RNG = torch.Generator().manual_seed(0)


@pytest.mark.parametrize(("size", "halvings"), [(8, 1), (16, 2), (28, 2)])
def test_a_logit_sees_a_patch_of_its_side(size, halvings, double):
    """The logit in the middle: a square of 4 or 10 pixels, each of which it sees, no other."""
    torch.manual_seed(1)
    network = patches.discriminator((size, size), 4, halvings)
    x = torch.randn(1, size * size, generator=RNG)
    cells = size // 2**halvings
    assert network(x).shape == (1, cells**2)
    middle = cells // 2 * (cells + 1)
    seen = jacrev(lambda x: network(x)[0, middle])(x).view(size, size) != 0
    rows, columns = seen.any(1).nonzero()[:, 0], seen.any(0).nonzero()[:, 0]
    r = patches.side(halvings)
    assert r == {1: 4, 2: 10}[halvings] < size
    assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == r
    assert seen.sum() == r * r


def test_both_images_of_a_pair_are_seen(double):
    network, x = patches.discriminator((8, 8), 4, 1, images=2), torch.randn(3, 128, generator=RNG)
    for half in (slice(0, 64), slice(64, 128)):
        changed = x.clone()
        changed[:, half] += 1
        assert (network(changed) != network(x)).any(1).all()


@pytest.mark.parametrize(
    ("shape", "halvings"), [((8, 8), 2), ((4, 8), 1), ((9, 9), 1), ((64,), 1)]
)
def test_a_patch_as_large_as_the_image_is_refused(shape, halvings):
    with pytest.raises(ValueError, match="halvings need images with sides"):
        patches.discriminator(shape, 4, halvings)


@pytest.mark.parametrize("halvings", [1, 2])
def test_two_heads_on_one_trunk(halvings, double):
    """Sixteen patches of so many halvings, and the domain of the whole image."""
    side = 4 * 2**halvings
    network, x = (
        patches.Named((side, side), 4, halvings, 3),
        torch.randn(5, side**2, generator=RNG),
    )
    scores, domain = network(x)
    assert scores.shape == (5, 16)
    assert domain.shape == (5, 3)
    seen = jacrev(lambda x: network(x)[1].sum())(x[:1])
    assert (seen != 0).all()
