"""Layers of a network, each with its manual backpropagation.

    y = f(x; w):    given dL/dy, return dL/dx and dL/dw

Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors" (1986).
At a kink the gradient is that of Torch: 0 for ReLU at 0, the small gradient for LeakyReLU, and for
maxout the first of equal entries gets all of it.
"""

import numpy as np

from reference.arrays import broadcast, count, dimensions, event, number, real, refuse, whole
from reference.errors import DomainError, ShapeError
from reference.primitives import log_softmax
from reference.primitives import sigmoid as _sigmoid


def linear(x, weight, bias):
    """y = x W' + b.

    x: shape (B, inputs). weight: W, shape (outputs, inputs). bias: b, shape (outputs,).
    Returns shape (B, outputs).

    >>> linear([[1.0, 2.0]], [[3.0, 4.0]], [5.0]).tolist()
    [[16.0]]
    """
    x, weight, bias = real("x", x), real("weight", weight), real("bias", bias)
    if x.ndim != 2 or weight.shape != (*bias.shape, x.shape[1]):
        raise ShapeError(f"x {x.shape}, weight {weight.shape}, bias {bias.shape} do not fit")
    return x @ weight.T + bias


def linear_backward(x, weight, gradient):
    """dL/dx, dL/dW and dL/db from dL/dy, shapes (B, inputs), (outputs, inputs), (outputs,).

    >>> [a.tolist() for a in linear_backward(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]),
    ...                                      np.array([[1.0]]))]
    [[[3.0, 4.0]], [[1.0, 2.0]], [1.0]]
    """
    return gradient @ weight, gradient.T @ x, gradient.sum(0)


def fourier_features(x, octaves):
    """x, followed by a_j sin(w_j x) and a_j cos(w_j x) of each coordinate.

    w_j = 2^(j - 1), a_j = 2^(-3 j / 2), j = 0 ... J - 1.

    x: shape (B, d). octaves: J.
    Returns shape (B, d (1 + 2 J)): x, then the sines of the first coordinate, of the second, ...,
    then the cosines. Tancik et al. (2020), section 6.1, with amplitudes.

    >>> fourier_features([[np.pi]], 3).round(6).tolist()
    [[3.141593, 1.0, 0.0, -0.0, 0.0, -0.353553, 0.125]]
    """
    x, octaves = real("x", x), count("octaves", octaves)
    if x.ndim != 2:
        raise ShapeError(f"x {x.shape}; it must have shape (B, d)")
    columns = [x]
    for wave in (np.sin, np.cos):
        for coordinate in x.T:
            for j in range(octaves):
                columns.append((2.0 ** (-1.5 * j) * wave(2.0 ** (j - 1) * coordinate))[:, None])
    return np.concatenate(columns, axis=1)


def leaky_relu(x, small=0.2):
    """x above 0 and `small` times x elsewhere.

    >>> leaky_relu([2.0, -2.0], 0.5).tolist()
    [2.0, -1.0]
    """
    x = real("x", x)
    return np.where(x > 0, x, number("small", small) * x)


def leaky_relu_backward(x, gradient, small=0.2):
    """dL/dx from dL/dy; `small` at 0 itself.

    >>> leaky_relu_backward(np.array([2.0, 0.0]), np.ones(2), 0.5).tolist()
    [1.0, 0.5]
    """
    return np.where(x > 0, gradient, number("small", small) * gradient)


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
    return np.where(x > 0, gradient, 0.0)


def tanh(x):
    """(e^x - e^-x) / (e^x + e^-x).

    >>> float(tanh(0.0))
    0.0
    """
    return np.tanh(real("x", x))


def tanh_backward(x, gradient):
    """dL/dx = dL/dy / cosh^2 x.

    >>> float(tanh_backward(0.0, 3.0))
    3.0
    """
    e = np.exp(-2 * np.abs(x))  # 1 - tanh^2 x is inaccurate where tanh is near 1
    return gradient * (4 * e / (1 + e) ** 2)


def sigmoid(x):
    """1 / (1 + e^-x).

    >>> float(sigmoid(0.0))
    0.5
    """
    return _sigmoid(x)


def sigmoid_backward(x, gradient):
    """dL/dx = dL/dy s(x) s(-x).

    >>> float(sigmoid_backward(0.0, 4.0))
    1.0
    """
    return gradient * _sigmoid(x) * _sigmoid(-np.asarray(x))


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
    return x.reshape(*x.shape[:-1], -1, pieces).max(-1)


def maxout_backward(x, gradient, pieces):
    """dL/dx from dL/dy, which goes to the first of the largest entries.

    >>> maxout_backward(np.array([[2.0, 2.0]]), np.array([[1.0]]), 2).tolist()
    [[1.0, 0.0]]
    """
    groups = x.reshape(*x.shape[:-1], -1, pieces)
    first = np.arange(pieces) == groups.argmax(-1)[..., None]
    return (first * gradient[..., None]).reshape(x.shape)


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
    label = np.asarray(label)
    refuse("label", label, (label < 0) | (label >= len(table)), f"in 0 ... {len(table) - 1}")
    return table[label]


def softmax_ce_backward(logits, label):
    """Gradient of the mean cross-entropy of a batch in its logits, (p - onehot) / B.

    logits: shape (B, K). label: integers, shape (B,).
    Returns shape (B, K).

    >>> softmax_ce_backward([[0.0, 0.0]], [1]).tolist()
    [[0.5, -0.5]]
    """
    logits = dimensions("logits", real("logits", logits), 2)
    hot = np.arange(logits.shape[1]) == np.asarray(label)[:, None]
    return (np.exp(log_softmax(logits)) - hot) / len(logits)


def batchnorm(x, scale, shift, running_mean, running_var, train, momentum=0.1, eps=1e-5):
    """Batch normalisation, y = (x - m) / sqrt(v + eps) scale + shift.

    In training m and v are the batch's, v divided by B in y but by B - 1 in the running one,
    as Torch does. Ioffe & Szegedy, "Batch Normalization" (2015), algorithm 1.

    x: shape (B, d). scale, shift, running_mean, running_var: shape (d,). train: whether the
    batch's own moments are used. momentum: weight of this batch in the running moments.
    Returns (y, running_mean, running_var).

    >>> y, m, v = batchnorm([[0.0], [2.0]], [1.0], [0.0], [0.0], [1.0], True, eps=0.0)
    >>> y.tolist(), m.tolist(), v.round(12).tolist()
    ([[-1.0], [1.0]], [0.1], [1.1])
    """
    x = dimensions("x", real("x", x), 2)
    mean, var = real("running_mean", running_mean), real("running_var", running_var)
    if train:
        if len(x) < 2:
            raise DomainError("x must have at least 2 rows in training: its variance is unknown")
        m, v = x.mean(0), x.var(0)
        mean = (1 - momentum) * mean + momentum * m
        var = (1 - momentum) * var + momentum * v * len(x) / (len(x) - 1)
    else:
        m, v = mean, var
    y = (x - m) / np.sqrt(v + eps) * real("scale", scale) + real("shift", shift)
    return y, mean, var


def batchnorm_backward(x, scale, gradient, eps=1e-5):
    """dL/dx, dL/dscale, dL/dshift from dL/dy in training, through the batch's own moments.

    >>> batchnorm_backward(np.array([[0.0], [2.0]]), np.ones(1), np.ones((2, 1)))[2].tolist()
    [2.0]
    """
    deviation = np.sqrt(x.var(0) + eps)
    normal = (x - x.mean(0)) / deviation
    inner = gradient - gradient.mean(0) - normal * (gradient * normal).mean(0)
    return inner * scale / deviation, (gradient * normal).sum(0), gradient.sum(0)


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
    for _ in range(count("n", n)):
        v = W.T @ u
        if not v.any():
            raise DomainError("u must not be orthogonal to every column of W")
        v = v / np.linalg.norm(v)
        u = W @ v
        estimate = np.linalg.norm(u)
        u = u / estimate
    return estimate, u
