"""Translations and completions without a game: what each is told, and what it gives."""

from types import SimpleNamespace

import pytest
import torch
from scipy.optimize import linear_sum_assignment

from pipeline import controls
from pipeline.models import roles

RNG = torch.Generator().manual_seed(0)
X = torch.randn(40, 4, generator=RNG)
TURN = torch.linalg.qr(torch.randn(4, 4, generator=RNG))[0]
Y = X @ TURN + 0.5
DATA = SimpleNamespace(features=4, shape=(2, 2), partners=True, pools=("a", "b"), classes=2)
POOLS = {"train": {"x": X, "partner": Y}, "a": {"x": X[:20]}, "b": {"x": Y[20:]}}


def fitted(name, seeds=(3, 8)):
    kind = controls.kind(name).Control
    extra = {} if name in ("identity", "nearest_completion", "pixels") else {"pools": POOLS}
    made = kind(DATA, X, X[:0], **extra)
    return made, controls.ensemble(made, seeds)


@pytest.mark.parametrize("name", ["least_squares_map", "nearest_partner", "optimal_transport"])
def test_they_translate_both_ways(name):
    made, _ = fitted(name)
    assert not roles.lacking(made, [roles.TwoWay])
    assert controls.kind(name).unfit(DATA) == ""
    assert controls.kind(name).unfit(SimpleNamespace(pools=()))


def test_least_squares_find_a_linear_map_and_its_inverse():
    made, ensemble = fitted("least_squares_map")
    other = torch.randn(7, 4, generator=RNG)
    there = ensemble.each(made.translate, x=other)
    torch.testing.assert_close(there, (other @ TURN + 0.5).expand(2, 7, 4), rtol=0, atol=1e-4)
    back = ensemble.each(made.translate_back, x=other @ TURN + 0.5)
    torch.testing.assert_close(back, other.expand(2, 7, 4), rtol=0, atol=1e-4)


def test_the_nearest_image_gives_its_partner():
    made, ensemble = fitted("nearest_partner")
    there = ensemble.each(made.translate, x=X[5:9] + 1e-3)
    torch.testing.assert_close(there, Y[5:9].expand(2, 4, 4))
    back = ensemble.each(made.translate_back, x=Y[5:9] + 1e-3)
    torch.testing.assert_close(back, X[5:9].expand(2, 4, 4))


def test_transport_knows_no_partner_and_costs_least():
    """Every image of the one half is sent to another of the other half, at the least cost of all
    one-to-one matches; the way back is the same match."""
    made, ensemble = fitted("optimal_transport")
    a, b = POOLS["a"]["x"], POOLS["b"]["x"]
    there = ensemble.each(made.translate, x=a)[0]
    assert len({tuple(row) for row in there.tolist()}) == 20
    costs = torch.cdist(a.double(), b.double()).square()
    rows, columns = linear_sum_assignment(costs.numpy())
    least = costs[rows, columns].sum()
    torch.testing.assert_close((there - a).double().square().sum(), least, rtol=1e-5, atol=0)
    back = ensemble.each(made.translate_back, x=there)[0]
    torch.testing.assert_close(back, a)


def test_the_identity_does_nothing_in_every_role():
    made, ensemble = fitted("identity")
    assert not roles.lacking(made, [roles.TwoWay, roles.MultiDomain])
    assert torch.equal(ensemble.each(made.translate_back, x=X)[1], X)


def test_a_gap_is_filled_from_images_that_look_alike():
    """Known pixels stay, the rest is that of one of the five nearest by what is known."""
    made, ensemble = fitted("nearest_completion")
    assert not roles.lacking(made, [roles.Completer])
    mask = torch.tensor([1.0, 1.0, 0.0, 0.0])
    given = X[:3] + torch.tensor([0.0, 0.0, 9.0, 9.0])
    seen = set()
    for block in range(30):
        noise = ensemble.noise(made.completion_noise(), (3,), "test", block)

        def one(net, noise):
            return made.complete(net, given, mask.expand(3, 4), noise)

        y = ensemble.each(one, noise)[0]
        assert torch.equal(y[:, :2], X[:3, :2])
        seen |= {tuple(row) for row in y[:1, 2:].tolist()}
    order = (X[:, :2] - X[0, :2]).square().sum(1).argsort()[:5]
    assert seen == {tuple(row) for row in X[order][:, 2:].tolist()}


def test_pixels_are_their_own_code():
    made, ensemble = fitted("pixels")
    assert torch.equal(ensemble.each(made.code, x=X)[0], X)
