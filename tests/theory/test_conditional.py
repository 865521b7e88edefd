"""The conditional game: how labels are drawn, what they achieve, and what they do not."""

import mpmath as mp
import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble
from pipeline.models import conditional_gan, gan
from reference.theory.divergences import jsd
from reference.theory.tables import infogan_bound, mutual_information
from reference.theory.value_function import cgan_criterion, value_function_density, value_regret
from tests.strategies import positive_simplex

LABELS, OUTCOMES = 3, 4
LOG_4 = np.log(4.0)
CONDITIONALS = st.tuples(*[positive_simplex(size=OUTCOMES)] * LABELS).map(np.stack)
# What a generator makes of each label and of each of eight equally likely latents.
MADE = arrays(np.int64, (LABELS, 8), elements=st.integers(0, OUTCOMES - 1))
LOGITS = arrays(float, (OUTCOMES, LABELS), elements=st.floats(-20, 20))


def joint(labels, conditionals):
    """p(x, y) = p(y) p(x | y), shape (X, Y)."""
    return (labels[:, None] * conditionals).T


def drawn(labels, made):
    """p_g(x, y) of a generator that is given the label and a latent."""
    shares = [np.bincount(row, minlength=OUTCOMES) / len(row) for row in made]
    return joint(labels, np.array(shares))


@given(positive_simplex(size=LABELS), CONDITIONALS, CONDITIONALS)
def test_with_the_labels_of_the_data_each_label_is_a_game_of_its_own(labels, p, q):
    """C = -log 4 + 2 E_y JSD( p(x | y), q(x | y) ), reached at D* = p(x | y) / (p + q)(x | y)."""
    data, made = joint(labels, p), joint(labels, q)
    criterion, _ = cgan_criterion(data, made)
    games = sum(share * jsd(a, b) for share, a, b in zip(labels, p, q, strict=True))
    assert_allclose(criterion, -LOG_4 + 2 * games, rtol=0, atol=4e-15)
    best = np.log(p / q).T
    value = value_function_density(data.ravel(), made.ravel(), best.ravel())
    assert_allclose(criterion, value, rtol=0, atol=4e-15)


@given(positive_simplex(size=LABELS), positive_simplex(size=LABELS), CONDITIONALS, CONDITIONALS)
def test_labels_of_another_distribution_are_a_floor_that_no_generator_passes(labels, others, p, q):
    """C >= -log 4 + 2 JSD( p(y), r(y) ), reached by the right p(x | y) and above -log 4."""
    floor = -LOG_4 + 2 * jsd(labels, others)
    reached, _ = cgan_criterion(joint(labels, p), joint(others, p))
    criterion, _ = cgan_criterion(joint(labels, p), joint(others, q))
    assert_allclose(reached, floor, rtol=0, atol=4e-15)
    assert criterion >= floor - 4e-15
    if np.abs(labels - others).max() > 1e-6:
        assert floor > -LOG_4


@settings(max_examples=20)
@given(st.integers(0, 2**16))
def test_who_is_not_asked_answers_by_chance(seed):
    """Each of 64 latents with each of four labels, given to both games: what a GAN makes does
    not depend on the label, and is right once in four; a conditional GAN's does."""
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(64, 2, generator=rng)
    asked = torch.arange(OUTCOMES).repeat_interleave(64)
    noise = {"z": z.repeat(OUTCOMES, 1), "label": asked}
    made = {}
    for game, more in ((gan, {}), (conditional_gan, {"classes": OUTCOMES})):
        model = game.Model(features=OUTCOMES, latent=2, width=8, **more)
        ensemble = Ensemble(model, [seed])
        made[game] = ensemble.each(lambda net, model=model: model.sample(net, noise))[0]
    x = made[gan].detach().reshape(OUTCOMES, 64, OUTCOMES)
    assert (x == x[0]).all()
    answers = np.zeros((OUTCOMES, OUTCOMES))
    np.add.at(answers, (asked.numpy(), made[gan].argmax(1).numpy()), 1 / len(asked))
    assert_allclose(mutual_information(answers), 0, atol=1e-15)
    assert_allclose(np.trace(answers), 1 / OUTCOMES, rtol=1e-14)
    told = made[conditional_gan].detach().reshape(OUTCOMES, 64, OUTCOMES)
    assert all((told[k] != told[0]).any() for k in range(1, OUTCOMES))


@given(positive_simplex(size=LABELS), CONDITIONALS, MADE, st.integers(0, 2**32 - 1), LOGITS)
def test_the_label_is_given_and_no_axis_of_the_latent_is_found(labels, p, made, seed, logits):
    """Latents that change places within a label change nothing that any discriminator sees."""
    rng = np.random.default_rng(seed)
    turned = np.stack([rng.permutation(row) for row in made])
    data = joint(labels, p).ravel()
    for judged in (value_function_density, value_regret):
        one, other = (
            judged(data, drawn(labels, maker).ravel(), logits.ravel()) for maker in (made, turned)
        )
        assert one == other


def test_infogan_asks_for_what_the_game_leaves_open():
    """Four latents are two bits. Both generators draw two outcomes equally often; the bound on
    what the first bit says of the outcome is log 2 for one and at most 0 for the other."""
    first_bit = np.array([0, 0, 1, 1])
    for made, information in (([0, 0, 1, 1], np.log(2)), ([0, 1, 0, 1], 0.0)):
        assert (np.bincount(made) == 2).all()
        table = np.zeros((2, 2))
        np.add.at(table, (first_bit, made), 0.25)
        assert_allclose(mutual_information(table), information, atol=1e-15)
        assert_allclose(infogan_bound(table, table / table.sum(0)), information, atol=1e-15)


@given(st.integers(0, 2**32 - 1), st.floats(0, 290))
def test_information_of_tables_with_tiny_entries(seed, power):
    """sum p(x, z) log( p(x, z) / p(x) p(z) ) in 400 digits; p(x) p(z) underflows at 1e-308."""
    rng = np.random.default_rng(seed)
    joint = rng.dirichlet(np.ones(6)).reshape(2, 3) * [[10.0**-power], [1.0]]
    joint[:, 0] *= 10.0 ** (-power / 2) * rng.integers(0, 2, 2)
    joint /= joint.sum()
    with mp.workdps(400):
        table = mp.matrix(joint.tolist())
        table /= mp.fsum(table)  # the sum of the numbers is 1 but for a bit
        rows = [mp.fsum(table[i, j] for j in range(3)) for i in range(2)]
        columns = [mp.fsum(table[i, j] for i in range(2)) for j in range(3)]
        known = mp.fsum(
            table[i, j] * mp.log(table[i, j] / rows[i] / columns[j])
            for i in range(2)
            for j in range(3)
            if table[i, j] > 0
        )
    assert_allclose(mutual_information(joint), float(known), rtol=1e-11, atol=1e-30)
