"""Layers of a network, each with its manual backpropagation.

    y = f(x; w):    given dL/dy, return dL/dx and dL/dw

Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors" (1986).
At a kink the gradient is that of Torch: 0 for ReLU at 0, the small gradient for LeakyReLU, and for
maxout the first of equal entries gets all of it.
"""

import numpy as np

from reference.arrays import (
    broadcast,
    count,
    dimensions,
    equal_shapes,
    event,
    number,
    real,
    refuse,
    whole,
)
from reference.distance import norm, unit
from reference.errors import DomainError, ShapeError
from reference.objectives.cross_entropy import cross_entropy_gradient
from reference.primitives import sigmoid as _sigmoid


def _matrices(**arrays):
    return [dimensions(name, real(name, a), 2) for name, a in arrays.items()]


def _fitting(x, gradient):
    """x and dL/dy of an elementwise layer, in one shape."""
    return equal_shapes(x=real("x", x), gradient=real("gradient", gradient))


@np.errstate(all="ignore")
def linear(x, weight, bias):
    """y = x W' + b.

    x: shape (B, inputs). weight: W, shape (outputs, inputs). bias: b, shape (outputs,).
    Returns shape (B, outputs).

    >>> linear([[1.0, 2.0]], [[3.0, 4.0]], [5.0]).tolist()
    [[16.0]]
    """
    x, weight, bias = real("x", x), real("weight", weight), real("bias", bias)
    if x.ndim != 2 or bias.ndim != 1 or weight.shape != (*bias.shape, x.shape[1]):
        raise ShapeError(f"x {x.shape}, weight {weight.shape}, bias {bias.shape} do not fit")
    return x @ weight.T + bias


@np.errstate(all="ignore")
def linear_backward(x, weight, gradient):
    """dL/dx, dL/dW and dL/db from dL/dy, shapes (B, inputs), (outputs, inputs), (outputs,).

    >>> [a.tolist() for a in linear_backward(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]),
    ...                                      np.array([[1.0]]))]
    [[[3.0, 4.0]], [[1.0, 2.0]], [1.0]]
    """
    x, weight, gradient = _matrices(x=x, weight=weight, gradient=gradient)
    if gradient.shape != (len(x), len(weight)) or x.shape[1] != weight.shape[1]:
        shapes = f"x {x.shape}, weight {weight.shape}, gradient {gradient.shape}"
        raise ShapeError(f"shapes do not fit: {shapes}")
    return gradient @ weight, gradient.T @ x, gradient.sum(0)


@np.errstate(all="ignore")
def fourier_features(x, octaves):
    """x, followed by a_j sin(w_j x) and a_j cos(w_j x) of each coordinate.

    w_j = 2^(j - 1), a_j = 2^(-3 j / 2), j = 0 ... J - 1.

    x: shape (B, d). octaves: J.
    Returns shape (B, d (1 + 2 J)): x, then the sines of the first coordinate, of the second, ...,
    then the cosines. Tancik et al. (2020), section 6.1, with amplitudes.

    >>> fourier_features([[np.pi]], 3).round(6).tolist()
    [[3.141593, 1.0, 0.0, -0.0, 0.0, -0.353553, 0.125]]
    """
    x, octaves = dimensions("x", real("x", x), 2), count("octaves", octaves)
    columns = [x]
    for wave in (np.sin, np.cos):
        for coordinate in x.T:
            for j in range(octaves):
                columns.append((2.0 ** (-1.5 * j) * wave(2.0 ** (j - 1) * coordinate))[:, None])
    return np.concatenate(columns, axis=1)


@np.errstate(all="ignore")
def leaky_relu(x, small=0.2):
    """x above 0 and `small` times x elsewhere.

    >>> leaky_relu([2.0, -2.0], 0.5).tolist()
    [2.0, -1.0]
    """
    x = real("x", x)
    return np.where(x > 0, x, number("small", small) * x)[()]


@np.errstate(all="ignore")
def leaky_relu_backward(x, gradient, small=0.2):
    """dL/dx from dL/dy; `small` at 0 itself.

    >>> leaky_relu_backward(np.array([2.0, 0.0]), np.ones(2), 0.5).tolist()
    [1.0, 0.5]
    """
    x, gradient = _fitting(x, gradient)
    return np.where(x > 0, gradient, number("small", small) * gradient)[()]


def relu(x):
    """max(x, 0).

    >>> relu([2.0, -2.0]).tolist()
    [2.0, 0.0]
    """
    return np.maximum(real("x", x), 0.0)


def relu_backward(x, gradient):
    """dL/dx from dL/dy; 0 at 0 itself.

    >>> relu_backward(np.array([2.0, 0.0]), np.ones(2)).tolist()
    [1.0, 0.0]
    """
    x, gradient = _fitting(x, gradient)
    return np.where(x > 0, gradient, 0.0)[()]


def tanh(x):
    """(e^x - e^-x) / (e^x + e^-x).

    >>> float(tanh(0.0))
    0.0
    """
    return np.tanh(real("x", x))


@np.errstate(all="ignore")
def tanh_backward(x, gradient):
    """dL/dx = dL/dy / cosh^2 x.

    >>> float(tanh_backward(0.0, 3.0))
    3.0
    """
    x, gradient = _fitting(x, gradient)
    e = np.exp(-2 * np.abs(x))  # 1 - tanh^2 x is inaccurate where tanh is near 1
    return gradient * (4 * e / (1 + e) ** 2)


def sigmoid(x):
    """1 / (1 + e^-x).

    >>> float(sigmoid(0.0))
    0.5
    """
    return _sigmoid(x)


@np.errstate(all="ignore")
def sigmoid_backward(x, gradient):
    """dL/dx = dL/dy s(x) s(-x).

    >>> float(sigmoid_backward(0.0, 4.0))
    1.0
    """
    x, gradient = _fitting(x, gradient)
    return gradient * _sigmoid(x) * _sigmoid(-x)


def maxout(x, pieces):
    """The largest of every `pieces` entries. Goodfellow et al., "Maxout Networks" (2013).

    x: shape (B, units * pieces).
    Returns shape (B, units).

    >>> maxout([[1.0, 2.0, 4.0, 3.0]], 2).tolist()
    [[2.0, 4.0]]
    """
    x, pieces = event("x", real("x", x)), count("pieces", pieces)
    if x.shape[-1] % pieces:
        raise ShapeError(f"x {x.shape} does not divide into {pieces} pieces")
    return x.reshape(*x.shape[:-1], x.shape[-1] // pieces, pieces).max(-1)


def maxout_backward(x, gradient, pieces):
    """dL/dx from dL/dy, which goes to the first of the largest entries.

    >>> maxout_backward(np.array([[2.0, 2.0]]), np.array([[1.0]]), 2).tolist()
    [[1.0, 0.0]]
    """
    x, gradient = event("x", real("x", x)), event("gradient", real("gradient", gradient))
    pieces = count("pieces", pieces)
    if (*gradient.shape[:-1], gradient.shape[-1] * pieces) != x.shape:
        raise ShapeError(f"gradient {gradient.shape} is not of {pieces} pieces of x {x.shape}")
    groups = x.reshape(*gradient.shape, pieces)
    first = np.arange(pieces) == groups.argmax(-1)[..., None]
    return (first * gradient[..., None]).reshape(x.shape)


@np.errstate(all="ignore")
def dropout(x, mask, rate):
    """x times a given mask of zeros and ones, over 1 - rate, so that the mean is kept.

    >>> dropout([1.0, 1.0], [1.0, 0.0], 0.5).tolist()
    [2.0, 0.0]
    """
    x, mask = broadcast(x=real("x", x), mask=whole("mask", mask, 0, 2))
    rate = number("rate", rate)
    refuse("rate", rate, (rate < 0) | (rate >= 1), "in [0, 1)")
    return x * mask / (1 - rate)


def embedding(label, table):
    """The rows of a table at the labels, shape (B, width).

    >>> embedding([1, 0], [[5.0], [7.0]]).tolist()
    [[7.0], [5.0]]
    """
    table = dimensions("table", real("table", table), 2)
    return table[whole("label", label, 0, len(table))]


def softmax_ce_backward(logits, label):
    """Gradient of the mean cross-entropy of a batch in its logits, (p - onehot) / B.

    logits: shape (B, K). label: integers, shape (B,).
    Returns shape (B, K).

    >>> softmax_ce_backward([[0.0, 0.0]], [1]).tolist()
    [[0.5, -0.5]]
    """
    logits = dimensions("logits", real("logits", logits), 2)
    return cross_entropy_gradient(logits, label) / len(logits)


@np.errstate(all="ignore")
def power_iteration(W, u, n):
    """The estimate u' W v of the largest singular value after n iterations; never above it.

    W: shape (m, d), not zero. u: initial vector, shape (m,), not zero. n: iterations, at least 1.
    Returns (estimate, u). Miyato et al., "Spectral Normalization" (2018), algorithm 1.

    >>> float(power_iteration([[2.0, 0.0], [0.0, 1.0]], [1.0, 0.0], 1)[0])
    2.0
    """
    W, u = dimensions("W", real("W", W), 2), dimensions("u", real("u", u), 1)
    if len(u) != len(W):
        raise ShapeError(f"W {W.shape} and u {u.shape} do not fit")
    if not W.any() or not u.any():
        raise DomainError("W and u must not be zero")
    size, u = np.abs(W).max(), unit(u)
    W = W / size
    for _ in range(count("n", n)):
        v = W.T @ u
        if not v.any():
            raise DomainError("u must not be orthogonal to every column of W")
        u = W @ unit(v)
        estimate, u = norm(u), unit(u)
    return size * estimate, u
