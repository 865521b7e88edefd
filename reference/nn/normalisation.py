"""Batch normalisation, with its manual backpropagation.

    y = (x - m) / sqrt(v + eps) scale + shift

Ioffe & Szegedy, "Batch Normalization" (2015), algorithm 1. Deviations are lengths of columns, so
that no square over- or underflows.
"""

import numpy as np

from reference.arrays import (
    dimensions,
    equal_shapes,
    non_negative,
    number,
    real,
    refuse,
    within,
)
from reference.distance import norm
from reference.errors import DomainError, ShapeError


def _eps(eps):
    eps = number("eps", eps)
    refuse("eps", eps, eps < 0, "at least 0")
    return eps


def _normalised(x, eps):
    """(x - m) / sqrt(v + eps) of a batch, and the root."""
    apart = x - x[0]
    apart = apart - apart.mean(0)
    deviation = np.hypot(norm(apart, 0) / np.sqrt(len(x)), np.sqrt(eps))
    if not deviation.all():
        raise DomainError("x must vary in every column where eps is 0")
    return apart / deviation, deviation


@np.errstate(all="ignore")
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
    mean, var = real("running_mean", running_mean), non_negative("running_var", running_var)
    scale, shift, eps = real("scale", scale), real("shift", shift), _eps(eps)
    momentum = within("momentum", number("momentum", momentum), 0, 1)
    of = {"scale": scale, "shift": shift, "running_mean": mean, "running_var": var}
    for name, a in of.items():
        if a.shape != x.shape[1:]:
            raise ShapeError(f"{name} {a.shape} is not one number for each column of x {x.shape}")
    if train:
        if len(x) < 2:
            raise DomainError("x must have at least 2 rows in training: its variance is unknown")
        normal, _ = _normalised(x, eps)
        v = (x - x[0]).var(0) * (len(x) / (len(x) - 1))
        mean = (1 - momentum) * mean + momentum * x.mean(0)
        var = (1 - momentum) * var + momentum * v
    else:
        refuse("running_var", var, var + eps <= 0, "above 0 where eps is 0")
        normal = (x - mean) / np.sqrt(var + eps)
    return np.where(scale == 0, 0.0, normal * scale) + shift, mean, var


@np.errstate(all="ignore")
def batchnorm_backward(x, scale, gradient, eps=1e-5):
    """dL/dx, dL/dscale, dL/dshift from dL/dy in training, through the batch's own moments.

    >>> batchnorm_backward(np.array([[0.0], [2.0]]), np.ones(1), np.ones((2, 1)))[2].tolist()
    [2.0]
    """
    x = dimensions("x", real("x", x), 2)
    x, gradient = equal_shapes(x=x, gradient=real("gradient", gradient))
    scale = real("scale", scale)
    if scale.shape != x.shape[1:]:
        raise ShapeError(f"scale {scale.shape} is not one number for each column of x {x.shape}")
    normal, deviation = _normalised(x, _eps(eps))
    # As the normal values sum to 0, a constant may be taken off the gradient: exactly, at first.
    apart = gradient - gradient[0]
    apart = apart - apart.mean(0)
    inner = apart - normal * (apart * normal).mean(0)
    return inner / deviation * scale, (apart * normal).sum(0), gradient.sum(0)
