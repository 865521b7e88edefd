"""StarGAN: where the domain enters, which domain each term means, and one critic a patch."""

import math

import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import roles, star_gan

MODEL = star_gan.Model(features=64, width=2, shape=(8, 8), domains=3, k=2)
RNG = torch.Generator().manual_seed(0)
X = torch.rand(6, 64, generator=RNG, dtype=torch.float64) * 2 - 1
SOURCE, ASKED = torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([1, 2, 0, 0, 2, 1])
BATCH = {"x": X, "label": SOURCE}
NOISE = {"domain": ASKED, "epsilon": torch.rand(6, generator=RNG, dtype=torch.float64)}


def replica(seed=3):
    ensemble = Ensemble(MODEL, [seed])
    state = {n: {k: t[0].clone() for k, t in s.items()} for n, s in ensemble.state.items()}
    return Nets(ensemble.modules, state)


class Told:
    """Adds the number of the domain that it reads from the planes; D names the domain by it."""

    def generator(self, given):
        x, planes = given[:, :64], given[:, 64:].view(-1, 3, 64)
        assert ((planes == 0) | (planes == 1)).all()
        assert (planes == planes[..., :1]).all()  # constant over the image
        assert (planes.sum(1) == 1).all()
        return x + 100 * (planes[..., 0] @ torch.arange(3.0, dtype=x.dtype))[:, None]

    def discriminator(self, x):
        steps = (x.mean(-1) / 100).round()
        named = -50 * (steps[:, None] - torch.arange(3.0, dtype=x.dtype)).abs()
        return x.mean(-1, keepdim=True).expand(-1, 16), named


def test_a_domain_is_a_plane_of_its_own(double):
    """Of ones where it is asked for, of zeros else, beside the image and not along its pixels."""
    made = MODEL.to_domain(Told(), X, ASKED)
    torch.testing.assert_close(made, X + 100 * ASKED[:, None])
    torch.testing.assert_close(MODEL.translate(Told(), X), X)
    torch.testing.assert_close(MODEL.translate_back(Told(), X), X + 100)


def test_the_way_back_is_to_the_source(double):
    """This G adds 100 c + 100 c' of the asked domain and the source, whatever x is: so much a
    pixel the cycle costs, times ten; back to the asked one it would cost 200 c."""
    cycle = MODEL.generator_loss(Told(), BATCH, NOISE)["cycle"]
    torch.testing.assert_close(cycle, 1000.0 * (ASKED + SOURCE))


def test_which_domain_is_named(double):
    """Of a generated image the one that was asked for; of a real one its own."""
    made = MODEL.generator_loss(Told(), BATCH, NOISE)["fake_domain"]
    assert made.max() < 1e-20
    real = MODEL.discriminator_loss(Told(), BATCH, NOISE)["real_domain"]
    torch.testing.assert_close(real, 50.0 * SOURCE)  # all of x is near domain 0


def test_the_critic_and_its_slope(double):
    """D is the mean over pixels in each of 16 patches: f(G(x, c)) - f(x) = 100 c, and the
    gradient of the mean patch has the length 1/8 everywhere; of the sum it would be 2."""
    terms = MODEL.discriminator_loss(Told(), BATCH, NOISE)
    torch.testing.assert_close(terms["wasserstein"], 100.0 * ASKED)
    penalty = torch.full((6,), 10 * (1 - 1 / 8) ** 2)
    torch.testing.assert_close(terms["gradient_penalty"], penalty)
    fooled = MODEL.generator_loss(Told(), BATCH, NOISE)["wasserstein"]
    torch.testing.assert_close(fooled, -(X.mean(-1) + 100.0 * ASKED))


def test_its_weights(double):
    net = replica()
    heavy = star_gan.Model(
        features=64,
        width=2,
        shape=(8, 8),
        domains=3,
        domain_weight=3.0,
        cycle_weight=70.0,
        penalty=50.0,
    )
    factors = {"wasserstein": 1, "gradient_penalty": 5, "real_domain": 3, "fake_domain": 3}
    for name in ("discriminator_loss", "generator_loss"):
        known = getattr(MODEL, name)(net, BATCH, NOISE)
        for term, value in getattr(heavy, name)(net, BATCH, NOISE).items():
            torch.testing.assert_close(value, factors.get(term, 7) * known[term])


def test_who_knows_nothing_pays_the_log_of_the_domains(double):
    class Silent(Told):
        def discriminator(self, x):
            return 0 * x[:, :16], 0 * x[:, :3]

    terms = MODEL.discriminator_loss(Silent(), BATCH, NOISE)
    torch.testing.assert_close(terms["real_domain"], torch.full((6,), math.log(3)))
    assert terms["wasserstein"].abs().max() == 0


def test_players(double):
    """Both draw from the pool in which each image has one domain; D steps twice here; each moves
    its own network, and a replica is the same alone."""
    pools = {"domains": BATCH}

    def begin(seeds):
        given = {"x": X, "label": SOURCE}
        return Training(Ensemble(MODEL, seeds), given, 4, optimizer("adam", lr=1e-2), pools=pools)

    together, alone = begin([1, 2]), begin([2])
    assert [player.steps for player in MODEL.players()] == [2, 1]
    for player in MODEL.players():
        assert dict(player.draws) == {"x": "domains"}
        before = {n: w.clone() for n, w in together.ensemble.weights.items()}
        for training in (together, alone):
            chunk = training.chunks[0]
            chunk.step(player, *chunk.inputs(player, 0, 0), 0)
        for name, weights in together.ensemble.weights.items():
            moved = together.ensemble.named(name, weights != before[name])
            # Biases of the scores cancel in D's difference while no unit changes its side.
            bias = ("scores.0.bias", "scores.2.bias")
            own = name in player.moves
            assert all(m.any() == own for key, m in moved.items() if key not in bias)
            known = alone.ensemble.weights[name][0]
            torch.testing.assert_close(weights[1], known, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("role", [roles.TwoWay, roles.MultiDomain])
def test_its_roles(role):
    assert issubclass(star_gan.Model, role)
