"""Settings that differ between the replicas of one run: each trains as it would alone."""

from dataclasses import dataclass

import pytest
import torch

from pipeline.engine import settings
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.schedules import decaying, falling, rising
from pipeline.engine.training import Training
from pipeline.models import dirac_gan, r1_gan, vae, wgan, wgan_gp
from pipeline.study.fields import PerReplica
from pipeline.study.validation import checked
from tests.engine.shared import sharing
from tests.engine.test_ensemble import ADAM, data, flat

SEEDS = (4, 5, 4, 6, 5)  # a seed may come again where its settings are others
ROUNDS = BLOCK + 4
SIZE = {"features": 3, "latent": 2, "width": 8}
MODELS = {
    "r1_gan": (r1_gan.Model, "gamma", [0.1, 10.0, 0.0, 1.0, 3.0]),
    "wgan_gp": (wgan_gp.Model, "penalty", [10.0, 0.1, 0.0, 1.0, 3.0]),
    "vae": (vae.Model, "beta", [1.0, 4.0, 0.5, 0.0, 2.0]),
}


def model_of(name, number=None):
    """The model with a list of numbers, or with one of them."""
    Model, field, numbers = MODELS[name]
    extra = {"likelihood": "bernoulli"} if name == "vae" else {}
    block = SIZE | extra | {field: numbers if number is None else numbers[number]}
    made, problems = checked(Model, block, "arguments", replicas=len(SEEDS))
    assert not problems
    return made


def trained(model, seeds, optimize=ADAM, chunk=0, rounds=ROUNDS):
    begun = sharing(Training(Ensemble(model, seeds), data(), 16, optimize, chunk))
    reports = list(begun.play(rounds))
    return flat(begun), reports


@pytest.mark.parametrize("chunk", [pytest.param(0, marks=pytest.mark.each), 2])
@pytest.mark.parametrize(
    "name",
    ["r1_gan", *(pytest.param(name, marks=pytest.mark.each) for name in ("wgan_gp", "vae"))],
)
def test_a_loss_has_the_number_of_its_replica(name, chunk, double):
    """Five replicas with a number each against five trainings with one; chunks of 1, 2 and 2."""
    together, reports = trained(model_of(name), SEEDS, chunk=chunk)
    assert len({tuple(row.tolist()) for row in together}) == len(SEEDS)
    for r, seed in enumerate(SEEDS):
        alone, own = trained(model_of(name, r), [seed])
        torch.testing.assert_close(together[r], alone[0], rtol=1e-10, atol=1e-11)
        for player, terms in own[-1].items():
            for term, value in terms.items():
                found = reports[-1][player][term][r]
                torch.testing.assert_close(found, value[0], rtol=1e-9, atol=1e-10)


OPTIMIZERS = {
    "adam, lr": ("adam", {"lr": [1e-2, 1e-3, 3e-3, 1e-4, 2e-2], "betas": (0.5, 0.999)}),
    "adam, betas": (
        "adam",
        {"lr": 1e-2, "betas": [(0.5, 0.9), (0.0, 0.99), (0.9, 0.999), (0.0, 0.0), (0.5, 0.999)]},
    ),
    "sgd, lr": ("sgd", {"lr": [1e-2, 1e-3, 3e-3, 1e-4, 2e-2], "momentum": 0.5}),
    "sgd, momentum": ("sgd", {"lr": 1e-2, "momentum": [0.0, 0.5, 0.9, 0.1, 0.7]}),
}
FINALS = [1.0, 0.1, 0.0, 0.5, 0.02]


def of(numbers, r):
    return numbers[r] if isinstance(numbers, list) else numbers


@pytest.mark.parametrize("chunk", [0, 2])
@pytest.mark.parametrize("case", OPTIMIZERS)
def test_a_replica_is_moved_by_its_own_numbers(case, chunk, double):
    """Against the fused step of one number for all; the rate falls to an end of its own, too."""
    name, arguments = OPTIMIZERS[case]
    gan = r1_gan.Model(**SIZE)
    optimize = optimizer(name, **arguments, scale=falling(ROUNDS, FINALS))
    together, _ = trained(gan, SEEDS, optimize, chunk)
    for r, seed in enumerate(SEEDS):
        own = {key: of(value, r) for key, value in arguments.items()}
        alone = optimizer(name, **own, scale=falling(ROUNDS, FINALS[r]))
        known, _ = trained(gan, [seed], alone)
        torch.testing.assert_close(together[r], known[0], rtol=1e-10, atol=1e-11)


def test_numbers_of_one_kind_are_moved_as_one_number_moves(double):
    """A list of equal numbers is that number."""
    gan = r1_gan.Model(**SIZE)
    listed = optimizer("adam", lr=[1e-2] * 3, betas=[(0.5, 0.999)] * 3)
    found, known = (trained(gan, (4, 5, 6), optimize)[0] for optimize in (listed, ADAM))
    torch.testing.assert_close(found, known, rtol=1e-10, atol=1e-11)


def test_the_schedules_are_their_formulas():
    fall = falling(11, 0.5)
    assert [fall(t) for t in (0, 5, 10)] == pytest.approx([1, 0.75, 0.5], rel=1e-15)
    assert falling(1, 0.1)(0) == 1
    assert falling(11, [0.5, 0.0])(5) == pytest.approx([0.75, 0.5], rel=1e-15)
    decay = decaying(0.5, 0.1)
    assert [decay(t) for t in (0, 1, 3, 4, 100)] == [1, 0.5, 0.125, 0.1, 0.1]
    rise = rising(0.5, 0.7, 10)
    assert [rise(t) for t in (0, 5, 10, 50)] == pytest.approx([0.5, 0.6, 0.7, 0.7], rel=1e-15)


def test_a_momentum_that_rises_is_the_formula(double):
    """v <- mu_t v + g, w <- w - lr v, from mu = 0: the first gradient is remembered, too."""
    w = torch.zeros(1, 3)
    sgd = optimizer("sgd", lr=0.1, momentum=rising(0.0, 0.8, 4), scale=decaying(0.9, 0.0))([w])
    known, v = w.clone(), torch.zeros(1, 3)
    for t in range(7):
        g = torch.full((1, 3), 1.0 + t)
        sgd.step([g], t)
        v = 0.8 * min(t / 4, 1) * v + g
        known = known - 0.1 * 0.9**t * v
        torch.testing.assert_close(w, known, rtol=1e-14, atol=1e-14)


def test_what_each_calls_of_the_model_has_the_numbers_of_the_replica():
    """A metric asks the ensemble for a method of the model."""

    @dataclass(frozen=True)
    class Scaled:
        factor: float

        def networks(self):
            return {"line": torch.nn.Linear(1, 1)}

        def players(self):
            return ()

        def scaled(self, net, x):
            return self.factor * x

    model = Scaled(PerReplica([1, 2, 3]))
    ensemble = Ensemble(model, [0, 1, 2])
    found = ensemble.each(model.scaled, torch.ones(3, 2))
    assert found.tolist() == [[1, 1], [2, 2], [3, 3]]
    with pytest.raises(TypeError):
        ensemble.each(lambda net, x: model.factor * x, torch.ones(3, 2))


def test_a_number_that_is_used_outside_a_loss_cannot_differ():
    """Where a network is made, where weights are projected: for all replicas at once."""
    with_start = dirac_gan.Model(features=1, objective="minimax", start=PerReplica([0.1, 0.2]))
    clipped = wgan.Model(**SIZE, clip=PerReplica([0.1, 0.2]))
    for model in (with_start, clipped):
        assert settings.fault(model)
    assert settings.fault(model_of("r1_gan")) is None
    assert settings.fault(wgan.Model(**SIZE)) is None
    for use in (bool, float, int, lambda n: n == 1.0, lambda n: n > 1, lambda n: -n):
        with pytest.raises(TypeError):
            use(PerReplica([1, 2]))


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ({"gamma": [1.0, 2.0]}, r"arguments\.gamma: 2 numbers, one per replica, for 3 seeds"),
        ({"gamma": [1.0, -2.0, 1.0]}, r"arguments\.gamma: must be greater than or equal to 0"),
        ({"gamma": [1.0, "2", 1.0]}, r"arguments\.gamma: must be a valid number"),
        ({"width": [8, 8, 8]}, r"arguments\.width: must be a valid integer"),
    ],
)
def test_lists_are_checked_number_by_number(block, told):
    made, problems = checked(r1_gan.Model, SIZE | block, "arguments", replicas=3)
    assert made is None
    assert len(problems) == 1
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(problems[0])


def test_a_list_is_no_number_where_there_are_no_replicas():
    _, problems = checked(r1_gan.Model, SIZE | {"gamma": [1.0]}, "data.x")
    assert problems
