"""Linear maps between two Gaussians: all that adversarial and cycle losses cannot tell apart.

    x ~ N(0, S_a),  y ~ N(0, S_b):    G x ~ N(0, S_b)  <=>  G = S_b^1/2 Q S_a^-1/2,    Q'Q = I
    F = G^-1:    F G = I, and F y ~ N(0, S_a)

So every orthogonal Q is a minimum with a cycle error of 0, and with discriminators that can do no
better than guess. If the true map is that of Q*, the error to the true partner is

    E |G x - T x|^2 = 2 tr S_b - 2 tr( S_b^1/2 Q Q*' S_b^1/2 )

from 0 at Q = Q* to 4 tr S_b at Q = -Q*, and 2 tr S_b in the mean over all Q. Where S_a = S_b, the
identity term E |G y - y|^2 is this error for Q* = I: it is 0 at G = I alone, whatever the true map
is. Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent
Adversarial Networks" (2017), equations 1 to 3; Galanti, Wolf & Benaim, "The Role of Minimal
Complexity Functions in Unsupervised Learning of Semantic Mappings" (2018), on the ambiguity.
"""

import numpy as np

from reference.arrays import covariance, dimensions, real, refuse
from reference.errors import ShapeError
from reference.theory.transport import gaussian_factor


def _matrices(**matrices):
    made = [dimensions(name, real(name, m), 2) for name, m in matrices.items()]
    if len({m.shape for m in made}) > 1 or made[0].shape[0] != made[0].shape[1]:
        shapes = ", ".join(f"{n} {m.shape}" for n, m in zip(matrices, made, strict=True))
        raise ShapeError(f"all must be square and of one size: {shapes}")
    return made


def _orthogonal(name, Q):
    refuse(name, Q, np.abs(Q @ Q.T - np.eye(len(Q))) > 1e-9, "orthogonal")


def _roots(cov_a, cov_b):
    """S_a^-1/2 and S_b^1/2."""
    roots = []
    for name, cov, power in (("cov_a", cov_a, -0.5), ("cov_b", cov_b, 0.5)):
        values, vectors = np.linalg.eigh(covariance(name, cov))
        roots.append((vectors * values**power) @ vectors.T)
    return roots


@np.errstate(all="ignore")
def matching_map(Q, cov_a, cov_b):
    """G = S_b^1/2 Q S_a^-1/2, which maps N(0, S_a) to N(0, S_b).

    Q: orthogonal, shape (d, d). cov_a, cov_b: S_a and S_b, shape (d, d).
    Returns shape (d, d).

    >>> matching_map([[-1.0]], [[4.0]], [[9.0]]).round(12).tolist()
    [[-1.5]]
    """
    Q, cov_a, cov_b = _matrices(Q=Q, cov_a=cov_a, cov_b=cov_b)
    _orthogonal("Q", Q)
    inverse, root = _roots(cov_a, cov_b)
    return root @ Q @ inverse


@np.errstate(all="ignore")
def cycle_error(F, G, cov_a):
    """E |F G x - x|^2 for x ~ N(0, S_a).

    F, G, cov_a: shape (d, d) each.
    Returns one number.

    >>> float(cycle_error([[0.5]], [[4.0]], [[4.0]]))
    4.0
    """
    F, G, cov_a = _matrices(F=F, G=G, cov_a=cov_a)
    return expected_error(F @ G, np.eye(len(F)), cov_a)


@np.errstate(all="ignore")
def expected_error(G, T, cov_a):
    """E |G x - T x|^2 for x ~ N(0, S_a), T the true map: the error to the true partner.

    G, T, cov_a: shape (d, d) each.
    Returns one number.

    >>> float(expected_error([[-1.5]], [[1.5]], [[4.0]]))
    36.0
    """
    G, T, cov_a = _matrices(G=G, T=T, cov_a=cov_a)
    # |A (G - T)'|^2 with A'A = S_a: a sum of squares.
    return ((gaussian_factor(cov_a, "cov_a") @ (G - T).T) ** 2).sum()


@np.errstate(all="ignore")
def error_of_rotation(Q, true_Q, cov_b):
    """2 tr S_b - 2 tr(S_b^1/2 Q Q*' S_b^1/2), the error to the true partner of a matching map.

    Q, true_Q: orthogonal, shape (d, d). cov_b: S_b, shape (d, d).
    Returns one number.

    >>> float(error_of_rotation([[-1.0]], [[1.0]], [[9.0]]))
    36.0
    """
    Q, true_Q, cov_b = _matrices(Q=Q, true_Q=true_Q, cov_b=cov_b)
    for name, matrix in (("Q", Q), ("true_Q", true_Q)):
        _orthogonal(name, matrix)
    # The same as |A (Q - Q*)|^2 with A'A = S_b, for orthogonal Q and Q*: a sum of squares.
    return ((gaussian_factor(cov_b, "cov_b") @ (Q - true_Q)) ** 2).sum()
