"""Small games: simultaneous and alternating descent and ascent, step by step."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import linalg, stats

from reference.theory import dirac_gan, games
from tests.strategies import positive_simplex

STEP = st.floats(0.01, 0.9)
PLACE = st.floats(-2, 2)


@given(PLACE, PLACE, STEP)
def test_bilinear_growth_invariant_and_decay(x, y, eta):
    """Simultaneous steps grow, alternating ones conserve, extragradient shrinks."""
    path = games.bilinear_gda(x, y, eta, 30, "simultaneous")
    square = (path**2).sum(1)
    assert_allclose(square, square[0] * (1 + eta**2) ** np.arange(31), rtol=1e-12, atol=1e-300)
    path = games.bilinear_gda(x, y, eta, 200, "alternating")
    kept = (path**2).sum(1) - eta * path.prod(1)
    assert_allclose(kept, kept[0], rtol=1e-10, atol=1e-14)
    square = (games.bilinear_gda(x, y, eta, 30, "extragradient") ** 2).sum(1)
    known = square[0] * (1 - eta**2 + eta**4) ** np.arange(31)
    assert_allclose(square, known, rtol=1e-11, atol=1e-300)


def test_optimism_converges():
    path = games.bilinear_gda(1.0, 1.0, 0.3, 400, "optimistic")
    assert np.abs(path[-1]).max() < 1e-6


@given(PLACE, PLACE, st.floats(0.1, 2), st.floats(0.01, 0.9), st.integers(0, 8))
def test_unrolling_in_closed_form(x, y0, c, eta, K):
    """Against K explicit Torch steps, gradient through all of them included."""
    place = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(y0, dtype=torch.float64)
    for _ in range(K):
        y = y + eta * (place - c * y)
    value = place * y - c * y**2 / 2
    (gradient,) = torch.autograd.grad(value, place)
    known_y, known_gradient = games.unrolled_quadratic(x, y0, c, eta, K)
    assert_allclose(y.item(), known_y, rtol=1e-12, atol=1e-13)
    assert_allclose(gradient, known_gradient, rtol=1e-12, atol=1e-13)


def test_no_unrolling_is_the_plain_game():
    assert games.unrolled_quadratic(2.0, 3.0, 1.0, 0.1, 0) == (3.0, 3.0)


@given(positive_simplex(size=4), positive_simplex(size=4), st.floats(0.05, 0.5), st.integers(0, 6))
def test_an_unrolled_table(p, q, eta, K):
    """K explicit Torch steps of a least-squares table, and its gradient in the generator."""
    made = torch.from_numpy(q).requires_grad_()
    data = torch.from_numpy(p)
    D = torch.linspace(-1, 1, 4, dtype=torch.float64)
    for _ in range(K):
        D = D - eta * (data * (D - 1) + made * (D + 1))
    known, gradient = games.unrolled_table(p, q, np.linspace(-1, 1, 4), eta, K)
    assert_allclose(D.detach(), known, rtol=1e-12, atol=1e-13)
    if K:
        (through,) = torch.autograd.grad(D.sum(), made)
        assert_allclose(through, gradient, rtol=1e-10, atol=1e-12)


def test_a_table_that_nobody_visits_stays():
    D, gradient = games.unrolled_table([1.0, 0.0], [1.0, 0.0], [0.0, 0.5], 0.1, 3)
    assert D[1] == 0.5
    assert_allclose(gradient[1], 3 * 0.1 * (-1 - 0.5))


# Dirac-GAN

SMOOTH = [kind for kind in dirac_gan.KINDS if kind != "wgan_gp"]


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("gamma", [0.3, 1.0])
def test_its_jacobian_is_the_fields(kind, gamma):
    """By central differences of the field at the equilibrium, which is a fixed point."""
    assert_allclose(dirac_gan.dirac_field(0.0, 0.0, kind, gamma), 0, atol=1e-15)
    h = 1e-5
    columns = [
        (dirac_gan.dirac_field(*step, kind, gamma) - dirac_gan.dirac_field(*-step, kind, gamma))
        / (2 * h)
        for step in h * np.eye(2)
    ]
    jacobian = dirac_gan.dirac_jacobian(kind, gamma)
    assert_allclose(jacobian, np.stack(columns, 1), atol=1e-8)
    known = np.sort_complex(linalg.eigvals(jacobian))
    assert_allclose(np.sort_complex(dirac_gan.dirac_eigenvalues(kind, gamma)), known, atol=1e-7)


def test_the_eigenvalues_of_the_paper():
    """Mescheder et al. (2018): +-i f'(0) unregularised; R1 as in lemma 3.3."""
    for kind in ("minimax", "non_saturating", "relativistic"):
        assert_allclose(dirac_gan.dirac_eigenvalues(kind), [-0.5j, 0.5j])
    for kind in ("wgan", "hinge", "lsgan"):
        assert_allclose(dirac_gan.dirac_eigenvalues(kind), [-1j, 1j])
    for gamma in (0.5, 1.0, 3.0):
        root = np.sqrt(complex(gamma**2 / 4 - 0.25))
        known = np.sort_complex([-gamma / 2 - root, -gamma / 2 + root])
        assert_allclose(np.sort_complex(dirac_gan.dirac_eigenvalues("r1", gamma)), known)
    assert_allclose(dirac_gan.dirac_eigenvalues("consensus", 1.0), [-0.25 - 0.5j, -0.25 + 0.5j])


@pytest.mark.parametrize("kind", ["r1", "r2", "instance_noise", "consensus"])
def test_regularised_games_converge(kind):
    assert dirac_gan.dirac_eigenvalues(kind).real.max() < 0
    assert np.abs(dirac_gan.dirac_gan(kind, 0.1, 3000)[-1]).max() < 1e-6


@pytest.mark.parametrize("kind", ["minimax", "wgan", "hinge", "wgan_gp"])
def test_unregularised_games_do_not(kind):
    """They turn around the equilibrium, and simultaneous steps of any size leave outwards."""
    path = dirac_gan.dirac_gan(kind, 0.1, 2000)
    assert np.abs(path[-100:]).max() > 0.5


def test_simultaneous_wgan_grows_as_the_bilinear_game():
    path = dirac_gan.dirac_gan("wgan", 0.1, 2000)
    assert_allclose(np.sqrt((path[-1] ** 2).sum()), np.sqrt(2) * 1.01**1000, rtol=1e-9)
    ours = dirac_gan.dirac_gan("wgan", 0.1, 50, order="alternating")
    # The discriminator moves first: the bilinear game with the players' names exchanged.
    known = games.bilinear_gda(1.0, 1.0, 0.1, 50, "alternating")[:, ::-1]
    assert_allclose(ours, known, rtol=1e-12)


def test_the_penalty_alone_has_no_jacobian():
    with pytest.raises(ValueError, match="wgan_gp has no Jacobian"):
        dirac_gan.dirac_eigenvalues("wgan_gp")
    with pytest.raises(ValueError, match="kind must be one of minimax"):
        dirac_gan.dirac_field(0.0, 0.0, "gan")


@pytest.mark.parametrize(
    ("theta", "psi", "deviation", "known"),
    [
        (1.0, 20.0, 1.0, (3.192892682691103, -1.4796361611838231)),
        (0.5, 5.0, 2.0, (2.0141628230208535, -1.8455528720211083)),
        (2.0, -30.0, 1.0, (-29.311567772960363, 0.40660680483773276)),
        (0.125, 200.0, 0.5, (80.26191400607681, -0.46757889706968925)),
    ],
)
def test_instance_noise_that_the_discriminator_tells_sharply(theta, psi, deviation, known):
    """psi E s(-psi (theta + d z)) and E s(-psi d z) d z - E s(psi (theta + d z)) (theta + d z) for
    z ~ N(0, 1), by tanh-sinh quadrature in 40 digits, cut at halves and at -theta / d and 1, 4, 16
    and 64 of 1 / (psi d) beside it. Forty Gauss-Hermite nodes are off by 8 % at psi d = 20."""
    field = dirac_gan.dirac_field(theta, psi, "instance_noise", deviation)
    assert_allclose(field, known, rtol=2e-15)


@given(st.floats(-3, 3), st.floats(0.3, 3))
def test_of_a_step_noise_knows_how_much_lies_on_either_side(theta, deviation):
    """As psi grows, s(psi x) is 1 for x > 0: psi' tends to the mean of what lies where D errs."""
    for psi in (1e9, 1e12):
        velocity = dirac_gan.dirac_field(theta, psi, "instance_noise", deviation)
        right, at = stats.norm.cdf(theta / deviation), stats.norm.pdf(theta / deviation)
        known = -deviation * stats.norm.pdf(0) - theta * right - deviation * at
        assert_allclose(velocity[1], known, rtol=1e-8, atol=1e-8)
        assert_allclose(velocity[0] / psi, 1 - right, rtol=1e-7, atol=1e-8)
    assert_allclose(
        dirac_gan.dirac_field(theta, 0.7, "instance_noise", 0.0),
        dirac_gan.dirac_field(theta, 0.7, "non_saturating"),
        atol=1e-15,
    )


def test_non_saturating_training_converges_as_one_over_root_t():
    """sigma(u) = 1/2 + u/4 makes the field a turn by 1/2 and -(theta psi^2, psi theta^2)/4, so
    r r' = -theta^2 psi^2 / 2, on average -r^4 / 16:  r_t / r_0 = (1 + h r_0^2 t / 8)^-1/2. The
    next order and the ellipse of alternating steps are 1 % here; minimax training only turns."""
    h, times = 0.1, np.array([100, 1_000, 10_000])
    path = dirac_gan.dirac_gan("non_saturating", h, times[-1], 1.0, "alternating", (0.2, 0.2))
    radius = np.hypot(*path.T)
    assert_allclose(radius[times] / radius[0], (1 + h * 0.08 * times / 8) ** -0.5, rtol=0.03)
    path = dirac_gan.dirac_gan("minimax", h, 1_000, 1.0, "alternating", (0.2, 0.2))
    assert_allclose(np.hypot(*path[-100:].T).max(), radius[0], rtol=0.06)
