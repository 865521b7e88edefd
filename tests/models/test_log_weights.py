"""The log weights of a latent-variable model are those of a distribution over images."""

import itertools

import numpy as np
import pytest
import torch

from pipeline.engine.ensemble import Ensemble
from pipeline.models import hierarchical_vae, vae, vamp_vae
from reference.quadrature import gauss_hermite

SMALL = {"features": 3, "latent": 1, "width": 4, "likelihood": "bernoulli"}
VAMP = {"pseudo_inputs": 3}
MODELS = {
    "vae": vae.Model(**SMALL),
    "vamp": vamp_vae.Model(**SMALL, **VAMP),
    "vamp_gated": vamp_vae.Model(**SMALL, **VAMP, network="gated", depth=2),
    "hierarchical": hierarchical_vae.Model(**SMALL),
    "hierarchical_vamp": hierarchical_vae.Model(**SMALL, **VAMP, top="vamp", network="gated"),
    "hierarchical_shallow": hierarchical_vae.Model(**SMALL, depth=1, network="tanh"),
}
EVERY = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
IMAGES = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=3)))


def bent(model):
    """Whether its networks have kinks, over which quadrature loses digits."""
    return getattr(model, "network", "mlp") == "mlp"


def replica(model):
    """An ensemble of one, whose pseudo-inputs differ enough to matter."""
    ensemble = Ensemble(model, [0])
    if "pseudo" in ensemble.modules:
        ensemble.state["pseudo"]["logits"] *= 20
        for tensor in ensemble.state["encoder"].values():
            tensor *= 1.5
    return ensemble


def at_every_node(model, nodes):
    """f of all images at a grid of the posterior's noise: (f, weights of the grid)."""
    node, weight = gauss_hermite(nodes)
    names = list(model.posterior())
    grid = np.stack(np.meshgrid(*[node] * len(names), indexing="ij"), -1).reshape(-1, len(names))
    weights = np.prod(np.meshgrid(*[weight] * len(names), indexing="ij"), 0).ravel()
    images = IMAGES.double().repeat_interleave(len(grid), 0)
    columns = torch.from_numpy(np.tile(grid, (len(IMAGES), 1))).T
    noise = {name: column[:, None] for name, column in zip(names, columns, strict=True)}
    noise["pixel"] = torch.full_like(images, 0.5)  # of no effect: the images are black or white
    ensemble = replica(model)

    def of(f):
        inputs = {k: v[None] for k, v in noise.items()}
        value = ensemble.each(lambda net, noise: f(net, {"x": images}, noise), inputs)
        return value[0].reshape(len(IMAGES), len(grid))

    return of, torch.from_numpy(weights)


@EVERY
def test_the_weights_of_all_images_average_to_one(model, double):
    """sum_x E_q[ p(x, z) / q(z | x) ] = sum_x p(x) = 1, by Gauss-Hermite quadrature.

    The kinks of LeakyReLU leave an error of order 1/48^2, half a thousandth, of the small
    part of p(x | z) that bends there: below 4e-5 here, and 1e-9 for smooth networks.
    """
    of, weights = at_every_node(model, 48)
    total = (of(model.log_weight).exp() @ weights).sum()
    assert abs(total - 1) < (2e-4 if bent(model) else 1e-7)


@EVERY
def test_its_mean_is_the_bound(model, double):
    """E log w = -E[ reconstruction + kl ], whether the KL is drawn or in closed form."""
    of, weights = at_every_node(model, 32)

    def loss(net, batch, noise):
        terms = model.negative_elbo(net, batch, noise)
        return terms["reconstruction"] + terms["kl"]

    bound = of(model.log_weight) @ weights
    torch.testing.assert_close(bound, -(of(loss) @ weights), rtol=1e-7, atol=1e-7)


@EVERY
def test_the_bound_is_below_the_likelihood(model, double):
    """Jensen, image by image; q of an untrained network is not the posterior."""
    of, weights = at_every_node(model, 32)
    log_w = of(model.log_weight)
    assert (log_w @ weights < (log_w.exp() @ weights).log() - 1e-6).all()


@EVERY
def test_samples_have_the_mean_of_the_distribution(model, double):
    """The mean image of 40,000 samples is sum_x p(x) x, within 5 standard errors of a pixel."""
    of, weights = at_every_node(model, 32)
    known = of(model.log_weight).exp() @ weights @ IMAGES.double()
    samples = replica(model).sample(40_000, "test")[0]
    error = samples.std(0) / 200
    assert ((samples.mean(0) - known).abs() < 5 * error + 2e-4).all()
