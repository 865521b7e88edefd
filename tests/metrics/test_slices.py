"""Test images are measured in batches: nothing but their draws depends on the batch size."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from pipeline import metrics
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.randomness import Normal, Uniform, draw
from pipeline.metrics import bits_per_dim, elbo, frozen, kl_error, nll, rate
from pipeline.models import categorical, vae
from reference.metrics import nll as oracle

SEEDS, IMAGES, FEATURES = (4, 9), 11, 3
SLICES = [(slice(0, 4), 0), (slice(4, 8), 1), (slice(8, 11), 2)]  # images, and their block


class Echo(vae.Model):
    """Its terms are its noise, so that they tell which was drawn."""

    def negative_elbo(self, net, batch, noise):
        return {"reconstruction": noise["e"].sum(-1), "kl": noise["e"][:, 0]}

    def log_weight(self, net, batch, noise):
        return noise["e"].sum(-1)


def run(Model=Echo):
    x = torch.rand(IMAGES, FEATURES, generator=torch.Generator().manual_seed(0)) * 2 - 1
    model = Model(FEATURES, 2, 4, "bernoulli")
    return SimpleNamespace(
        model=model,
        ensemble=Ensemble(model, SEEDS),
        test={"x": x},
        train={"x": x},
        dataset=None,
        draws=5,
    )


@pytest.fixture
def four(monkeypatch):
    """Four images fill a slice, a fifth would not fit."""
    monkeypatch.setattr(metrics, "VALUES", 5 * FEATURES - 1)


def test_every_image_comes_once_with_its_own_frozen_noise(four):
    given = run()
    x, seen = zip(*metrics.slices(given), strict=True)
    assert [len(part) for part in x] == [4, 4, 3]
    assert torch.equal(torch.cat(x), given.test["x"])
    whole = frozen(given.model, given.test["x"])["pixel"]
    assert torch.equal(torch.cat([s["pixel"] for s in seen]), whole)


def test_an_image_larger_than_a_slice_comes_alone(monkeypatch):
    monkeypatch.setattr(metrics, "VALUES", 1)
    assert [len(x) for x, _ in metrics.slices(run())] == [1] * IMAGES


def test_a_slice_is_smaller_where_examples_or_their_noise_are_large():
    assert metrics.at_once(64, {}) == 4096
    assert metrics.at_once(784, {"e": Normal((40,))}) == 334
    assert metrics.at_once(784, {"e": Normal((100, 784)), "u": Uniform(())}) == 53


def test_more_seeds_never_change_the_earlier_ones(four):
    """However many replicas there are, an image is in the same slice."""
    given, alone = run(), run()
    alone.ensemble = Ensemble(alone.model, SEEDS[:1])
    for metric, name in ((elbo, "reconstruction"), (nll, "estimate")):
        first = metric.measure(alone)[name].values[0]
        assert metric.measure(given)[name].values[0] == pytest.approx(first)


def noise(stream, block, count):
    """What both replicas draw, (R, *count, 2)."""
    drawn = [draw(Normal((2,)), count, seed, stream, block, "cpu") for seed in SEEDS]
    return torch.stack(drawn)


def test_what_fits_at_once_is_block_0_of_the_stream():
    """The number of a study whose images fit is what it was before there were slices."""
    known = noise("evaluate/e", 0, (elbo.DRAWS, IMAGES))
    assert torch.equal(metrics.bound(run(), elbo.DRAWS)["kl"], known[..., 0].movedim(1, 0))


def test_each_slice_is_a_block_of_the_stream(four):
    blocks = [noise("evaluate/e", b, (elbo.DRAWS, len(range(IMAGES)[s]))) for s, b in SLICES]
    known = torch.cat(blocks, dim=2)  # (R, draws, N, latent)
    given = run()
    assert torch.equal(metrics.bound(given, elbo.DRAWS)["kl"], known[..., 0].movedim(1, 0))
    found = elbo.measure(given)
    assert found["reconstruction"].values == pytest.approx(known.sum(-1).mean((1, 2)).tolist())
    spread = torch.vmap(kl_error.standard_error)(known[..., 0])
    assert kl_error.measure(given)["standard_error"].values == pytest.approx(spread.tolist())


def test_each_draw_of_each_slice_is_a_block_of_the_likelihood(four):
    given = run()
    log_weights = np.concatenate(
        [
            np.stack(
                [
                    noise("nll/e", b * given.draws + k, (len(range(IMAGES)[s]),)).sum(-1).numpy()
                    for k in range(given.draws)
                ],
                axis=-1,
            )
            for s, b in SLICES
        ],
        axis=1,
    )
    known = [oracle.nll(replica) for replica in log_weights]
    assert_allclose(nll.measure(given)["estimate"].values, known, rtol=1e-6)


def test_what_draws_nothing_does_not_feel_the_slices(monkeypatch):
    """Rates of latents and the likelihood of a categorical model, at once and in slices."""
    monkeypatch.setattr(bits_per_dim, "_mixture", lambda train, test: ([1.0], ""))
    given = []

    class Counting(categorical.Model):
        def negative_log_likelihood(self, net, batch, noise):
            given.append(len(batch["x"]))
            return super().negative_log_likelihood(net, batch, noise)

    latents, pixels = run(vae.Model), run()
    pixels.model = Counting(FEATURES, 2)
    pixels.ensemble = Ensemble(pixels.model, SEEDS)
    pixels.dataset = SimpleNamespace(levels=2)

    def numbers():
        found = rate.measure(latents) | bits_per_dim.measure(pixels)
        return [np.array(found[name].values) for name in ("by_latent", "active_units", "bits")]

    whole = numbers()
    monkeypatch.setattr(metrics, "VALUES", FEATURES)
    for ours, known in zip(numbers(), whole, strict=True):
        assert_allclose(ours, known, rtol=1e-5)
    assert given == [11] + [1] * 11
