"""Orthogonal regularisation, from its definition.

    R(W) = sum_(i != j) (w_i . w_j)^2,    dR/dw_i = 4 sum_(j != i) (w_i . w_j) w_j

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), equation 3; w_i is row i of W.
"""

import numpy as np

from reference.arrays import real
from reference.errors import ShapeError


def _read(weight):
    """The entries of W by rows, as fractions and powers of two.

    Fourth powers of numbers have more exponents than numbers have: these are kept apart.
    """
    weight = real("weight", weight)
    if weight.ndim < 2 or weight.size == 0:
        raise ShapeError(f"weight must have an axis of outputs and one of inputs: {weight.shape}")
    return np.frexp(weight.reshape(len(weight), -1))


def _total(fraction, exponent):
    """Sum of fraction 2^exponent over the last axis, as such a pair."""
    top = np.where(fraction != 0, exponent, exponent.min()).max(-1)
    fraction, more = np.frexp(np.ldexp(fraction, exponent - top[..., None]).sum(-1))
    return fraction, top + more


def _products(entry, size):
    """w_i . w_j, and 0 on the diagonal."""
    fraction, exponent = _total(entry[:, None] * entry, size[:, None] + size)
    np.fill_diagonal(fraction, 0)
    return fraction, exponent


@np.errstate(all="ignore")
def off_diagonal(weight):
    """Sum over pairs of different rows of their squared product.

    weight: W, shape (outputs, ...).
    Returns one number.

    >>> float(off_diagonal([[1.0, 1.0], [0.0, 2.0]]))
    8.0
    """
    product, exponent = _products(*_read(weight))
    return np.ldexp(*_total(product.ravel() ** 2, 2 * exponent.ravel()))


@np.errstate(all="ignore")
def off_diagonal_gradient(weight):
    """Derivative in each entry of W.

    weight: as above.
    Returns the shape of W.

    >>> off_diagonal_gradient([[1.0, 1.0], [0.0, 2.0]]).tolist()
    [[0.0, 16.0], [8.0, 8.0]]
    """
    entry, size = _read(weight)
    product, exponent = _products(entry, size)
    # Of row i and column c the products with the rows j, times their entries.
    terms, sizes = product[:, None] * entry.T, exponent[:, None] + size.T
    return 4 * np.ldexp(*_total(terms, sizes)).reshape(np.shape(weight))
