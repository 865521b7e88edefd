"""A flow's likelihood is one of grey levels, and its samples follow it."""

import math

import pytest
import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.randomness import draw
from pipeline.models.coupling_flow import Model

SMALL = {"couplings": 2, "width": 8}


def test_all_images_share_one(double):
    """Over all images of two pixels of three levels the mean of p(k + u) sums to one.

    P(k) is the mean of p over a cell of volume one. 4,000 points a cell of a flow that is near
    the start: standard error of the sum below 0.01.
    """
    model = Model(features=2, levels=2, bins=3, **SMALL)
    ensemble = Ensemble(model, [0])
    x = torch.cartesian_prod(*[torch.linspace(-1, 1, 3)] * 2).repeat_interleave(4000, 0)
    noise = {
        n: draw(distribution, (len(x),), 0, n, 0, "cpu")
        for n, distribution in model.likelihood_noise().items()
    }
    value = ensemble.each(lambda net: model.negative_log_likelihood(net, {"x": x}, noise))
    total = (-value[0]).exp().view(9, 4000).mean(1).sum()
    assert total == pytest.approx(1, abs=0.03)


def test_an_even_histogram_costs_the_logarithm_of_the_number_of_levels(double):
    """At the start, without couplings in the way, each pixel costs log 17."""
    model = Model(features=4, levels=16, bins=17, **SMALL)
    ensemble = Ensemble(model, [0])
    with torch.no_grad():
        for name, tensor in ensemble.state["flow"].items():
            if name.startswith("couplings"):
                tensor.zero_()
    x = torch.linspace(-1, 1, 17)[:, None].expand(-1, 4)
    noise = {"u": torch.full((17, 4), 0.3)}
    value = ensemble.each(lambda net: model.negative_log_likelihood(net, {"x": x}, noise))
    torch.testing.assert_close(value, torch.full((1, 17), 4 * math.log(17)), rtol=1e-9, atol=0)


def test_generated_pixels_lie_on_the_grid():
    model = Model(features=4, levels=16, bins=17, **SMALL)
    level = (Ensemble(model, [0]).sample(50, "test") + 1) * 8
    torch.testing.assert_close(level, level.round())
    assert level.min() >= 0
    assert level.max() <= 16


@pytest.mark.parametrize(
    ("arguments", "line"),
    [({"features": 3}, "not 3 features"), ({"features": 2, "bins": 5}, "bins are for data")],
)
def test_what_it_cannot_be_is_refused(arguments, line):
    with pytest.raises(ValueError, match=line):
        Model(**SMALL, **arguments)
