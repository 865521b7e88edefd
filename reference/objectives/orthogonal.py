"""Orthogonal regularisation, from its definition.

    R(W) = sum_(i != j) (w_i . w_j)^2,    dR/dw_i = 4 sum_(j != i) (w_i . w_j) w_j

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), equation 3; w_i is row i of W.
"""

import numpy as np

from reference.arrays import real
from reference.errors import ShapeError


def _filters(weight):
    weight = real("weight", weight)
    if weight.ndim < 2:
        raise ShapeError(f"weight must have an axis of outputs and one of inputs: {weight.shape}")
    return weight.reshape(len(weight), -1)


@np.errstate(over="ignore")
def off_diagonal(weight):
    """Sum over pairs of different rows of their squared product.

    weight: W, shape (outputs, ...).
    Returns one number.

    >>> float(off_diagonal([[1.0, 1.0], [0.0, 2.0]]))
    8.0
    """
    w = _filters(weight)
    return sum(
        (w[i] @ w[j]) ** 2 for i in range(len(w)) for j in range(len(w)) if i != j
    ) + np.float64(0)


@np.errstate(over="ignore")
def off_diagonal_gradient(weight):
    """Derivative in each entry of W.

    weight: as above.
    Returns the shape of W.

    >>> off_diagonal_gradient([[1.0, 1.0], [0.0, 2.0]]).tolist()
    [[0.0, 16.0], [8.0, 8.0]]
    """
    w = _filters(weight)
    products = w @ w.T
    np.fill_diagonal(products, 0)
    return (4 * products @ w).reshape(np.shape(weight))
