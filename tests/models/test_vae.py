"""A VAE with any beta, variance and depth: its loss, its measured bound, and its limits."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from pipeline.datasets import linear_gaussian
from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.metrics import elbo, rate
from pipeline.models import vae
from pipeline.objectives import bernoulli
from reference.objectives import gaussian as oracle
from reference.theory.latent import beta_elbo, elbo_terms
from reference.theory.linear_gaussian import ppca_optimum

BERNOULLI = {"features": 6, "latent": 2, "width": 5, "likelihood": "bernoulli"}
GAUSSIAN = BERNOULLI | {"likelihood": "gaussian"}
SHAPES = {
    "bernoulli": vae.Model(**BERNOULLI),
    "grey": vae.Model(**BERNOULLI, grey=True),
    "fixed": vae.Model(**GAUSSIAN, log_variance=-1.0, output="tanh"),
    "learned": vae.Model(**GAUSSIAN, variance="learned", depth=0),
}
EVERY = pytest.mark.parametrize("model", SHAPES.values(), ids=SHAPES)


def begun(model, seeds=(0, 1)):
    """(ensemble, f -> f of a batch with drawn noise in every replica)."""
    ensemble = Ensemble(model, seeds)
    x = torch.rand(len(seeds), 7, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1
    noise = ensemble.noise(model.posterior() | model.observation(), (7,), "test")
    return ensemble, lambda f, x=x: ensemble.each(f, {"x": x}, noise)


@EVERY
@pytest.mark.parametrize("beta", [0.0, 0.25, 8.0])
def test_beta_weighs_the_divergence_in_training_and_nowhere_else(model, beta, double):
    """What is trained is the oracle's bound of that beta; what is measured knows of no beta."""
    weighted = type(model)(**vars(model) | {"beta": beta})
    _, of = begun(weighted)
    trained, measured = of(weighted.loss), of(weighted.negative_elbo)
    plain = begun(model)[1](model.negative_elbo)
    for term in ("reconstruction", "kl"):
        assert torch.equal(measured[term], plain[term])
    total = sum(trained.values()).numpy()
    known = -beta_elbo(plain["reconstruction"].numpy(), plain["kl"].numpy(), beta)
    assert_allclose(total, known, rtol=1e-13)
    assert (plain["kl"] > 0).all()  # it is added to the loss: a divergence, not minus one


@EVERY
def test_one_is_the_default_to_the_last_bit(model):
    """A run without beta trains as before there was one."""
    _, of = begun(model)
    trained, bound = of(model.loss), of(model.negative_elbo)
    assert all(torch.equal(trained[term], bound[term]) for term in bound)


def test_the_measured_bound_sees_no_beta(double):
    """The same weights are measured alike, whatever beta they were trained with."""
    x = torch.rand(9, 6, generator=torch.Generator().manual_seed(1)) * 2 - 1
    found = []
    for beta in (1.0, 4.0):
        model = vae.Model(**BERNOULLI, beta=beta)
        splits = {"test": {"x": x}, "train": {"x": x}, "dataset": SimpleNamespace()}
        run = SimpleNamespace(model=model, ensemble=Ensemble(model, [3]), **splits)
        found.append({name: metric.values for name, metric in elbo.measure(run).items()})
    assert found[0] == found[1]
    assert found[0]["bound"][0] == pytest.approx(
        -(found[0]["reconstruction"][0] + found[0]["kl"][0])
    )


@EVERY
def test_pixels_and_latents_are_summed_alike(model, double):
    """Twice the pixels, each seen twice: twice the reconstruction, against the same KL. A mean
    over pixels would leave it as it was, and beta would no longer be beta."""
    decoded = torch.randn(4, 6 + (model.variance == "learned"))
    x = torch.rand(4, 6)
    wide = type(model)(**vars(model) | {"features": 12})
    twice = [decoded[:, :6], decoded[:, :6], decoded[:, 6:]]
    assert_allclose(
        wide.reconstruction(torch.cat([x, x], 1), torch.cat(twice, 1)),
        2 * model.reconstruction(x, decoded),
        rtol=1e-13,
    )


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_terms_are_the_oracles(likelihood, double):
    model = vae.Model(**BERNOULLI | {"likelihood": likelihood}, log_variance=-0.7)
    _, of = begun(model, (0,))
    terms = of(model.negative_elbo)

    def parts(net, batch, noise):
        x = model.observed(batch["x"], noise)
        m, v = net.encoder(x).chunk(2, -1)
        return x, net.decoder(m + (v / 2).exp() * noise["e"]), m, v

    x, decoded, m, v = (t[0].numpy() for t in of(parts))
    known = elbo_terms(x, decoded, m, v, likelihood, -0.7)
    assert_allclose([t.mean().item() for t in terms.values()], known, rtol=1e-12)


def test_a_learned_variance_is_one_number_for_all_pixels(double):
    model = SHAPES["learned"]
    ensemble, _ = begun(model)
    ensemble.state["decoder"]["1.value"].copy_(torch.tensor([[0.3], [-2.0]]))
    x, z = torch.randn(2, 3, 6), torch.randn(2, 3, 2)
    value = ensemble.each(lambda net, x, z: model.reconstruction(x, net.decoder(z)), x, z)
    mean = ensemble.each(lambda net, z: model.decode(net, z), z)
    for r, v in enumerate([0.3, -2.0]):
        known = oracle.negative_log_likelihood(x[r].numpy(), mean[r].numpy(), v)
        assert_allclose(value[r], known, rtol=1e-12)


def test_the_best_learned_variance_is_the_mean_square_of_what_is_left(double):
    """Rybkin et al., equation 5; so does the decoder that ignores z choose its own."""
    model, x = SHAPES["learned"], torch.randn(50, 6) * 0.4
    at_best = model.reconstruction(x, model.blind(x)).mean()
    for off in (-0.1, 0.1):
        other = model.blind(x).clone()
        other[-1] += off
        assert model.reconstruction(x, other).mean() > at_best
    squares = (x - x.mean(0)).square().mean().item()
    assert at_best.item() == pytest.approx(3 * (1 + math.log(2 * math.pi * squares)))


def test_a_tanh_output_is_for_data_from_minus_one_to_one(double):
    """Black is -1: the mean can reach both ends of the data's range, and a Bernoulli of logits
    2 a has the very mean tanh a, so that both likelihoods draw the same images."""
    gaussian, bits = SHAPES["fixed"], SHAPES["bernoulli"]
    a = torch.tensor([[-9.0, 0.0, 9.0, 0.3, -0.3, 1.0]])
    assert_allclose(gaussian.mean(a), bits.mean(2 * a), atol=1e-15)
    assert gaussian.mean(a)[0, 0] < -0.99999
    blind = gaussian.blind(torch.cat([-torch.ones(3, 6), torch.ones(1, 6)]))
    assert_allclose(gaussian.mean(blind), np.full(6, -0.5), rtol=1e-12)
    never = torch.full((3, 6), -1.0)
    assert gaussian.blind(never).isfinite().all()


def test_a_pixel_that_is_certain_and_right_costs_nothing():
    """log(1 - p) of a probability that rounds to 1 is where NaN came from."""
    model = SHAPES["bernoulli"]
    logits = torch.tensor([[200.0, -200.0, 104.0, -104.0, 20.0, -20.0]], requires_grad=True)
    x = torch.tensor([[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]])
    loss = model.reconstruction(x, logits)
    loss.sum().backward()
    assert 0 <= loss.item() < 1e-8
    assert logits.grad.isfinite().all()


def test_grey_pixels_are_read_as_they_are(double):
    model, x = SHAPES["grey"], torch.rand(4, 6) * 2 - 1
    assert model.observation() == {}
    seen = model.observed(x, {})
    assert_allclose(seen, (x + 1) / 2)
    a = torch.randn(4, 6)
    floor = torch.special.entr(seen) + torch.special.entr(1 - seen)
    assert (bernoulli.negative_log_likelihood(seen, a) >= floor.sum(-1) - 1e-12).all()


def test_up_the_bound_is_down_its_negative(double):
    """T018: ascent on the ELBO and descent on -ELBO are the same steps, to the last bit."""
    model = SHAPES["bernoulli"]
    ends = []
    for sign in (1, -1):
        ensemble, _ = begun(model, (0,))
        state = {
            n: {k: t[0].detach().clone().requires_grad_() for k, t in ts.items()}
            for n, ts in ensemble.state.items()
        }
        flat = [t for tensors in state.values() for t in tensors.values()]
        adam = torch.optim.Adam(flat, lr=0.05, maximize=sign < 0)
        net = Nets(ensemble.modules, state)
        x = torch.rand(8, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1
        for round in range(20):
            noise = ensemble.noise(model.posterior() | model.observation(), (8,), "t", round)
            terms = model.negative_elbo(net, {"x": x}, {k: v[0] for k, v in noise.items()})
            adam.zero_grad()
            (sign * sum(t.mean() for t in terms.values())).backward()
            adam.step()
        ends.append(torch.cat([t.detach().flatten() for t in flat]))
    assert torch.equal(*ends)


@pytest.mark.slow
def test_a_linear_vae_finds_principal_components_and_drops_what_is_below_its_noise():
    """Lucas et al. (2019): directions of variance lambda below the fixed sigma^2 collapse, and
    the others are told at 1/2 log(lambda / sigma^2) nats. Here 10 and 5 are above 3, and 2 is not.

    After 1,500 rounds of a rate of 5e-3 the rates are off by a tenth of a nat or less."""
    data = linear_gaussian.DataSet(train=20_000, validation=10, test=5_000)
    model = vae.Model(8, 3, 1, "gaussian", depth=0, log_variance=math.log(3))
    splits = {k: torch.from_numpy(v) for k, v in data.splits().items()}
    ensemble = Ensemble(model, [0, 1])
    adam = optimizer("adam", lr=5e-3, betas=(0.9, 0.99))
    for _ in Training(ensemble, {"x": splits["train_x"]}, 256, adam).play(1_500):
        pass
    run = SimpleNamespace(model=model, ensemble=ensemble, test={"x": splits["test_x"]})
    found = rate.measure(run)
    _, _, values = ppca_optimum(data.loadings @ data.loadings.T + np.eye(8), 3)
    known = np.maximum(0.5 * np.log(values[:3] / 3), 0)
    assert found["active_units"].values == [2.0, 2.0]
    assert_allclose(found["by_latent"].values, [known, known], atol=0.1)
