"""What is called many times gives what a plain call gives, and computes less at each call."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.repeated import Repeated
from pipeline.models import hierarchical_vae, iwae, vae, vamp_vae
from pipeline.study.fields import PerReplica

WIDE = {"latent": 64, "width": 192, "depth": 2, "network": "gated", "likelihood": "bernoulli"}
MODELS = {
    "vae": vae.Model(features=128, **WIDE),
    "narrow": vae.Model(features=3, latent=2, width=4, likelihood="gaussian"),
    "iwae": iwae.Model(features=128, **WIDE, draws=5),
    "vamp": vamp_vae.Model(features=128, **WIDE, pseudo_inputs=96),
    "hierarchical": hierarchical_vae.Model(features=128, **WIDE, top="vamp", pseudo_inputs=96),
}
EVERY = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
PRODUCTS = ("bmm", "baddbmm", "products", "gemm", "mm", "addmm")


class Products(TorchDispatchMode):
    """Counts the matrix products that are computed."""

    def __init__(self):
        super().__init__()
        self.count = Counter()

    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        self.count[f._schema.name.split("::")[1] in PRODUCTS] += 1
        return f(*args, **(kwargs or {}))


def weight(model, net, given, noise):
    x, seen = given
    return model.log_weight(net, {"x": x}, noise | seen)


def inputs(ensemble, images=64, seed=0):
    model, rng = ensemble.model, torch.Generator().manual_seed(seed)
    x, pixel = torch.rand(2, images, model.features, generator=rng)
    return 2 * x - 1, {"pixel": pixel} if model.observation() else {}


def noise(ensemble, block):
    return ensemble.noise(ensemble.model.posterior(), (64,), "test", block)


def repeated(ensemble, compiled=False):
    return Repeated(ensemble, weight, inputs(ensemble), noise(ensemble, 0), compiled)


def plain(ensemble, x, drawn):
    return ensemble.each(lambda net, noise: weight(ensemble.model, net, x, noise), drawn)


@EVERY
def test_each_call_is_a_plain_call(model):
    """Log weights of some tens of nats, from sums of hundreds of rounded products."""
    ensemble = Ensemble(model, [3, 4])
    passes = repeated(ensemble)
    for seed in (0, 1):
        x = inputs(ensemble, seed=seed)
        passes.use(x)
        for block in (0, 1):
            drawn = noise(ensemble, block)
            torch.testing.assert_close(
                passes(drawn), plain(ensemble, x, drawn), rtol=1e-5, atol=1e-3
            )


@pytest.mark.slow
def test_so_is_a_compiled_one():
    ensemble = Ensemble(MODELS["hierarchical"], [3, 4])
    drawn = noise(ensemble, 1)
    found = repeated(ensemble, compiled=True)(drawn)
    known = plain(ensemble, inputs(ensemble), drawn)
    torch.testing.assert_close(found, known, rtol=1e-5, atol=1e-3)


def test_a_draw_decodes_and_encodes_nothing():
    """Five products decode: the encoder's five are the images', and once the pseudo-inputs'."""
    for name, each, images in (("vae", 5, 5), ("vamp", 5, 5)):
        ensemble = Ensemble(MODELS[name], [3, 4])
        passes, drawn, x = repeated(ensemble), noise(ensemble, 1), inputs(ensemble, seed=1)
        with Products() as drawing:
            passes(drawn)
        with Products() as using:
            passes.use(x)
        assert drawing.count[True] == each, name
        assert using.count[True] == images, name


def test_each_replica_has_its_own_settings():
    @dataclass(frozen=True)
    class Scaled(vae.Model):
        scale: PerReplica = field(default=PerReplica((1.0, 3.0)))

        def log_weight(self, net, batch, noise):
            return self.scale * super().log_weight(net, batch, noise)

    ensemble = Ensemble(Scaled(features=3, latent=2, width=4, likelihood="gaussian"), [5, 5])
    one, three = repeated(ensemble)({"e": torch.ones(2, 64, 2)})
    torch.testing.assert_close(3 * one, three)
