"""The models that the notes list: which are games here, and what sharing a generator saves."""

from itertools import permutations

import pytest
import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.models import (
    conditional_gan,
    dcgan,
    gan,
    lsgan,
    sn_gan,
    unrolled_gan,
    wgan,
    wgan_gp,
)

HERE = conditional_gan, dcgan, lsgan, sn_gan, unrolled_gan, wgan, wgan_gp
FROM_DATA = {"features": 64, "classes": 10, "shape": (8, 8)}


def test_the_games_of_the_zoo_are_here():
    """Each has its file, and in it a discriminator against a generator, who move nothing else.

    Of InfoGAN the GAN has the categorical latent alone: no third network guesses it.
    """
    for game in HERE:
        name, Model = game.__name__, game.Model
        given = {k: v for k, v in FROM_DATA.items() if k in Model.__dataclass_fields__}
        model = Model(**given, latent=3, width=4)
        moves = [(player.name, player.moves) for player in model.players()]
        assert moves == [(n, (n,)) for n in ("discriminator", "generator")], name
        assert model.networks().keys() == {"discriminator", "generator"}
    with_codes = gan.Model(features=2, latent=2, width=4, components=5)
    assert with_codes.prior()["component"].below == 5
    assert with_codes.networks().keys() == {"discriminator", "generator"}


@pytest.mark.parametrize("domains", [2, 3, 10])
@pytest.mark.parametrize("seed", range(2))
def test_one_generator_that_is_told_stands_for_all(domains, seed):
    """Of N domains there are N(N - 1) ways from one to another. One generator that is told where
    to goes all of them: of each z it makes as many examples as there are classes, the same again
    for the same class, by one network whatever N."""
    model = conditional_gan.Model(features=2, latent=3, width=16, classes=domains)
    assert [*model.networks()].count("generator") == 1
    ways = [*permutations(range(domains), 2)]
    assert len(ways) == domains * (domains - 1)
    z = torch.randn(7, 3, generator=torch.Generator().manual_seed(seed))
    ensemble = Ensemble(model, [seed])

    def told(label):
        noise = {"z": z, "label": torch.full((len(z),), label)}
        return ensemble.each(lambda net: model.sample(net, noise))[0]

    made = [told(label) for label in range(domains)]
    assert all(torch.equal(told(label), made[label]) for label in range(domains))
    for here, there in ways:
        assert (made[here] != made[there]).any(-1).all()
