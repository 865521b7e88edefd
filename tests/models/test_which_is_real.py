"""A discriminator that plays alone learns to accept data and reject samples."""

import math

import pytest
import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.metrics.value import value
from pipeline.models import auxiliary_gan, conditional_gan, dcgan, pac_gan, paper_gan, unrolled_gan

SIZE = {"features": 64, "latent": 2, "width": 8, "moves": "discriminator"}
MODELS = {
    "auxiliary_gan": auxiliary_gan.Model(**SIZE, classes=4, output="tanh"),
    "conditional_gan": conditional_gan.Model(**SIZE, classes=4, output="tanh"),
    "dcgan": dcgan.Model(**SIZE, shape=(8, 8)),
    "pac_gan": pac_gan.Model(**SIZE, output="tanh"),
    "paper_gan": paper_gan.Model(**SIZE, units=8, pieces=2),
    "unrolled_gan": unrolled_gan.Model(**SIZE, output="tanh"),
}


@pytest.mark.parametrize("name", MODELS)
def test_which_is_real(name):
    """Data are bright on the left and dark on the right, as nothing is that a generator begins
    with. They are not bright throughout: batch norm takes from a batch what all of it shares.

    V is near 0, its largest value, and were the two exchanged it would be far below. Under labels
    of .9 instead of 1 nobody could pay less than the entropy of .1, which is .325.
    """
    model, rng = MODELS[name], torch.Generator().manual_seed(0)
    x = torch.tensor([1.0, -1.0]).repeat_interleave(4).repeat(8)
    x = x + 0.2 * torch.randn(60, 64, generator=rng)
    data = {"x": x, "label": torch.randint(4, (60,), generator=rng)}
    training = Training(Ensemble(model, [0, 1]), data, 12, optimizer("adam", lr=0.02))
    for report in training.play(80):
        paid = report["discriminator"]["minimax"]
    assert paid.max() < 0.2

    ensemble = training.ensemble
    noise = ensemble.noise(model.prior(), (60,), "test")

    def judged(net, own):
        made = model.made(net, own)[0] if name == "dcgan" else model.sample(net, own)
        both = (data["x"], data["label"]), (made, own.get("label"))
        if name == "conditional_gan":
            return [model.joint_logits(net, *pair) for pair in both]
        if name == "pac_gan":
            return [model.pack_logits(net, of) for of, _ in both]
        return [model.logits(net, of) for of, _ in both]

    real, fake = ensemble.each(judged, noise)
    assert real.median() > 2
    assert fake.median() < -2
    assert torch.vmap(value)(real, fake).min() > -0.2
    assert torch.vmap(value)(fake, real).max() < -math.log(4) - 2
