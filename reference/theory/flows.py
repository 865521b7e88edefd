"""Change of variables: densities under invertible maps.

    log p(x) = log p_z(f^-1(x)) + log |det df^-1/dx|,    x = f(z)

Dinh et al., "Density estimation using Real NVP" (2017), equations 2, 4 to 8; Rezende &
Mohamed, "Variational Inference with Normalizing Flows" (2015), equations 10 to 12 and
appendix A.1; Kingma & Dhariwal, "Glow" (2018), table 1; Rosenblatt (1952).
"""

import numpy as np

from reference.arrays import along, covariance, dimensions, event, number, real, refuse
from reference.errors import DomainError, ShapeError
from reference.normal import ndtr
from reference.primitives import LOG_2, softplus


def _bounded(s):
    return 2 * np.tanh(s / 2)  # a scale between e^-2 and e^2 for any network output


def _split(name, x, net):
    if x.ndim == 0 or x.shape[-1] < 2:
        raise ShapeError(f"{name} needs at least two features to split: shape {x.shape}")
    half = x.shape[-1] // 2
    s, t = net(x[..., :half])
    s, t = real("s", s), real("t", t)
    if s.shape != x[..., half:].shape or t.shape != s.shape:
        raise ShapeError(f"net must return two arrays {x[..., half:].shape}: {s.shape} {t.shape}")
    return half, _bounded(s), t


@np.errstate(all="ignore")
def affine_coupling_forward(x, net):
    """y1 = x1, y2 = x2 e^b(s) + t with (s, t) = net(x1) and b(s) = 2 tanh(s / 2).

    x: shape (..., d), d at least 2. net: the first d // 2 features to (s, t) of the rest.
    Returns (y, log determinant): shapes (..., d) and (...).

    >>> y, logdet = affine_coupling_forward([1.0, 2.0], lambda h: (0 * h, h))
    >>> y.tolist(), float(logdet)
    ([1.0, 3.0], 0.0)
    """
    x = real("x", x)
    half, s, t = _split("x", x, net)
    return np.concatenate([x[..., :half], x[..., half:] * np.exp(s) + t], -1), s.sum(-1)


@np.errstate(all="ignore")
def affine_coupling_inverse(y, net):
    """The inverse of affine_coupling_forward with the same net.

    Returns (x, log determinant of the inverse).

    >>> affine_coupling_inverse([1.0, 3.0], lambda h: (0 * h, h))[0].tolist()
    [1.0, 2.0]
    """
    y = real("y", y)
    half, s, t = _split("y", y, net)
    return np.concatenate([y[..., :half], (y[..., half:] - t) * np.exp(-s)], -1), -s.sum(-1)


@np.errstate(all="ignore")
def planar(z, w, u, b):
    """f(z) = z + v tanh(w'z + b), with v = u shifted along w so that w'v > -1: f is invertible.

    z: shape (..., d). w, u: shape (d,), w not 0. b: one number.
    Returns (f(z), log determinant): shapes (..., d) and (...).

    >>> x, logdet = planar([0.0], [1.0], [0.0], 0.0)
    >>> x.shape, logdet.shape
    ((1,), ())
    """
    z, w, u = real("z", z), dimensions("w", real("w", w), 1), dimensions("u", real("u", u), 1)
    if z.ndim == 0 or not z.shape[-1] == len(w) == len(u):
        raise ShapeError(f"shapes do not fit: z {z.shape}, w {w.shape}, u {u.shape}")
    if not w.any():
        raise DomainError("w must not be zero")
    size = np.abs(w).max()
    unit = w / size  # w'w over- and underflows at 1e154 and 1e-162
    along = size * (unit @ u)
    # w'v = log(1 + e^w'u) - 1, from which w'u is split off where it is large
    step = np.where(along > 0, softplus(-along) - 1, softplus(along) - 1 - along)
    v = u + step / size * (unit / (unit @ unit))
    a = z @ w + number("b", b)
    for name, value in (("u", v + along), ("z", a)):
        refuse(name, value, ~np.isfinite(value), "such that its product with w is a number")
    h, rest = np.tanh(a), np.exp(2 * (LOG_2 - np.abs(a) - np.log1p(np.exp(-2 * np.abs(a)))))
    # 1 + (1 - h^2) w'v = h^2 + (1 - h^2) log(1 + e^w'u): the former near 1, the latter near 0
    above, scale = softplus(along), softplus(along) - 1
    low = 2 * np.log(np.abs(h)), np.log(rest) + np.log(above)
    logdet = np.where(rest * scale > -0.5, np.log1p(rest * scale), np.logaddexp(*low))
    return z + h[..., None] * v, logdet[()]


@np.errstate(all="ignore")
def actnorm(x, log_scale, shift):
    """y = x e^s + t, feature by feature.

    x: shape (..., d). log_scale, shift: s and t, shape (d,).
    Returns (y, log determinant): shapes (..., d) and (...).

    >>> y, logdet = actnorm([1.0, 2.0], [0.0, 0.0], [1.0, 1.0])
    >>> y.tolist(), float(logdet)
    ([2.0, 3.0], 0.0)
    """
    x, s, t = along(
        -1, x=real("x", x), log_scale=real("log_scale", log_scale), shift=real("shift", shift)
    )
    return np.where(x == 0, 0.0, x * np.exp(s)) + t, s.sum(-1)


@np.errstate(all="ignore")
def inv1x1(x, W):
    """y = W x, an invertible mixing of the features.

    x: shape (..., d). W: shape (d, d), not singular.
    Returns (y, log determinant): shapes (..., d) and (...).

    >>> y, logdet = inv1x1([1.0, 2.0], [[0.0, 1.0], [1.0, 0.0]])
    >>> y.tolist(), float(logdet)
    ([2.0, 1.0], 0.0)
    """
    x, W = real("x", x), dimensions("W", real("W", W), 2)
    if W.shape[0] != W.shape[1] or x.ndim == 0 or x.shape[-1] != len(W):
        raise ShapeError(f"shapes do not fit: x {x.shape}, W {W.shape}")
    sign, logdet = np.linalg.slogdet(W)
    if sign == 0:
        raise DomainError("W must not be singular")
    return x @ W.T, np.full(x.shape[:-1], logdet)[()]


@np.errstate(all="ignore")
def flow_logprob(x, inverses):
    """log p(x) of a flow from a standard normal, in nats.

    x: shape (..., d). inverses: functions x -> (z, log determinant), from the data to the noise.
    Returns shape (...).

    >>> value = flow_logprob([2.0], [lambda x: actnorm(x, [-np.log(2.0)], [0.0])])
    >>> round(float(value), 6)
    -2.112086
    """
    z, total = event("x", real("x", x)), 0.0
    for inverse in inverses:
        z, logdet = inverse(z)
        total = total + logdet
    return total - 0.5 * (z**2 + np.log(2 * np.pi)).sum(-1)


@np.errstate(all="ignore")
def pushforward_1d(x, log_density, g, gradient, low, high):
    """The density of g(z) at x for an increasing g, log p_z(z) - log g'(z) at z = g^-1(x).

    x: points, shape (n,). log_density: of z. g, gradient: the map and its derivative, arrays to
    arrays. low, high: an interval of z that g maps around every x.
    Returns shape (n,), in nats.

    >>> log_uniform = lambda z: np.where(np.abs(z - 0.5) <= 0.5, 0.0, -np.inf)
    >>> double = lambda z: 2 * z, lambda z: 2 + 0 * z
    >>> pushforward_1d([1.0], log_uniform, *double, 0.0, 1.0).tolist() == [-float(np.log(2))]
    True
    """
    x = real("x", x)
    low, high = (np.full(x.shape, number(n, v)) for n, v in (("low", low), ("high", high)))
    refuse("x", x, (g(low) > x) | (g(high) < x), "between g(low) and g(high)")
    for _ in range(2200):  # bisection to the last bit, also of a root near 0
        middle = 0.5 * (low + high)
        if ((middle == low) | (middle == high)).all():
            break
        below = g(middle) < x
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    with np.errstate(all="ignore"):
        return log_density(high) - np.log(gradient(high))


@np.errstate(all="ignore")
def rosenblatt(x, mean, cov):
    """The uniform variables P(X_i <= x_i | x_1 ... x_i-1) of a Gaussian X.

    x: shape (..., d). mean: shape (d,). cov: shape (d, d), positive definite.
    Returns shape (..., d), in [0, 1].

    >>> rosenblatt([0.0], [0.0], [[4.0]]).tolist()
    [0.5]
    """
    x, mean = real("x", x), dimensions("mean", real("mean", mean), 1)
    cov = covariance("cov", cov)
    if x.ndim == 0 or not x.shape[-1] == len(mean) == len(cov):
        raise ShapeError(f"shapes do not fit: x {x.shape}, mean {mean.shape}, cov {cov.shape}")
    # z = L^-1 (x - mean) with L lower triangular: z_i depends on x_1 ... x_i only.
    return ndtr(np.linalg.solve(np.linalg.cholesky(cov), (x - mean)[..., None])[..., 0])
