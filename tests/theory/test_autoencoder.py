"""Autoencoders in theory: PCA if linear, independent of labels, without a density."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.metrics.sharpness import sharpness
from pipeline.metrics.subspace import principal_angles, principal_axes, principal_reconstruction
from pipeline.models.autoencoder import Model
from pipeline.objectives.squared_error import squared_error
from reference.metrics import subspace as oracle
from reference.theory.linear_gaussian import pca_floor

MODELS = {
    "linear": Model(features=16, shape=(4, 4), latent=2, network="linear"),
    "mlp": Model(features=16, shape=(4, 4), latent=2, network="mlp", width=8),
    "bernoulli": Model(
        features=16, shape=(4, 4), latent=2, network="mlp", width=8, loss="bernoulli"
    ),
    "convolutional": Model(features=16, shape=(4, 4), latent=2, network="convolutional", width=2),
}
ADAM = optimizer("adam", lr=1e-2)
EVERY = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def images(n=60):
    rng = torch.Generator().manual_seed(0)
    return {
        "x": torch.rand(n, 16, generator=rng) * 2 - 1,
        "label": torch.randint(10, (n,), generator=rng),
    }


def trained(model, data, rounds=20, batch=8, by=ADAM):
    training = Training(Ensemble(model, [0, 1]), data, batch, by)
    for _ in training.play(rounds):
        pass
    return training.ensemble


def numbers(ensemble):
    tensors = [t for state in ensemble.state.values() for t in state.values()]
    return torch.cat([t.detach().flatten(1) for t in tensors], dim=1)


def nets(model, **weights):
    """The networks of one replica, with given weights in place of those it began with."""
    ensemble = Ensemble(model, [0])
    state = {
        n: {k: t[0].detach().clone() for k, t in s.items()} for n, s in ensemble.state.items()
    }
    for name, tensor in weights.items():
        network, key = name.split("__")
        state[network][key.replace("_", ".")] = tensor
    return Nets(ensemble.modules, state)


@EVERY
def test_it_does_not_look_at_labels(model):
    """Other labels, the same weights to the last bit: it is unsupervised."""
    data = images()
    permuted = data | {"label": data["label"].flip(0)}
    assert (permuted["label"] != data["label"]).any()
    assert torch.equal(numbers(trained(model, data)), numbers(trained(model, permuted)))


@EVERY
def test_a_reconstruction_is_a_code_decoded_and_what_is_lowered_is_its_error(model, double):
    net, x = nets(model, centre__value=torch.full((16,), 0.3, dtype=torch.float64)), images()["x"]
    x = x.double()
    y = model.reconstruct(net, x)
    code = model.code(net, x)
    assert code.shape == (len(x), model.latent)
    assert torch.equal(model.decode(net, code), y)
    terms = model.error(net, {"x": x}, {})
    if model.loss == "squared_error":
        torch.testing.assert_close(terms["squared_error"], squared_error(x, y))
    else:
        p, q = (x + 1) / 2, (y + 1) / 2
        known = -(p * q.log() + (1 - p) * (1 - q).log()).sum(-1)
        torch.testing.assert_close(terms["bernoulli"], known)
        assert (y.abs() <= 1).all()


@EVERY
def test_the_mean_image_is_moved_by_its_own_term_alone(model, double):
    """The gradient in c of all terms together is that of |x - c|^2: twice c less the mean."""
    net, x, c = nets(model), images()["x"].double(), torch.full((16,), 0.3)

    def lowered(c):
        terms = model.error(net.replace(centre={"value": c}), {"x": x}, {})
        return sum(term.mean() for term in terms.values())

    torch.testing.assert_close(torch.func.grad(lowered)(c), 2 * (c - x.mean(0)))


@pytest.mark.parametrize("seed", range(3))
def test_what_pca_makes_is_the_least_error_of_a_linear_one(double, seed):
    """At PCA's weights the error is the sum of the eigenvalues that are left out, and no other
    weights have less: not near it, not far, not the best decoder of a random encoder."""
    rng = torch.Generator().manual_seed(seed)
    x = images()["x"].double() @ torch.randn(16, 16, generator=rng)
    axes = principal_axes(x, 2)
    zero = torch.zeros
    model = MODELS["linear"]
    best = {
        "centre__value": x.mean(0),
        "encoder__0_weight": axes.T,
        "encoder__0_bias": zero(2),
        "decoder__0_weight": axes,
        "decoder__0_bias": zero(16),
    }

    def error(weights):
        return model.error(nets(model, **weights), {"x": x}, {})["squared_error"].mean()

    torch.testing.assert_close(
        model.reconstruct(nets(model, **best), x), principal_reconstruction(x, x, 2)
    )
    least = error(best)
    values = np.linalg.eigvalsh(np.cov(x.numpy().T, ddof=0))
    assert least.item() == pytest.approx(values[:-2].sum(), rel=1e-9)
    assert least.item() == pytest.approx(pca_floor(np.cov(x.numpy().T, ddof=0), 2), rel=1e-9)
    for size in (1e-3, 1e-2, 1e-1, 1.0):
        for _ in range(5):
            moved = {k: t + size * torch.randn(t.shape, generator=rng) for k, t in best.items()}
            assert error(moved) > least
    off = x - x.mean(0)
    for _ in range(5):
        encoder = torch.randn(2, 16, generator=rng)
        decoder = torch.linalg.lstsq(off @ encoder.T, off).solution.T
        other = {**best, "encoder__0_weight": encoder, "decoder__0_weight": decoder}
        assert error(other) > least


@pytest.mark.parametrize("seed", range(4))
def test_axes_of_the_code_mean_nothing(double, seed):
    """Any invertible mixing of the codes, undone by the decoder, has the same images at any
    weights, so that no error can tell which axes the codes have."""
    rng = torch.Generator().manual_seed(seed)
    x, model = images()["x"].double(), MODELS["linear"]
    drawn = {
        "encoder__0_weight": torch.randn(2, 16, generator=rng),
        "encoder__0_bias": torch.randn(2, generator=rng),
        "decoder__0_weight": torch.randn(16, 2, generator=rng),
        "decoder__0_bias": torch.randn(16, generator=rng),
    }
    net = nets(model, **drawn)
    turn, _ = torch.linalg.qr(torch.randn(2, 2, generator=rng))
    mix = (
        turn
        @ torch.diag(torch.tensor([3.0, -0.5]))
        @ torch.randn(2, 2, generator=rng).matrix_exp()
    )
    mixed = nets(
        model,
        encoder__0_weight=mix @ drawn["encoder__0_weight"],
        encoder__0_bias=mix @ drawn["encoder__0_bias"],
        decoder__0_weight=drawn["decoder__0_weight"] @ mix.inverse(),
        decoder__0_bias=drawn["decoder__0_bias"],
    )
    torch.testing.assert_close(
        model.reconstruct(mixed, x), model.reconstruct(net, x), rtol=1e-9, atol=1e-9
    )
    torch.testing.assert_close(
        model.error(mixed, {"x": x}, {})["squared_error"],
        model.error(net, {"x": x}, {})["squared_error"],
        rtol=1e-9,
        atol=1e-9,
    )
    assert (model.code(mixed, x) - model.code(net, x)).abs().max() > 0.1
    assert (model.code(mixed, x) - model.code(net, x) @ mix.T).abs().max() < 1e-9


def test_a_code_as_large_as_the_image_can_lose_nothing(double):
    """The identity is a linear autoencoder: that the code is small is a choice."""
    x, eye = images()["x"].double(), torch.eye(16)
    model = replace(MODELS["linear"], latent=16)
    zero = torch.zeros(16)
    net = nets(
        model,
        encoder__0_weight=eye,
        encoder__0_bias=zero,
        decoder__0_weight=eye,
        decoder__0_bias=zero,
    )
    assert torch.equal(model.reconstruct(net, x), x)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_guess_under_squared_error_is_a_mean_and_blurred(double, seed):
    """E|x - c|^2 = E|x - E x|^2 + |c - E x|^2 for every answer c, however images are distributed,
    so that their mean is the best; and a mean of images is never sharper than they are, the less
    the less they have to do with one another."""
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(2 + 5 * seed, 5, 7, generator=rng) ** (1 + seed % 3)
    if seed % 2:  # images that are smooth, and have much in common
        x = x.cumsum(1).cumsum(2) + 5 * x[0]
    flat = x.flatten(1)

    def cost(c):
        return squared_error(flat, c.expand_as(flat)).mean()

    mean = flat.mean(0)
    for size in (1e-3, 1.0, 1e3):
        c = mean + size * torch.randn(35, generator=rng)
        torch.testing.assert_close(
            cost(c) - cost(mean), (c - mean).square().sum(), rtol=1e-6, atol=0
        )
    gradient = torch.func.grad(cost)(mean)
    torch.testing.assert_close(gradient, torch.zeros(35), atol=1e-9, rtol=0)
    assert sharpness(mean.view(5, 7)) < sharpness(x).mean()
    independent = torch.rand(60, 4, 4, generator=rng)
    assert sharpness(independent.mean(0)) < 0.1 * sharpness(independent).mean()
    alike = x[:1].expand(9, 5, 7)
    torch.testing.assert_close(sharpness(alike.mean(0)), sharpness(alike).mean())


@pytest.mark.slow
def test_a_linear_one_trained_spans_pcas_axes():
    """Three axes of standard deviation 2 and the others of 1/2: the angle is below 1 degree."""
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.standard_normal((16, 16)))
    x = rng.standard_normal((2_000, 16)) * np.repeat([2.0, 0.5], [3, 13]) @ turn + 0.5
    model = replace(MODELS["linear"], latent=3)
    data = {"x": torch.from_numpy(x).float()}
    ensemble = trained(model, data, 600, 512, optimizer("sgd", lr=2e-3, momentum=0.9))
    known = oracle.principal_axes(x, 3)
    for replica in ensemble.state["decoder"]["0.weight"].detach().double():
        angles = principal_angles(replica, torch.from_numpy(known.copy()))
        assert angles.max().rad2deg() < 1


def test_convolutions_need_sides_that_halve_twice():
    with pytest.raises(ValueError, match="multiples of 4"):
        Model(features=2, shape=(2,), latent=1, network="convolutional")
    with pytest.raises(ValueError, match="multiples of 4"):
        Model(features=100, shape=(10, 10), latent=1, network="convolutional")
