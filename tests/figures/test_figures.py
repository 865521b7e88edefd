"""Figures show what their titles say, of the first seed and the first test images."""

from types import SimpleNamespace

import pytest
import torch
from numpy.testing import assert_allclose

from pipeline.figures import interpolation, manifold, reconstruction, traversal

X = torch.randn(200, 3, generator=torch.manual_seed(0)) * torch.tensor([1.0, 3.0, 0.0])


class Model:
    """Codes are the first columns of x; an image is its code, with zeros to fill it up."""

    def __init__(self, latent):
        self.latent = latent

    def code(self, net, x):
        return x[..., : self.latent] + net

    def decode(self, net, z):
        return torch.nn.functional.pad(z, (0, 3 - self.latent)) - net

    def reconstruct(self, net, x):
        return self.decode(net, self.code(net, x))


def trained(latent):
    """A run of two seeds, of which the second moves all codes: it must not be shown."""

    def each(f, *own, **shared):
        assert not own
        return torch.stack([f(torch.tensor(offset), **shared) for offset in (0.0, 50.0)])

    ensemble = SimpleNamespace(each=each)
    return SimpleNamespace(model=Model(latent), ensemble=ensemble, test={"x": X})


@pytest.fixture
def runs():
    return {"two": trained(2), "three": trained(3)}


@pytest.mark.parametrize("figure", [reconstruction, traversal, manifold, interpolation])
def test_a_sheet_has_a_name_for_every_row(runs, figure):
    for sheet in figure.show(runs):
        assert sheet.images.shape[0] == len(sheet.rows)
        assert sheet.images.shape[2] == 3
        assert abs(sheet.images).max() < 40


def test_reconstructions_stand_below_their_images(runs):
    (sheet,) = reconstruction.show(runs)
    assert sheet.rows == ["test data", "two", "three"]
    data, two, three = sheet.images
    assert_allclose(data, X[:16])
    assert_allclose(two[:, :2], X[:16, :2])
    assert (two[:, 2] == 0).all()
    assert_allclose(three, data)


def test_a_traversal_moves_one_latent_and_no_other(runs):
    _, sheet = traversal.show(runs)
    assert [row[:3] for row in sheet.rows] == ["z 2", "z 1", "z 3"]  # the most varied first
    steps, moves = torch.linspace(-2.5, 2.5, 11), sheet.images - X[0]
    for row, latent in enumerate((1, 0, 2)):
        assert_allclose(moves[row, :, latent], steps * X[:, latent].std(), atol=1e-5)
        moves[row, :, latent] = 0
    assert_allclose(moves, torch.zeros(3, 11, 3), atol=1e-6)


def test_the_plane_is_spread_by_quantiles_and_drawn_as_axes_are(runs):
    """Only of the run with two latents: the first rises to the right, the second upwards."""
    (sheet,) = manifold.show(runs)
    assert "two" in sheet.title
    across, up = sheet.images[..., 0], sheet.images[..., 1]
    assert (across == across[:1]).all()
    assert (up == up[:, :1]).all()
    assert (across[0].diff() > 0).all()
    assert (up[:, 0].diff() < 0).all()
    shares = (X[:, 0] <= across[0, :, None]).float().mean(1)
    assert_allclose(shares, (torch.arange(15) + 0.5) / 15, atol=0.01)
    assert sheet.rows[0] == "0.97"


def test_a_path_begins_and_ends_at_the_images(runs):
    """Ends are what the codes of both images decode to; straight ways are even, arcs keep the
    length of the code where both ends have it."""
    first, second, _ = interpolation.show(runs)
    pixels, *_, straight, arc = first.images
    assert_allclose(pixels[[0, -1]], X[:2])
    assert_allclose(straight, pixels, atol=1e-6)
    assert_allclose(arc[[0, -1]], X[:2], atol=1e-5)
    assert first.rows == [
        "pixels, linear", "two, linear", "two, spherical", "three, linear", "three, spherical",
    ]  # fmt: skip
    assert_allclose(second.images[0][0], X[2])
