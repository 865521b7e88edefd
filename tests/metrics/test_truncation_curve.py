"""The truncation curve: at each bound the samples of cut latents, against those of all."""

from types import SimpleNamespace

import pytest
import torch

from pipeline.metrics import truncation_curve
from pipeline.metrics.truncation import truncated
from reference.metrics.truncation_curve import bearing


def run():
    """Points of the plane: G is 1.3 z, wider than the data, so that some samples are far off."""
    rng = torch.Generator().manual_seed(0)
    test, fresh = torch.randn(400, 2, generator=rng), torch.randn(400, 2, generator=rng)
    noise = {"z": torch.randn(2, 400, 2, generator=rng)}
    return SimpleNamespace(
        test={"x": test},
        validation={"x": fresh},
        drawn=lambda count: iter([(noise, 1.3 * noise["z"])]),
        features=lambda x: x.double(),
        model=SimpleNamespace(sample=lambda net, noise: 1.3 * noise["z"]),
        ensemble=SimpleNamespace(
            each=lambda f, noise: torch.stack([f(None, {"z": z}) for z in noise["z"]])
        ),
    )


def test_cut_latents_gain_precision_and_lose_recall():
    found = truncation_curve.measure(run())
    bounds = ("whole", "2", "1", "05", "025", "004")
    for r in (0, 1):
        fidelity = [found[f"fidelity_{bound}"].values[r] for bound in bounds]
        diversity = [found[f"diversity_{bound}"].values[r] for bound in bounds]
        distance = [found[f"distance_{bound}"].values[r] for bound in bounds]
        assert fidelity[0] < fidelity[-1] == 1
        assert diversity == sorted(diversity, reverse=True)
        assert diversity[0] > 0.8 > 0.2 > diversity[-1]
        assert distance[1:] == sorted(distance[1:])
        assert found["bearing"].values[r] == pytest.approx(distance[-1] / distance[0])
    assert set(found) == {
        f"{name}_{bound}" for name in ("distance", "fidelity", "diversity") for bound in bounds
    } | {"bearing"}


def test_the_bounds_are_kept_and_the_ratio_is_the_oracle_s():
    z = torch.randn(1000, generator=torch.Generator().manual_seed(1))
    for bound in truncation_curve.BOUNDS.values():
        assert truncated(z, bound).abs().max() <= bound
    cut, whole = torch.tensor([3.0, 1.0]), torch.tensor([2.0, 4.0])
    assert (
        truncation_curve.bearing(cut, whole).tolist() == bearing([3.0, 1.0], [2.0, 4.0]).tolist()
    )
