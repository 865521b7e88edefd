"""A pyramid of games on one image: the noise of a scale, what stands still, and who sees what."""

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import roles, singan
from pipeline.networks.pyramid import resized

SIZE = {"features": 144, "shape": (12, 12), "width": 2, "layers": 2, "scales": 3}
MODEL = singan.Model(**SIZE)
X = torch.rand(1, 144, generator=torch.Generator().manual_seed(0)) * 2 - 1
ROUNDS = 6  # two of each scale


def begin(model=MODEL, seeds=(4, 9)):
    x = X.to(torch.get_default_dtype())
    return Training(Ensemble(model, seeds), {"x": x}, 1, optimizer("sgd", lr=0.05), rounds=ROUNDS)


def replica(ensemble, r=0):
    state = {n: {k: t[r].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


def test_the_scales():
    assert MODEL.sides == [(7, 7), (9, 9), (12, 12)]
    assert [d.shape for d in MODEL.prior().values()] == [(49,), (81,), (144,)]


def test_a_scale_trains_its_own_networks_and_no_other(double):
    begun = begin()
    for scale in range(3):
        before = {n: w.clone() for n, w in begun.ensemble.weights.items()}
        list(begun.play(2 * (scale + 1)))
        for name, weights in begun.ensemble.weights.items():
            assert bool((weights != before[name]).any()) == name.endswith(str(scale)), name


def test_the_noise_of_a_scale_is_fixed_when_the_next_begins(double):
    """1 at the coarsest; at the others a tenth of the root mean square of what the finished
    scales leave of the image. It is the same after every round of its scale, and ever after."""
    begun = begin()
    seen = []
    for played in range(1, ROUNDS + 1):
        list(begun.play(played))
        state = begun.ensemble.state
        seen.append([state[f"generator_{n}"]["amplitude"].clone() for n in range(3)])
    for r in (0, 1):
        net = replica(begun.ensemble, r)
        assert [own[0][r] for own in seen] == [1] * ROUNDS
        for n in (1, 2):
            x = resized(X.double(), (12, 12), MODEL.sides[n])
            below = MODEL.reconstructed(net, n - 1)
            left = x - resized(below, MODEL.sides[n - 1], MODEL.sides[n])
            known = 0.1 * left.square().mean().sqrt()
            own = torch.stack([one[n][r] for one in seen[2 * n :]])
            torch.testing.assert_close(own, known.expand_as(own), rtol=1e-9, atol=0)
    assert (seen[-1][1] != seen[-1][1][0]).any()  # each replica its own


def test_the_fixed_noise_draws_the_image_again_and_other_noise_does_not(double):
    """r_n is what z* at the coarsest scale and no noise at the others make."""
    begun = begin()
    list(begun.play(ROUNDS))
    net = replica(begun.ensemble)
    noise = {f"z{n}": torch.zeros(1, h * w) for n, (h, w) in enumerate(MODEL.sides)}
    noise["z0"] = net.start()
    torch.testing.assert_close(MODEL.sample(net, noise), MODEL.reconstructed(net, 2))
    noise["z0"] = noise["z0"] + 1
    assert (MODEL.sample(net, noise) - MODEL.reconstructed(net, 2)).abs().max() > 1e-3


@torch.no_grad()
def test_the_terms_of_the_generator(double):
    """By definition, at the middle scale: minus the mean score of all patches, and ten times the
    mean squared error of the reconstruction, which has no noise."""
    ensemble = begin().ensemble
    net, z = replica(ensemble), {n: torch.randn(1, *d.shape) for n, d in MODEL.noise(1).items()}
    terms = MODEL.generator_loss(1, net, {"x": X.double()}, z)
    x = resized(X.double(), (12, 12), (9, 9))
    u = resized(net.generator_0(net.start(), torch.zeros(1, 49), (7, 7), None), (7, 7), (9, 9))
    s = 0.1 * (x - u).square().mean().sqrt()
    again = net.generator_1(torch.zeros(1, 81), u, (9, 9), s)
    known = 10 * (x - again).square().mean()
    torch.testing.assert_close(terms["squared_error"], known[None])
    below = resized(net.generator_0(z["z0"], torch.zeros(1, 49), (7, 7), None), (7, 7), (9, 9))
    made = net.generator_1(z["z1"], below, (9, 9), s)
    scores = net.discriminator_1(made, (9, 9))
    assert scores.shape == (1, 25)
    torch.testing.assert_close(terms["wasserstein"], -scores.mean(1))


def test_it_learns_to_draw_its_image():
    """The reconstruction at the coarsest scale gets near, where a start is far."""
    model = singan.Model(**SIZE | {"scales": 1, "width": 8, "layers": 3})
    ensemble = Ensemble(model, (1,))
    step = optimizer("adam", lr=5e-3, betas=(0.5, 0.999))
    begun = Training(ensemble, {"x": X}, 1, step, rounds=60)
    errors = []
    for rounds in (1, 60):
        list(begun.play(rounds))
        made = model.reconstructed(replica(ensemble), 0)
        errors.append((made - X).square().mean().item())
    assert errors[1] < 0.6 * errors[0]


def test_what_is_injected_and_what_is_enlarged():
    net = replica(begin().ensemble)
    noise = {n: torch.randn(2, *d.shape) for n, d in MODEL.prior().items()}
    given = X.expand(2, -1)
    for scale in range(3):
        made = MODEL.injected(net, given, noise, scale)
        assert made.shape == (2, 144)
        unread = {n: z if int(n[1:]) >= scale else z + 5 for n, z in noise.items()}
        assert torch.equal(MODEL.injected(net, given, unread, scale), made)
    large = MODEL.enlarged(net, given, (12, 12), (16, 15))
    assert large.shape == (2, 240)


def test_its_roles_and_what_is_refused():
    assert issubclass(singan.Model, roles.Sampler)
    assert issubclass(singan.Model, roles.Pyramid)
    with pytest.raises(ValueError, match=r"6 layers see a patch of 13 pixels, larger than .*7, 7"):
        singan.Model(**SIZE | {"layers": 6})
    with pytest.raises(ValueError, match="layers must be at least 2"):
        singan.Model(**SIZE | {"layers": 1})
