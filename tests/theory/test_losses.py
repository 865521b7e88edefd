"""Gradients of every adversarial loss: by complex steps, by Torch, and where they vanish."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad, vmap
from torch.nn.functional import binary_cross_entropy, logsigmoid, relu

from reference.theory import losses as oracle
from tests.strategies import logits

LABELS = {"a": -1.0, "b": 1.0, "c": 0.0}
TORCH = {
    ("minimax", "real"): lambda a: -logsigmoid(a),
    ("minimax", "fake"): lambda a: -logsigmoid(-a),
    ("minimax", "generator"): lambda a: logsigmoid(-a),
    ("non_saturating", "real"): lambda a: -logsigmoid(a),
    ("non_saturating", "fake"): lambda a: -logsigmoid(-a),
    ("non_saturating", "generator"): lambda a: -logsigmoid(a),
    ("lsgan", "real"): lambda a: (a - 1) ** 2 / 2,
    ("lsgan", "fake"): lambda a: a**2 / 2,
    ("lsgan", "generator"): lambda a: (a - 1) ** 2 / 2,
    ("wgan", "real"): lambda a: -a,
    ("wgan", "fake"): lambda a: 1 * a,
    ("wgan", "generator"): lambda a: -a,
    ("hinge", "real"): lambda a: relu(1 - a),
    ("hinge", "fake"): lambda a: relu(1 + a),
    ("hinge", "generator"): lambda a: -a,
}
GRADIENTS = arrays(float, (3, 4), elements=st.floats(-5, 5, width=16))


@pytest.mark.parametrize(("kind", "role"), TORCH)
@given(a=logits())
def test_parts_and_gradients(kind, role, a):
    x = torch.from_numpy(a)
    part = TORCH[kind, role]
    assert_allclose(part(x), oracle.loss_parts(a, kind, role), rtol=1e-14)
    assert_allclose(vmap(grad(part))(x), oracle.grad_wrt_logit(a, kind, role), rtol=1e-13)


@given(logits(), logits())
def test_relativistic_pairs(r, f):
    """Its two gradients in one example's logits are opposite: it judges differences only."""
    r, f = r[: len(f)], f[: len(r)]
    judge, maker = oracle.gan_losses(r, f, "relativistic", "none")
    real, fake = torch.from_numpy(r), torch.from_numpy(f)

    def judged(real, fake):
        return -logsigmoid(real - fake)

    def made(real, fake):
        return -logsigmoid(fake - real)

    assert_allclose(judged(real, fake), judge, rtol=1e-14)
    assert_allclose(made(real, fake), maker, rtol=1e-14)
    in_real, in_fake = vmap(grad(judged, argnums=(0, 1)))(real, fake)
    assert_allclose(in_real, oracle.grad_wrt_logit(r - f, "relativistic", "real"), rtol=1e-13)
    assert_allclose(in_fake, oracle.grad_wrt_logit(r - f, "relativistic", "fake"), rtol=1e-13)
    in_fake = vmap(grad(made, argnums=1))(real, fake)
    assert_allclose(in_fake, oracle.grad_wrt_logit(f - r, "relativistic", "generator"), rtol=1e-13)


@pytest.mark.parametrize("kind", ["minimax", "ns", "lsgan", "wgan", "hinge", "relativistic"])
@given(a=logits(50.0), b=logits(50.0))
def test_reductions(kind, a, b):
    a, b = a[: len(b)], b[: len(a)]
    each = oracle.gan_losses(a, b, kind, "none")
    for part, total, mean in zip(
        each,
        oracle.gan_losses(a, b, kind, "sum"),
        oracle.gan_losses(a, b, kind, "mean"),
        strict=True,
    ):
        assert part.shape == a.shape
        assert_allclose(part.sum(), total, rtol=1e-14)
        assert_allclose(total / len(a), mean, rtol=1e-14)


def test_at_equilibrium_each_convention_has_its_number():
    zero = np.zeros(1)
    assert oracle.gan_losses(zero, zero, "hinge")[0] == 2
    assert oracle.gan_losses(zero, zero, "lsgan", a=-1.0, b=1.0, c=0.0) == (1, 0)
    assert oracle.gan_losses(zero + 0.5, zero + 0.5, "lsgan") == (0.25, 0.125)
    assert_allclose(oracle.gan_losses(zero, zero, "minimax"), (np.log(4), -np.log(2)))


@pytest.mark.parametrize(
    ("kind", "role"), [k for k in TORCH if k[0] in ("minimax", "non_saturating")]
)
@given(D=st.floats(0.01, 0.99))
def test_gradients_in_the_probability(kind, role, D):
    """The chain rule: gradient in the logit = gradient in D times D (1 - D)."""
    a = np.log(D) - np.log1p(-D)
    inside = oracle.grad_wrt_D(D, kind, role) * D * (1 - D)
    assert_allclose(oracle.grad_wrt_logit(a, kind, role), inside, rtol=1e-13)


def test_the_vanishing_comes_through_the_sigmoid():
    """In D the minimax gradient at an obvious fake is -1, not 0; in the logit it is 0."""
    assert oracle.grad_wrt_D(0.0, "minimax", "generator") == -1
    assert abs(oracle.grad_wrt_logit(-50.0, "minimax", "generator")) < 1e-21
    assert oracle.grad_wrt_logit(-50.0, "ns", "generator") == -1


@given(GRADIENTS)
def test_gradient_penalty(g):
    x = torch.from_numpy(g).requires_grad_()
    value = 10 * (x.norm(dim=1) - 1).square().mean()
    value.backward()
    assert_allclose(value.detach(), oracle.gradient_penalty(g, 10.0), rtol=1e-12, atol=1e-14)
    assert_allclose(x.grad, oracle.gradient_penalty_gradient(g, 10.0), rtol=1e-11, atol=1e-13)


def test_gradient_penalty_of_no_gradient():
    """A norm has no derivative at 0; Torch takes 0, and so does the oracle, without NaN."""
    assert oracle.gradient_penalty(np.zeros((2, 3)), 10.0) == 10
    assert (oracle.gradient_penalty_gradient(np.zeros((2, 3)), 10.0) == 0).all()


@given(GRADIENTS)
def test_r1_penalty(g):
    x = torch.from_numpy(g).requires_grad_()
    value = 2.5 * x.square().sum(1).mean()
    value.backward()
    assert_allclose(value.detach(), oracle.r1_penalty(g, 5.0), rtol=1e-13)
    assert_allclose(x.grad, oracle.r1_penalty_gradient(g, 5.0), rtol=1e-13)


@given(st.floats(-90, 30))
def test_the_trap_of_probabilities(a):
    """What binary_cross_entropy of a sigmoid gives, gradient and all: the loss that it is not."""
    x = torch.tensor(a, dtype=torch.float64, requires_grad=True)
    one = torch.ones((), dtype=torch.float64)
    value = binary_cross_entropy(x.sigmoid(), one)
    value.backward()
    known, gradient = oracle.bce_prob_torch_model(a)
    assert_allclose(value.detach(), known, rtol=1e-9, atol=1e-12)
    assert_allclose(x.grad, gradient, rtol=1e-6, atol=1e-9)


def test_an_epsilon_in_the_logarithm_saturates():
    """With 1e-6 in the logarithm, half of the gradient is gone at a = -13.8, all of it at -40."""
    _, gradient = oracle.bce_prob_torch_model(np.array([-13.8155, -40.0]), 1e-6)
    assert_allclose(gradient[0], -0.5, atol=1e-3)
    assert abs(gradient[1]) < 1e-10


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        (lambda: oracle.grad_wrt_logit(0.0, "mnimax", "real"), "minimax, non_saturating, lsgan"),
        (lambda: oracle.grad_wrt_logit(0.0, "minimax", "reel"), "real, fake, generator"),
        (lambda: oracle.loss_parts(0.0, "minimax", "reel"), "real, fake, generator"),
        (lambda: oracle.gan_losses([0.0], [0.0], "mnimax"), "minimax, non_saturating, lsgan"),
        (lambda: oracle.gan_losses([0.0], [0.0], "wgan", "maen"), "none, mean, sum"),
        (lambda: oracle.gan_losses([0.0], [0.0], "wgan", "prod"), "none, mean, sum"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(call, allowed):
    with pytest.raises(ValueError, match=allowed):
        call()
