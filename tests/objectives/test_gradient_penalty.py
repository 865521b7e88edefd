"""The Torch penalties are the oracle's, example by example; gradients of gradients too."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import gradient_penalty
from reference.objectives import gradient_penalty as oracle
from reference.theory import losses

ROWS = arrays(
    float, (3, 4), elements=st.sampled_from([0.0, 1e-100, 1e100]) | st.floats(-5, 5, width=16)
)
UNIT = arrays(float, 3, elements=st.floats(0, 1, exclude_max=True))
PENALTIES = ("one_centred", "zero_centred")


@given(ROWS)
@pytest.mark.parametrize("name", PENALTIES)
def test_value_and_gradient(name, g):
    ours, gradients = getattr(gradient_penalty, name), torch.from_numpy(g)
    assert_allclose(ours(gradients), getattr(oracle, name)(g), rtol=1e-12)
    gradient = vmap(grad(ours))(gradients)
    # |g| - 1 keeps its digits to 1e-16 of 1.
    assert_allclose(gradient, getattr(oracle, f"{name}_gradient")(g), rtol=1e-12, atol=1e-15)


@given(ROWS)
def test_a_weight_and_a_mean_make_the_papers_terms(g):
    assert_allclose(10 * oracle.one_centred(g).mean(), losses.gradient_penalty(g), rtol=1e-12)
    assert_allclose(10 * oracle.zero_centred(g).mean(), losses.r1_penalty(g), rtol=1e-12)
    gradient = 10 * oracle.one_centred_gradient(g) / len(g)
    assert_allclose(gradient, losses.gradient_penalty_gradient(g), rtol=1e-12, atol=1e-15)


@given(ROWS, st.permutations(range(3)))
@pytest.mark.parametrize("name", PENALTIES)
def test_an_example_pays_for_its_own_gradient(name, g, order):
    """Not for that of the batch, whose norm grows with the square root of its size."""
    ours, gradients = getattr(gradient_penalty, name), torch.from_numpy(g)
    alone = torch.cat([ours(row[None]) for row in gradients[order]])
    assert_allclose(ours(gradients)[order], alone, rtol=1e-14)


def test_one_number_for_each_example():
    gradients = torch.tensor([[3.0, 4.0], [0.6, 0.8], [0.0, 0.0]])
    assert_allclose(gradient_penalty.one_centred(gradients), [16, 0, 1], atol=1e-13)
    assert_allclose(gradient_penalty.zero_centred(gradients), [12.5, 0.5, 0])


def test_a_flat_critic_has_a_finite_gradient(double):
    """The square root of a sum of squares would give 0/0 = NaN here."""
    flat = torch.zeros(2, 3)
    assert (vmap(grad(gradient_penalty.one_centred))(flat) == 0).all()


@given(ROWS, ROWS, UNIT)
def test_points_between(x, y, e):
    real, fake, epsilon = map(torch.from_numpy, (x, y, e))
    between = gradient_penalty.between(real, fake, epsilon)
    assert_allclose(between, oracle.between(x, y, e), rtol=1e-15)
    assert_allclose(gradient_penalty.between(real, fake, torch.ones(3)), x, rtol=0)
    assert_allclose(gradient_penalty.between(real, fake, torch.zeros(3)), y, rtol=0)


@given(UNIT)
def test_a_point_lies_on_the_line_of_its_pair(e):
    """The same share of the way in each feature: an e for each pixel would fill the box."""
    real, fake = torch.randn(2, 3, 50, dtype=torch.float64, generator=torch.manual_seed(0))
    between = gradient_penalty.between(real, fake, torch.from_numpy(e))
    way = (between - fake) / (real - fake)
    assert_allclose(way, way[:, :1].expand_as(way), rtol=1e-9, atol=1e-12)
    assert_allclose(way[:, 0], e, rtol=1e-9, atol=1e-12)


def test_a_critic_of_gradient_one_pays_nothing_and_a_linear_one_the_same_everywhere(double):
    """f(x) = w x: R1 is |w|^2 / 2 at every x, with gradient w; the other (|w| - 1)^2."""
    w, x = torch.tensor([0.3, -1.2, 2.0]), torch.randn(5, 3, generator=torch.manual_seed(0))

    def paid(w, penalty):
        return penalty(grad(lambda x: (x @ w).sum())(x))

    squared = w.square().sum()
    assert_allclose(paid(w, gradient_penalty.zero_centred), squared.expand(5) / 2)
    gradient = grad(lambda w: paid(w, gradient_penalty.zero_centred).mean())(w)
    assert_allclose(gradient, w, rtol=1e-14)
    assert_allclose(paid(w, gradient_penalty.one_centred), (squared.sqrt() - 1).square().expand(5))
    assert paid(w / squared.sqrt(), gradient_penalty.one_centred).max() < 1e-30


@pytest.mark.parametrize("name", PENALTIES)
def test_the_gradient_of_a_gradient(name, double):
    """In every weight of a tanh critic, against central differences of the penalty: with the
    step 1e-5 their error is h^2 times a third derivative, and rounding 1e-16 / h."""
    penalty, rng = getattr(gradient_penalty, name), torch.manual_seed(0)
    x = torch.randn(6, 3, generator=rng)
    w, v = torch.randn(4, 3, generator=rng), torch.randn(4, generator=rng)

    def paid(w):
        return penalty(grad(lambda x: ((x @ w.T).tanh() @ v).sum())(x)).mean()

    h, ways = 1e-5, torch.eye(12).view(12, 4, 3)
    known = torch.stack([(paid(w + h * way) - paid(w - h * way)) / (2 * h) for way in ways])
    assert_allclose(grad(paid)(w).flatten(), known, rtol=1e-7, atol=1e-8)
