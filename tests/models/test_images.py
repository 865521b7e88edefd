"""The models of images that the study of MNIST adds: a classifier, packs, a diffusion model."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from benchmarks import zoo
from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.models import dcgan, image_classifier, image_diffusion, pac_dcgan
from pipeline.objectives.diffusion_process import noise_of
from tests.engine.test_ensemble import flat

NEW = ("image_classifier", "image_diffusion", "pac_dcgan")
SIZE = {"features": 16, "latent": 3, "width": 2, "depth": 1, "shape": (4, 4)}


@pytest.mark.parametrize("name", NEW)
def test_it_trains_and_a_replica_does_not_see_its_neighbour(name, double):
    """Every term is finite, every network moves, and sampling gives images."""
    together, alone = (zoo.begun(name, seeds, "cpu", 4) for seeds in ((7, 8), (8,)))
    before = flat(together)
    for report in together.play(4):
        assert all(t.isfinite().all() for terms in report.values() for t in terms.values())
    list(alone.play(4))
    assert (flat(together) != before).any(1).all()
    torch.testing.assert_close(flat(together)[1], flat(alone)[0], rtol=1e-9, atol=1e-10)
    if hasattr(together.ensemble.model, "sample"):
        x = together.ensemble.sample(5, "test")
        assert x.shape == (2, 5, zoo.FEATURES)
        assert x.isfinite().all()


def moved(image, up, left):
    """An image moved down and right by so many pixels, on black."""
    found = np.full_like(image, -1.0)
    height, width = image.shape
    rows = slice(max(up, 0), min(height + up, height))
    columns = slice(max(left, 0), min(width + left, width))
    found[rows, columns] = image[
        rows.start - up : rows.stop - up, columns.start - left : columns.stop - left
    ]
    return found


def test_each_image_is_moved_by_its_own_shift():
    """All shifts of up to two pixels, each once: the middle one leaves the image as it is."""
    model = image_classifier.Model(features=16, classes=3, shift=2, shape=(4, 4))
    x = torch.rand(25, 16, generator=torch.Generator().manual_seed(0))
    found = model.moved(x, torch.arange(25)).view(25, 4, 4)
    shifts = [(up, left) for up in range(2, -3, -1) for left in range(2, -3, -1)]
    for image, own, (up, left) in zip(
        x.view(25, 4, 4).numpy(), found.numpy(), shifts, strict=True
    ):
        np.testing.assert_array_equal(own, moved(image, up, left))
    still = image_classifier.Model(features=16, classes=3, shift=0, shape=(4, 4))
    assert torch.equal(still.moved(x, torch.zeros(25, dtype=torch.int64)), x)


def test_what_is_named_is_not_moved(double):
    """Only training sees moved images."""
    training = zoo.begun("image_classifier", (1,), "cpu", 1)
    model, ensemble = training.ensemble.model, training.ensemble
    x = training.pools["train"]["x"]
    known = ensemble.each(lambda net, x: net.classifier(x), x[None])
    torch.testing.assert_close(ensemble.each(model.class_logits, x[None]), known)


def replica(model, weights=None):
    ensemble = Ensemble(model, [5])
    for name, tensor in (weights or {}).items():
        ensemble.weights[name].copy_(tensor)
    state = {n: {k: t[0] for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


def test_packs_of_one_are_the_dcgan(double):
    one, known = pac_dcgan.Model(**SIZE, pack=1), dcgan.Model(**SIZE)
    weights = Ensemble(known, [5]).weights
    ours, theirs = replica(one, weights), replica(known, weights)
    rng = torch.Generator().manual_seed(0)
    batch, noise = {"x": torch.rand(6, 16, generator=rng)}, {"z": torch.randn(6, 3, generator=rng)}
    for loss in ("discriminator_loss", "generator_loss"):
        for name, term in getattr(known, loss)(theirs, batch, noise).items():
            torch.testing.assert_close(getattr(one, loss)(ours, batch, noise)[name], term.mean())
    torch.testing.assert_close(one.sample(ours, noise), known.sample(theirs, noise))


def test_a_pack_is_seen_together(double):
    """A logit depends on each image of its pack; twelve images in threes have four."""
    model = pac_dcgan.Model(**SIZE, pack=3)
    net = replica(model)
    x = torch.rand(12, 16, generator=torch.Generator().manual_seed(0))
    before = model.pack_logits(net, x)
    assert before.shape == (4,)
    for i in range(3):
        other = x.clone()
        other[i] = -other[i]
        assert model.pack_logits(net, other)[0] != before[0]


def test_half_of_the_range_is_what_the_published_code_feeds(double):
    """D sees real pixels in [0, 1]; what G gives is read as such, and clipped to black."""
    unit, signed = (pac_dcgan.Model(**SIZE, real=real) for real in ("unit", "signed"))
    net, rng = replica(unit), torch.Generator().manual_seed(0)
    x, noise = torch.rand(6, 16, generator=rng) * 2 - 1, {"z": torch.randn(6, 3, generator=rng)}
    ours = unit.discriminator_loss(net, {"x": x}, noise)["minimax"]
    theirs = signed.discriminator_loss(net, {"x": (x + 1) / 2}, noise)["minimax"]
    torch.testing.assert_close(ours, theirs)
    given = net.generator(noise["z"], True)[0]
    assert (given < 0).any()
    torch.testing.assert_close(unit.sample(net, noise), 2 * given.clamp(min=0) - 1)


@dataclass(frozen=True)
class Knowing(image_diffusion.Model):
    """A model that knows the one image there is: its noise is what lies between."""

    def predicted(self, net, xt, step, log_snr):
        return noise_of(xt, torch.full_like(xt, 0.25), log_snr)


@pytest.mark.parametrize("sampler", ["ancestral", "ddim"])
def test_who_knows_the_noise_draws_the_image(sampler, double):
    model = Knowing(features=16, width=2, steps=7, sampler=sampler, shape=(4, 4))
    x = Ensemble(model, [5]).sample(3, "test")
    torch.testing.assert_close(x, torch.full_like(x, 0.25))


def test_a_network_that_says_nothing_guesses_what_noise_is_likely(double):
    """sqrt(1 - A) x_t, the best linear guess for data of variance 1."""
    model = image_diffusion.Model(features=16, width=2, steps=4, shape=(4, 4))
    ensemble = Ensemble(model, [5])
    ensemble.weights["denoiser"].zero_()
    xt, log_snr = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(0)), -1.5
    given = torch.tensor(log_snr).expand(6, 1)
    found = ensemble.each(
        lambda net, xt: model.predicted(net, xt, torch.zeros(6, dtype=torch.int64), given), xt
    )
    torch.testing.assert_close(found, (1 / (1 + np.exp(log_snr))) ** 0.5 * xt)
