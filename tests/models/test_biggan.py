"""BigGAN in small: each part from its equation, what it is without it, and who is asked for."""

import pytest
import torch
from torch.nn.functional import one_hot

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import biggan, roles
from pipeline.objectives import hinge, minimax, non_saturating
from reference.objectives.orthogonal import off_diagonal

SIZE = {"features": 16, "classes": 3, "latent": 6, "width": 8}
PARTS = ("projection", "class_norm", "spectral")
WITHOUT = {"all": {}, **{part: {part: False} for part in PARTS}}
EVERY = pytest.mark.parametrize("arguments", WITHOUT.values(), ids=WITHOUT)
X = torch.rand(40, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def replica(model, seed=5):
    ensemble = Ensemble(model, [seed])
    ensemble.settle()
    noise = ensemble.noise(model.prior(), (12,), "test")
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    x = X[:12].to(torch.get_default_dtype())
    batch = {"x": x, "label": torch.arange(12) % 3}
    return Nets(ensemble.modules, state), batch, {n: t[0] for n, t in noise.items()}


@EVERY
def test_a_sample_is_of_its_own_latent_and_class_alone(arguments, double):
    model = biggan.Model(**SIZE, **arguments)
    net, _, noise = replica(model)
    made = model.sample(net, noise)
    assert made.shape == (12, 16)
    one = {n: t[3:4] for n, t in noise.items()}
    torch.testing.assert_close(model.sample(net, one), made[3:4])
    other = noise | {"label": (noise["label"] + 1) % 3}
    assert (model.sample(net, other) - made).abs().amax(1).min() > 1e-6
    assert torch.equal(model.asked(other), other["label"])


def test_each_part_of_z_reaches_its_own_block(double):
    """Of three parts of two numbers the last is not seen before the second block."""
    model = biggan.Model(**SIZE)
    net, _, noise = replica(model)
    label = one_hot(noise["label"], 3).double()
    generator = net.modules["generator"]
    seen = []
    for block in generator.blocks:
        block.register_forward_hook(lambda block, given, made: seen.append(made[0].detach()))
    with torch.no_grad():
        net.generator(noise["z"], label, True)
        moved = noise["z"] + torch.tensor([0.0, 0, 0, 0, 1, 1])
        net.generator(moved, label, True)
        net.generator(noise["z"] + torch.tensor([0.0, 0, 1, 1, 0, 0]), label, True)
    first, second, same, other, mid, _ = seen
    assert torch.equal(first, same)
    assert (second - other).abs().max() > 1e-6
    assert (first - mid).abs().max() > 1e-6


def test_the_projection_is_a_product_of_class_and_features(double):
    """The score of one image under two classes differs by (e_c - e_c') . h."""
    model = biggan.Model(**SIZE, spectral=False)
    net, batch, _ = replica(model)
    d = net.modules["discriminator"]
    zero = torch.zeros(12, dtype=torch.long)
    with torch.no_grad():
        gap = model.joint_scores(net, batch["x"], zero + 1) - model.joint_scores(
            net, batch["x"], zero
        )
        h = d.features(batch["x"])
        e = d.classes.layer.weight.T
        torch.testing.assert_close(gap, h @ (e[1] - e[0]))


@pytest.mark.parametrize("objective", ["hinge", "minimax"])
def test_the_losses(objective, double):
    """Scores of real pairs and of fakes under the class that was asked for."""
    model = biggan.Model(**SIZE, objective=objective, orthogonal=0.5)
    net, batch, noise = replica(model)
    with torch.no_grad():
        real = model.joint_scores(net, batch["x"], batch["label"])
        fake = model.joint_scores(net, model.made(net, noise)[0], noise["label"])
        terms = model.discriminator_loss(net, batch, noise)
        game = hinge if objective == "hinge" else minimax
        torch.testing.assert_close(terms[objective], game.discriminator_loss(real, fake))
        net, batch, noise = replica(model)
        terms = model.generator_loss(net, batch, noise)
    own = hinge if objective == "hinge" else non_saturating
    name = "hinge" if objective == "hinge" else "non_saturating"
    torch.testing.assert_close(terms[name], own.generator_loss(fake))
    weights = {
        k: w for k, w in net.state["generator"].items() if k.endswith("weight") and w.dim() > 1
    }
    known = sum(off_diagonal(w.numpy()) for k, w in weights.items() if "embedding" not in k)
    assert any("embedding" in k for k in weights)
    assert terms["orthogonal"].item() == pytest.approx(0.5 * known, rel=1e-9)


def test_every_layer_with_a_weight_is_normalised(double):
    """After some steps the largest singular value of each is 1, to a few per cent, but for the
    class embedding and the gains, which are no layers of the image; without, none is."""
    plain = Ensemble(biggan.Model(**SIZE, spectral=False), (1,)).state
    assert not [name for state in plain.values() for name in state if name.endswith(".u")]
    data = {"x": X.double(), "label": torch.arange(40) % 3}
    begun = Training(Ensemble(biggan.Model(**SIZE), (1,)), data, 16, optimizer("sgd", lr=1e-3))
    list(begun.play(30))
    found = []
    for state in begun.ensemble.state.values():
        for name, u in state.items():
            if name.endswith(".u"):
                weight = state[name.removesuffix("u") + "layer.weight"][0]
                right = torch.nn.functional.normalize(u[0] @ weight, dim=0)
                found.append((torch.linalg.svdvals(weight)[0] / (u[0] @ weight @ right)).item())
    assert len(found) == 13
    assert all(0.99 < ratio < 1.1 for ratio in found), found


def test_moments_for_sampling_are_those_of_many_latents(double):
    """In training a batch has its own; the stored ones are of two thousand latents."""
    ensemble = Ensemble(biggan.Model(**SIZE), (3, 4))
    assert (ensemble.state["generator"]["norm.mean"] == 0).all()
    ensemble.settle()
    means = ensemble.state["generator"]["norm.mean"]
    assert (means != 0).all()
    assert (means[0] != means[1]).any()


def test_its_roles_and_what_is_refused():
    assert issubclass(biggan.Model, roles.Conditional)
    assert not issubclass(biggan.Model, roles.Discriminator)
    with pytest.raises(ValueError, match="latent = 7 must be a multiple of 3"):
        biggan.Model(**SIZE | {"latent": 7})
    biggan.Model(**SIZE | {"latent": 7}, class_norm=False)
