"""The rate at which a game of two parameters approaches its equilibrium at 0.

    c = log( |u_T| / |u_0| ) / T,    u = (theta, psi)

Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018),
section 2: near the equilibrium |u| is multiplied by the largest modulus of an eigenvalue.
"""

import numpy as np

from reference.arrays import count, number, real, refuse
from reference.errors import DomainError, ShapeError


def radius_change(first, last, rounds):
    """c, from the difference of two logarithms.

    first, last: u before and after, shape (2,), not both coordinates 0. rounds: T.
    Returns one number.

    >>> float(radius_change([3.0, 4.0], [0.0, 5.0], 7))
    0.0
    """
    lengths = []
    for name, u in (("first", first), ("last", last)):
        u = real(name, u)
        if u.shape != (2,):
            raise ShapeError(f"{name} must be theta and psi: shape {u.shape}")
        refuse(name, u, (u == 0).all(), "away from the equilibrium")
        top = np.abs(u).max()  # the length of a denormal vector would be rounded
        lengths.append(np.log(top) + np.log(np.hypot(*(u / top))))
    return (lengths[1] - lengths[0]) / count("rounds", rounds)


@np.errstate(all="ignore")
def predicted_change(jacobian, rate):
    """log of the largest modulus of a round's eigenvalues, from its trace and determinant.

    With J = ((a, b), (c, d)) a round of psi's step and then theta's has the determinant
    (1 + h a) (1 + h d) and the trace 2 + h (a + d) + h^2 b c.

    jacobian: J, shape (2, 2). rate: h.
    Returns one number.

    >>> float(predicted_change([[0.0, 1.0], [-1.0, 0.0]], 0.1))
    0.0
    """
    jacobian, h = real("jacobian", jacobian), number("rate", rate)
    if jacobian.shape != (2, 2):
        raise ShapeError(f"jacobian must have shape (2, 2), not {jacobian.shape}")
    (a, b), (c, d) = h * jacobian
    # Trace and determinant are 2 + 2 e and 1 + r: near 1 the logarithm is of 1 plus little.
    e, r = (a + d + b * c) / 2, a + d + a * d
    inside = e * e + b * c - a * d
    if not np.isfinite(inside):
        raise DomainError("jacobian must be such that the products of its entries are numbers")
    if inside < 0:  # a conjugate pair, whose product is the determinant
        return np.log1p(r) / 2
    if e >= -1:
        return np.log1p(e + np.sqrt(inside))
    return np.log(np.sqrt(inside) - 1 - e)
