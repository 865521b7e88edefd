"""Figures show what their titles state, for the first seed and the first test images."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
import torch
from numpy.testing import assert_allclose

from pipeline.engine.randomness import Integers, Normal, draw
from pipeline.figures import asked, interpolation, manifold, reconstruction, settling, traversal

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


@pytest.mark.parametrize("figure", [interpolation, traversal])
def test_as_many_test_images_as_are_needed_are_enough_and_one_less_is_not(figure):
    def drawn(count):
        run = trained(2)
        run.test = {"x": X[:count]}
        sheets = figure.show({"two": run})
        return all(bool(sheet.images.isfinite().all()) for sheet in sheets)

    assert drawn(figure.NEEDS_TEST)
    with suppress(IndexError):
        assert not drawn(figure.NEEDS_TEST - 1)


class Generator:
    """Draws z plus 100 times the label plus its weight, which the second seed has 50 larger."""

    def prior(self):
        return {"z": Normal((3,)), "label": Integers(4)}

    def sample(self, net, noise):
        return noise["z"] + 100 * noise["label"][..., None] + net

    def asked(self, noise):
        return noise["label"]


def drawing(moved=0.0):
    """The ensemble of two seeds of a Generator, moved by so much."""
    model = Generator()

    def noise(distributions, count, stream):
        return {
            name: torch.stack(
                [draw(distribution, count, seed, f"{stream}/{name}", 0, "cpu") for seed in (0, 1)]
            )
            for name, distribution in distributions.items()
        }

    def each(f, own):
        nets = torch.tensor([moved, moved + 50.0])
        parts = [f(net, {n: t[r] for n, t in own.items()}) for r, net in enumerate(nets)]
        return torch.stack(parts)

    def sample(count, stream):
        return each(model.sample, noise(model.prior(), (count,), stream))

    return SimpleNamespace(noise=noise, each=each, sample=sample)


@pytest.mark.parametrize(
    ("count", "kept"), [(1, [0]), (5, [0, 1, 2, 3, 4]), (41, range(0, 41, 4))]
)
def test_the_same_latents_are_followed_from_the_first_snapshot_to_the_last(count, kept):
    """The generator moves by 1 at each snapshot, so that what a latent becomes does too."""
    run = SimpleNamespace(
        snapshots=[100 * m for m in range(count)],
        at=lambda m: SimpleNamespace(ensemble=drawing(float(m))),
    )
    (sheet,) = settling.show({"run": run, "none": SimpleNamespace(snapshots=[])})
    assert sheet.rows == [f"round {100 * m:,}" for m in kept]
    assert sheet.images.shape == (len(kept), 10, 3)
    moved = sheet.images - sheet.images[0]
    assert_allclose(moved, torch.tensor(kept)[:, None, None].expand_as(moved), atol=1e-4)
    assert len(sheet.images[0].unique()) == 30


def test_every_class_is_asked_of_the_same_latents():
    run = SimpleNamespace(model=Generator(), ensemble=drawing())
    (sheet,) = asked.show({"run": run})
    assert sheet.rows == ["requested: 0", "requested: 1", "requested: 2", "requested: 3"]
    moved = sheet.images - sheet.images[0]
    assert_allclose(moved, 100 * torch.arange(4.0)[:, None, None].expand_as(moved), atol=1e-4)
    assert len(sheet.images[0].unique()) == 30
    assert sheet.images[0].abs().max() < 10
