"""Theory that training must reach: D*, the value there, and the value of the game."""

import numpy as np
import pytest
import torch

from pipeline.datasets.gaussian_1d import DataSet
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.metrics import value as value_metric
from pipeline.metrics.wasserstein import wasserstein
from pipeline.models import gan
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax
from reference.quadrature import gauss_legendre, gaussian_breaks
from reference.theory.mixture import mixture_log_density
from reference.theory.optimal_discriminator import optimal_discriminator_log
from reference.theory.value_function import criterion_C_quad, value_function_density, value_regret

# means, scale and shares of the data's and of the generator's mixture
PAIRS = {
    "shifted": (([0.0], 1.0, [1.0]), ([1.5], 1.0, [1.0])),
    "wider": (([0.0], 1.0, [1.0]), ([0.0], 2.0, [1.0])),
    "mixtures": (([-2.0, 2.0], 0.7, [0.5, 0.5]), ([-2.0, 0.0], 1.0, [0.7, 0.3])),
}


def density(mixture):
    means, scale, shares = mixture
    return lambda x: mixture_log_density(x[:, None], np.array(means)[:, None], scale, shares)


def sample(mixture, n, rng):
    means, scale, shares = mixture
    x = np.array(means)[rng.choice(len(means), n, p=shares)] + scale * rng.standard_normal(n)
    return torch.from_numpy(x[:, None]).float()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAIRS)
def test_a_trained_discriminator_is_d_star(name):
    """2,500 steps of Adam on 512 fresh examples of each, the step size falling to zero.

    Stated errors: |D - D*| at most 0.05 wherever the two densities together exceed a
    hundredth of their height, and a value at most 0.001 nats below -log 4 + 2 JSD, which
    quadrature gives; never above it.
    """
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    data, made = PAIRS[name]
    network = mlp(1, 64, 64, 1)
    adam = torch.optim.Adam(network.parameters(), lr=5e-3, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 1e-3, 2500)
    for _ in range(2500):
        real, fake = network(sample(data, 512, rng))[:, 0], network(sample(made, 512, rng))[:, 0]
        loss = minimax.discriminator_loss(real, fake).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()

    log_p, log_q = density(data), density(made)
    breaks = gaussian_breaks(
        [*data[0], *made[0]], [data[1]] * len(data[0]) + [made[1]] * len(made[0])
    )
    best = criterion_C_quad(log_p, log_q, breaks)
    x, w = gauss_legendre(breaks, 64)
    with torch.no_grad():
        logit = network(torch.from_numpy(x[:, None]).float())[:, 0].double().numpy()
    p, q = np.exp(log_p(x)), np.exp(log_q(x))
    seen = p + q > 0.01 * (p + q).max()
    error = np.abs(1 / (1 + np.exp(-logit)) - optimal_discriminator_log(log_p(x), log_q(x)))
    value = value_function_density(p, q, logit, w)
    assert error[seen].max() < 0.05
    assert 0 < best - value < 0.001
    assert value_regret(p, q, logit, w) == pytest.approx(best - value, abs=1e-9)


@pytest.mark.slow
def test_a_gan_on_a_line_reaches_its_equilibrium():
    """Ten seeds, 1,200 rounds of k = 3 on N(1, 1/4): V within 0.05 of -log 4 for each, and
    the mean within 0.02. D = 1/2 gives that value against any generator, so the samples count
    too: each seed's Wasserstein distance to the data, above 0.5 at first, ends below 0.3.
    """
    splits = DataSet(train=20_000, validation=1, test=5_000).splits()
    train_x, test_x = (torch.from_numpy(splits[name]) for name in ("train_x", "test_x"))
    model = gan.Model(features=1, latent=1, width=16, k=3)
    ensemble = Ensemble(model, range(10))

    def distances():
        made = ensemble.sample(5_000, "test")[..., 0].double()
        return np.array([wasserstein(x, test_x[:, 0].double()) for x in made])

    assert distances().min() > 0.5
    game = Training(ensemble, {"x": train_x}, 128, optimizer("adam", lr=1e-3, betas=(0.5, 0.999)))
    for _ in game.play(1_200):
        pass
    real = ensemble.each(model.logits, test_x.expand(10, -1, -1))
    fake = ensemble.each(model.logits, ensemble.sample(5_000, "test"))
    values = torch.vmap(value_metric.value)(real, fake).numpy()
    assert np.abs(values + np.log(4)).max() < 0.05
    assert abs(values.mean() + np.log(4)) < 0.02
    assert distances().max() < 0.3
