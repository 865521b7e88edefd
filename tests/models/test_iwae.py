"""The importance-weighted autoencoder is the VAE at one draw, and tighter with more."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from pipeline.engine.ensemble import Ensemble
from pipeline.models import iwae, vae
from reference.objectives import importance_weighted as oracle

SIZE = {"features": 6, "latent": 2, "width": 5}
BERNOULLI = SIZE | {"likelihood": "bernoulli"}
VAE = vae.Model(**BERNOULLI)
X = torch.rand(1, 7, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1


def noise(draws, seed=0):
    """Noise of 7 images and K draws, and what each single draw of it is to a VAE."""
    rng = torch.Generator().manual_seed(seed)
    pixel = torch.rand(1, 7, 6, generator=rng, dtype=torch.float64)
    e = torch.randn(1, 7, draws, 2, generator=rng, dtype=torch.float64)
    return {"e": e, "pixel": pixel}, [{"e": e[:, :, k], "pixel": pixel} for k in range(draws)]


def of(model, f, drawn):
    return Ensemble(model, [0]).each(f, {"x": X.double()}, drawn)


def test_one_draw_is_the_bound_of_a_vae(double):
    """K = 1: minus log p(x|z) - log p(z) + log q(z|x) of the same draw, networks and images."""
    model = iwae.Model(**BERNOULLI, draws=1)
    drawn, (single,) = noise(1)
    loss = of(model, model.loss, drawn)["negative_bound"]
    assert loss.shape == (1, 7)
    assert_allclose(loss, -of(VAE, VAE.log_weight, single), rtol=1e-13)
    assert_allclose(
        of(model, model.log_weight, single), of(VAE, VAE.log_weight, single), rtol=1e-13
    )


def test_one_draw_has_the_mean_of_the_vaes_loss(double):
    """Over draws of z the estimated divergence has the mean of the exact one: the two losses
    agree within 5 standard errors of 20,000 draws."""
    model, n = iwae.Model(**BERNOULLI, draws=1), 20_000
    drawn = {
        "e": torch.randn(1, n, 1, 2, generator=torch.Generator().manual_seed(3)),
        "pixel": torch.full((1, n, 6), 0.5),
    }
    x = {"x": torch.ones(1, n, 6)}
    estimated = Ensemble(model, [0]).each(model.loss, x, drawn)["negative_bound"][0]
    single = drawn | {"e": drawn["e"][:, :, 0]}
    exact = sum(Ensemble(VAE, [0]).each(VAE.negative_elbo, x, single).values())[0]
    z = (estimated - exact).mean() / (estimated - exact).std() * math.sqrt(n)
    assert abs(z) < 5


def test_the_loss_is_the_oracles_bound_of_the_draws(double):
    """Draws of one image are averaged as weights, images are left apart."""
    model = iwae.Model(**BERNOULLI, draws=5)
    drawn, singles = noise(5)
    log_weights = np.stack([of(VAE, VAE.log_weight, s)[0].numpy() for s in singles], -1)
    loss = of(model, model.loss, drawn)["negative_bound"][0]
    assert_allclose(loss, -oracle.bound(log_weights), rtol=1e-13)
    assert (loss.numpy() <= -log_weights.mean(-1)).all()


def test_more_draws_never_loosen_the_bound(double):
    """Theorem 1 of Burda et al., on one network: the mean of L_1 over the same draws is below
    that of L_5, below that of L_50, since each L_K averages the subsets of the larger one."""
    drawn, _ = noise(50)
    means = []
    for k in (1, 5, 50):
        model = iwae.Model(**BERNOULLI, draws=k)
        parts = [drawn | {"e": drawn["e"][:, :, i : i + k]} for i in range(0, 50, k)]
        means.append(torch.stack([of(model, model.loss, p)["negative_bound"] for p in parts]))
    bounds = [-m.mean(0) for m in means]
    assert (bounds[0] < bounds[1]).all()
    assert (bounds[1] < bounds[2]).all()


def test_its_measured_terms_are_the_vaes(double):
    model = iwae.Model(**BERNOULLI, draws=5)
    _, (single,) = noise(1)
    ours, known = (of(m, m.negative_elbo, single) for m in (model, VAE))
    assert all(torch.equal(ours[term], known[term]) for term in known)
    assert model.posterior() == VAE.posterior()
    assert model.observation() == VAE.observation()


def test_it_draws_and_rebuilds_as_the_vae_does(double):
    model, z = iwae.Model(**BERNOULLI, draws=5), {"z": torch.randn(1, 4, 2)}
    for f in ("sample", "decode", "reconstruct", "code"):
        given = z if f == "sample" else z["z"] if f == "decode" else X.double()
        ours, known = (Ensemble(m, [0]).each(getattr(m, f), given) for m in (model, VAE))
        assert torch.equal(ours, known)
    assert_allclose(model.blind(X[0]), VAE.blind(X[0]))


def test_images_do_not_mix_with_draws(double):
    """An image's loss is its own: other images and their draws leave it to the last digits."""
    model = iwae.Model(**BERNOULLI, draws=3)
    drawn, _ = noise(3)
    whole = of(model, model.loss, drawn)["negative_bound"]
    part = {name: values[:, :2] for name, values in drawn.items()}
    few = Ensemble(model, [0]).each(model.loss, {"x": X.double()[:, :2]}, part)
    assert_allclose(few["negative_bound"], whole[:, :2], rtol=1e-13)


def test_a_weight_of_the_divergence_is_refused():
    with pytest.raises(ValueError, match="no KL term"):
        iwae.Model(**BERNOULLI, beta=2.0)
