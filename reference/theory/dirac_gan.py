"""The Dirac-GAN: data at 0, generated examples at theta, discriminator D(x) = psi x.

    theta' = -dL_G/dtheta,    psi' = -dL_D/dpsi

The smallest game that shows the behaviour of training near the equilibrium (0, 0): the eigenvalues
of the vector field's Jacobian there are imaginary for every unregularised objective, and have
negative real parts with R1, R2, instance noise or consensus.

Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018),
section 2 and lemmas 2.3 to 3.3. Least squares here has labels a = -1, b = 1 and c = 1, with the
midpoint D = 0, the only value that this discriminator can have at the data.
"""

import numpy as np

from reference.arrays import count, number, real, refuse
from reference.errors import DomainError, ShapeError
from reference.primitives import sigmoid
from reference.quadrature import gauss_legendre, gaussian_breaks, graded

# Gradients in the fake logit f: of the discriminator's loss, and of the generator's.
GRADIENTS: dict = {
    "minimax": (sigmoid, lambda f: -sigmoid(f)),
    "non_saturating": (sigmoid, lambda f: -sigmoid(-f)),
    "wgan": (np.ones_like, lambda f: -np.ones_like(f)),
    "lsgan": (lambda f: f + 1, lambda f: f - 1),
    "hinge": (lambda f: np.where(f > -1, 1.0, 0.0), lambda f: -np.ones_like(f)),
    "relativistic": (sigmoid, lambda f: -sigmoid(-f)),
}
REGULARISED = {
    "r1": "non_saturating",
    "r2": "non_saturating",
    "consensus": "non_saturating",
    "instance_noise": "non_saturating",
    "wgan_gp": "wgan",
}
KINDS = (*GRADIENTS, *REGULARISED)
ORDERS = ("simultaneous", "alternating")


def _kind(kind):
    if kind == "ns":
        kind = "non_saturating"
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}: {kind!r}")
    return kind


@np.errstate(all="ignore")
def _noisy(theta, psi, deviation):
    """The non-saturating vector field with Gaussian noise on both data and samples."""
    # Sigmoids change within 1 / (psi deviation) of the point where their logits are 0.
    width, breaks = 1 / np.abs(psi * deviation), gaussian_breaks([0.0], [1.0])
    bends = np.array([0.0, -theta / deviation]) if 1e-8 < width < np.inf else np.zeros(0)
    if width <= 1e-8:  # step functions on the scale of the normal density
        breaks = np.append(breaks, [-theta / deviation])
    breaks = np.append(breaks, graded(bends, np.full_like(bends, width), 76.0))
    z, w = gauss_legendre(np.unique(breaks[np.abs(breaks) <= 38]))
    w = w * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    real_logit, fake_logit = psi * deviation * z, psi * (theta + deviation * z)
    theta_velocity = (w * sigmoid(-fake_logit)).sum() * psi
    real_part = (w * sigmoid(-real_logit) * deviation * z).sum()
    fake_part = (w * sigmoid(fake_logit) * (theta + deviation * z)).sum()
    return theta_velocity, real_part - fake_part


@np.errstate(all="ignore")
def dirac_field(theta, psi, kind, gamma=1.0):
    """The vector field (theta', psi') of gradient flow.

    theta, psi: the generator's and the discriminator's parameter.
    kind: one of KINDS. gamma: the weight of r1, r2 (gamma/2 psi^2), of consensus
    (gamma/2 |v|^2), of wgan_gp (gamma (|psi| - 1)^2), or the standard deviation of instance noise.
    Returns shape (2,).

    >>> dirac_field(1.0, 2.0, "wgan").tolist()
    [2.0, -1.0]
    """
    kind = _kind(kind)
    theta, psi, gamma = number("theta", theta), number("psi", psi), number("gamma", gamma)
    refuse("gamma", gamma, gamma < 0, "at least 0")
    if kind == "instance_noise":
        return np.array(_noisy(theta, psi, gamma))
    judge, maker = GRADIENTS[REGULARISED.get(kind, kind)]
    f = theta * psi
    velocity = np.array([-maker(f) * psi, -judge(f) * theta])
    if kind in ("r1", "r2"):  # D is linear, so its gradient is psi at data and samples alike
        velocity[1] -= gamma * psi
    elif kind == "wgan_gp":
        velocity[1] -= 2 * gamma * (np.abs(psi) - 1) * np.sign(psi)
    elif kind == "consensus":
        s, bend = sigmoid(f), sigmoid(f) * sigmoid(-f)
        bent = np.float64(0.0) if bend == 0 else bend * f  # the limit where f is infinite
        jacobian = np.array(
            [
                [-bend * psi * psi, sigmoid(-f) - bent],
                [-s - bent, -bend * theta * theta],
            ]
        )
        velocity = velocity - gamma * jacobian.T @ velocity
    return velocity


def dirac_jacobian(kind, gamma=1.0):
    """The vector field's Jacobian at its equilibrium (0, 0).

    kind: one of KINDS but wgan_gp, whose field is discontinuous there. gamma: as above.
    Returns shape (2, 2): rows theta', psi'; columns theta, psi.

    >>> dirac_jacobian("wgan").tolist()
    [[0.0, 1.0], [-1.0, 0.0]]
    """
    kind, gamma = _kind(kind), number("gamma", gamma)
    refuse("gamma", gamma, gamma < 0, "at least 0")
    if kind == "wgan_gp":
        raise ValueError("kind wgan_gp has no Jacobian at (0, 0): its field jumps there")
    judge, maker = GRADIENTS[REGULARISED.get(kind, kind)]
    pull, push = float(judge(np.float64(0.0))), -float(maker(np.float64(0.0)))
    jacobian = np.array([[0.0, push], [-pull, 0.0]])
    if kind in ("r1", "r2"):
        jacobian[1, 1] = -gamma
    elif kind == "instance_noise":  # 2 f''(0) gamma^2 with f''(0) = -1/4
        refuse("gamma", gamma, gamma > 1e154, "at most 1e154: its square is a number")
        jacobian[1, 1] = -(gamma**2) / 2
    elif kind == "consensus":
        jacobian = jacobian - gamma * jacobian.T @ jacobian
    return jacobian


@np.errstate(all="ignore")
def dirac_eigenvalues(kind, gamma=1.0):
    """The eigenvalues of the Jacobian at the equilibrium: the roots of x^2 - trace x + det.

    Returns shape (2,), complex, by increasing imaginary part.

    >>> dirac_eigenvalues("wgan").tolist()
    [-1j, 1j]
    """
    return _eigenvalues(dirac_jacobian(kind, gamma))


def _order(order):
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}: {order!r}")
    return order


def _eigenvalues(matrix):
    size = np.abs(matrix).max() or 1.0  # products of the entries may overflow
    (a, b), (c, d) = matrix / size
    middle, square = (a + d) / 2, (a - d) ** 2 / 4 + b * c
    if square < 0:
        values = np.array([complex(middle, s * np.sqrt(-square)) for s in (-1, 1)])
    else:  # the larger root without cancellation, the other from their product
        large = middle + np.copysign(np.sqrt(square), middle)
        small = (a * d - b * c) / large if large else 0.0
        values = np.array([small, large], complex)
    return size * values[np.lexsort([values.real, values.imag])] + 0.0


@np.errstate(all="ignore")
def dirac_update_eigenvalues(kind, h, gamma=1.0, order="alternating"):
    """The eigenvalues of one round of gradient steps, linearised at the equilibrium.

    With J the field's Jacobian and P, Q the projections on theta and psi, a round is I + h J if
    the players move simultaneously, (I + h P J) (I + h Q J) if the discriminator moves first. The
    largest modulus is the factor on the distance from the equilibrium per round.

    kind: one of KINDS but wgan_gp. h: learning rate. gamma: as above. order: one of ORDERS.
    Returns shape (2,), complex, by increasing imaginary part.

    >>> [round(float(abs(v)), 12) for v in dirac_update_eigenvalues("wgan", 0.1)]
    [1.0, 1.0]
    """
    step = number("h", h) * dirac_jacobian(kind, gamma)
    generator, discriminator = (np.eye(2) + step * moved for moved in ([[1], [0]], [[0], [1]]))
    one = _order(order) == "simultaneous"
    matrix = np.eye(2) + step if one else generator @ discriminator
    if not np.isfinite(matrix).all():
        raise DomainError(f"h and gamma must be such that the round is finite: h = {h}")
    return _eigenvalues(matrix)


@np.errstate(all="ignore")
def dirac_gan(kind, h, T, gamma=1.0, order="simultaneous", start=(1.0, 1.0)):
    """The path of gradient descent.

    kind, gamma: as above. h: learning rate. T: number of steps. order: simultaneous, or
    alternating: the discriminator first, then the generator against the new one. start: (theta,
    psi).
    Returns shape (T + 1, 2), the start first.

    >>> dirac_gan("wgan", 0.5, 1).tolist()
    [[1.0, 1.0], [1.5, 0.5]]
    """
    order = _order(order)
    h, state = number("h", h), real("start", start)
    if state.shape != (2,):
        raise ShapeError(f"start must be theta and psi: shape {state.shape}")
    theta, psi = state
    path = [(theta, psi)]
    for _ in range(count("T", T, 0)):
        velocity = dirac_field(theta, psi, kind, gamma)
        if order == "alternating":
            psi = psi + h * velocity[1]
            ahead = dirac_field(theta, psi, kind, gamma) if np.isfinite(psi) else velocity
            theta = theta + h * ahead[0]
        else:
            theta, psi = theta + h * velocity[0], psi + h * velocity[1]
        if not np.isfinite(theta + psi):
            raise DomainError(f"h and gamma must be such that the path stays finite: h = {h}")
        path.append((theta, psi))
    return np.array(path)
