"""The images follow from their factors, every combination occurs once, and no two are equal."""

import hashlib

import numpy as np
import pytest

from pipeline.datasets import factors

DATA = factors.DataSet()
ALL = DATA.factors(np.arange(DATA.classes))
IMAGES = factors.drawn(ALL).reshape(-1, factors.SIDE, factors.SIDE).astype(float)


def changed(factor, rows=ALL):
    """Which images have a neighbour one step up in a factor, and those neighbours' places."""
    here = np.flatnonzero(rows[:, factor] < factors.VALUES[factor] - 1)
    step = np.eye(len(factors.VALUES), dtype=int)[factor]
    return here, np.ravel_multi_index((rows[here] + step).T, factors.VALUES)


def centre(images, axis):
    """The centre of mass along an axis, pixels."""
    along = np.arange(factors.SIDE) + 0.5
    mass = images.sum(axis=3 - axis)
    return mass @ along / mass.sum(1)


def test_the_images_are_pinned():
    content = b"".join(v.tobytes() for v in DATA.splits().values())
    pinned = "ff39105c51975270c8468f130c57432f2258eaba03069c612c183750c6f473db"
    assert hashlib.sha256(content).hexdigest() == pinned


def test_every_combination_is_in_one_split():
    arrays = DATA.splits()
    sizes = {s: len(arrays[f"{s}_label"]) for s in ("train", "validation", "test")}
    assert sizes == {"train": 3072, "validation": 614, "test": 2458}
    together = np.concatenate([arrays[f"{s}_label"] for s in sizes])
    np.testing.assert_array_equal(np.sort(together), np.arange(DATA.classes))


def test_no_two_images_are_alike():
    assert len(np.unique(IMAGES.reshape(len(IMAGES), -1), axis=0)) == DATA.classes


def test_no_shape_is_cut():
    """Its area is the same wherever it is."""
    area = IMAGES.sum((1, 2)).reshape(factors.VALUES)
    assert (area == area[..., :1, :1]).all()


@pytest.mark.parametrize(("factor", "axis"), [(3, 2), (4, 1)])
def test_a_step_aside_moves_the_points_by_three(factor, axis):
    """And so the centre of mass by .75 pixels: how much a pixel's greys round it, at most .5."""
    here, there = changed(factor)
    moved = centre(IMAGES[there], axis) - centre(IMAGES[here], axis)
    assert abs(moved - 0.75).max() < 0.5
    assert moved.mean() == pytest.approx(0.75, abs=1e-3)
    other = centre(IMAGES[there], 3 - axis) - centre(IMAGES[here], 3 - axis)
    np.testing.assert_allclose(other, 0, atol=1e-12)


def test_the_area_is_that_of_the_plane_figure():
    """4ab, 2ab and pi ab, in points of 1/16 pixel; to the points of a line of its outline."""
    area = IMAGES.sum((1, 2))
    a = factors.HALF_LENGTHS[ALL[:, 1]]
    exact = np.array([4.0, np.pi, 2.0])[ALL[:, 0]] * a * a / 2
    assert (abs(area - exact) < 6 * a).all()
    for kind in range(3):
        mine = ALL[:, 0] == kind
        assert area[mine].mean() == pytest.approx(exact[mine].mean(), rel=0.02)


def test_a_turn_turns_the_long_axis():
    """The direction of the largest second moment is the turn that made the image."""
    along = np.arange(factors.SIDE) + 0.5
    mass = IMAGES.sum((1, 2))
    dx = along[None, None, :] - centre(IMAGES, 2)[:, None, None]
    dy = along[None, :, None] - centre(IMAGES, 1)[:, None, None]
    xx, yy, xy = ((IMAGES * m).sum((1, 2)) / mass for m in (dx * dx, dy * dy, dx * dy))
    angle = np.arctan2(2 * xy, xx - yy) / 2
    off = angle - factors.TURNS[ALL[:, 2]]
    off = (off + np.pi / 2) % np.pi - np.pi / 2
    large = ALL[:, 1] == 3
    assert abs(off[large & (ALL[:, 0] < 2)]).max() < np.deg2rad(6)


def test_what_leaves_nothing_to_train_on_is_refused():
    with pytest.raises(ValueError, match="nothing to train on"):
        factors.DataSet(validation=0.5, test=0.5)
