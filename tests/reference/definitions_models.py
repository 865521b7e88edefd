"""Definitions in many digits of exact models: latents, likelihoods, diffusion, flows."""

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import softplus
from tests.reference.exact import cdf, exp, inverse, log, tanh, ufunc

where = np.where


def n(*shapes):
    return lambda r: [r.normal(size=shape) for shape in shapes]


def spd(r, d=2):
    a = r.normal(size=(d, d))
    return (s := a @ a.T + np.eye(d)) / 2 + s.T / 2


def normal(x, m, v):
    """log N(x; m, e^v)."""
    return -(mp.log(2 * mp.pi) + v + (x - m) ** 2 * exp(-v)) / 2


def gauss(x, m, cov):
    """log N(x; m, S) of each row."""
    off, det = x - m, mp.det(mp.matrix(cov.tolist()))
    square = (off @ inverse(cov) * off).sum(-1)
    return -(len(cov) * mp.log(2 * mp.pi) + mp.log(det) + square) / 2


def binned(law, levels):
    def value(x, m, s):
        step = mp.mpf(2) / (levels - 1)
        x = -1 + mp.nint((x + 1) / step) * step
        low, high = (x - step / 2 - m) / s, (x + step / 2 - m) / s
        mirrored = low > 0  # of both ends the tails, not what is left of 1
        near, width = (low, high - low) if mirrored else (-high, high - low)
        if near > 1e10 and law is phi and abs(x) < 1:  # e^-z^2/2 (1 - e^-zw) / z sqrt(2 pi)
            tail = -near * near / 2 - mp.log(near * mp.sqrt(2 * mp.pi))
            return tail + mp.log(-mp.expm1(-near * width - width**2 / 2))
        if x == -1:
            return mp.log(law(high))
        if x == 1:
            return mp.log(law(-low))
        pair = (law(-low), law(-high)) if mirrored else (law(high), law(low))
        return mp.log(pair[0] - pair[1])

    return ufunc(value, 3)


def phi(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def logistic(x):
    return 1 / (1 + mp.exp(-x))


def factorials(k, m, a):
    choose = ufunc(lambda k, m: mp.log(mp.binomial(int(m), int(k))), 2)(k, m)
    return choose - k * softplus(-a) - (m - k) * softplus(a)


def moments(x):
    m = x.mean()
    e = mp.sqrt(((x - m) ** 2).sum() / (len(x) - 1) / len(x))
    return m, e, m - mp.mpf(1.959963984540054) * e, m + mp.mpf(1.959963984540054) * e


def alphas(beta):
    """A_0 = 1, A_1 ..."""
    return np.concatenate([[mp.mpf(1)], np.multiply.accumulate(1 - beta)])


def at(t, beta):
    a, t = alphas(beta), np.asarray(t).astype(int)
    return a[t], a[t - 1], beta[t - 1]


def reversed_step(x0, xt, t, beta):
    """Mean and variance of x_t-1 given both, from the precisions of two normal densities."""
    _, before, b = at(t, beta)
    if np.ndim(t) == 0 and t == 1:
        return x0 + 0 * xt, 0 * (x0 + xt)
    precision = 1 / (1 - before) + (1 - b) / b
    return (
        (mp.sqrt(before) * x0 / (1 - before) + mp.sqrt(1 - b) * xt / b) / precision,
        1 / precision + 0 * (x0 + xt),
    )


def ddim(xt, e, t, beta, eta=0.0, z=0.0):
    a, before, b = at(t, beta)
    x0, s2 = (xt - mp.sqrt(1 - a) * e) / mp.sqrt(a), b * (1 - before) / (1 - a)
    kept = mp.sqrt(max(1 - before - mp.mpf(eta) ** 2 * s2, 0))
    return mp.sqrt(before) * x0 + kept * e + mp.mpf(eta) * mp.sqrt(s2) * z


def denoised(xt, t, mean, cov, beta):
    a, *_ = at(t, beta)
    back = inverse(a * cov + (1 - a) * np.eye(len(cov)))
    return mean + (xt - mp.sqrt(a) * mean) @ back @ cov * mp.sqrt(a)


def noise_seen(xt, t, mean, cov, beta):
    a, *_ = at(t, beta)
    return (xt - mp.sqrt(a) * denoised(xt, t, mean, cov, beta)) / mp.sqrt(1 - a)


def kl(m1, v1, m2, v2):
    return ((v2 - v1 + exp(v1 - v2) - 1 + (m1 - m2) ** 2 * exp(-v2)) / 2).sum(-1)


def prior_term(x0, beta):
    a = alphas(beta)[-1]
    return kl(mp.sqrt(a) * x0, mp.log(1 - a), 0 * x0, 0 * x0)


def decoder_term(x0, m, v, levels=256):
    return -binned(phi, int(levels))(x0, m, exp(v / 2)).sum(-1)


def step_term(x0, xt, t, m, v, beta):
    mean, variance = reversed_step(x0, xt, t, beta)
    return kl(mean, log(variance), m, v)


def bound(x0, eps, predict, beta, variance="posterior", levels=256):
    terms = []
    for t in range(1, len(beta) + 1):
        a, _, b = at(t, beta)
        xt = mp.sqrt(a) * x0 + mp.sqrt(1 - a) * eps[t - 1]
        guess = (xt - mp.sqrt(1 - a) * predict(xt, t)) / mp.sqrt(a)
        mean, s2 = reversed_step(guess, xt, t, beta)
        if t == 1:
            terms.append(decoder_term(x0, mean, mp.log(b) + 0 * mean, levels))
        else:
            terms.append(step_term(x0, xt, t, mean, log(s2), beta))
    return np.stack([*terms, prior_term(x0, beta)])


def cosine(steps):
    f = lambda t: mp.cos((t + mp.mpf("0.008")) / mp.mpf("1.008") * mp.pi / 2) ** 2  # noqa: E731
    steps = int(steps)
    share = [f(mp.mpf(t) / steps) for t in range(steps + 1)]
    return np.array([min(1 - share[t + 1] / share[t], mp.mpf(0.999)) for t in range(steps)])


def scheduled(kind, steps, low=1e-4, high=0.02):
    steps = int(steps)
    if kind == "cosine":
        return cosine(steps)
    rise = (mp.mpf(high) - mp.mpf(low)) / max(steps - 1, 1)
    return np.array([mp.mpf(low) + rise * t for t in range(steps)], object)


def steps_of(x=(), more=0):
    """Draws of x0 and others, a step t and four variances."""
    return lambda r: [*n(*x)(r), 2, *([0.3] * more), r.uniform(0.1, 0.5, 4)]


def couple(x, net, inverse_=False):
    half = x.shape[-1] // 2
    s, t = net(x[..., :half])
    b = 2 * tanh(s / 2)
    y = (x[..., half:] - t) * exp(-b) if inverse_ else x[..., half:] * exp(b) + t
    return np.concatenate([x[..., :half], y], -1), (-b if inverse_ else b).sum(-1)


def planar(z, w, u, b):
    along = (w * u).sum()
    v = u + (mp.log(1 + mp.exp(along)) - 1 - along) * w / (w * w).sum()
    a = z @ w + b
    return z + tanh(a)[..., None] * v, log(1 + (1 - tanh(a) ** 2) * (w * v).sum())


def scaled(x, s, t):
    return x * exp(s) + t, (s + 0 * x).sum(-1)


def conditional_uniform(x, m, cov):
    """P(X_i <= x_i | x_1 ... x_i-1), by the conditional of each entry."""
    out = np.empty(x.shape, object)
    for i in range(len(m)):
        mean, var = m[i] + 0 * x[..., i], cov[i, i]
        if i:
            gain = cov[i, :i] @ inverse(cov[:i, :i])
            mean, var = m[i] + (x[..., :i] - m[:i]) @ gain, var - gain @ cov[:i, i]
        out[..., i] = cdf((x[..., i] - mean) / mp.sqrt(var))
    return out


def shares(x, means, scale, weights=None):
    w = 1 if weights is None else weights
    d2 = ((x[:, None] - means) ** 2).sum(-1)
    e = w * exp(-(d2 - d2.min(-1, keepdims=True)) / (2 * scale**2))
    return e / e.sum(-1, keepdims=True)


def mixture(x, means, scale, weights=None):
    w = mp.mpf(1) / len(means) if weights is None else weights
    d2 = ((x[:, None] - means) ** 2).sum(-1)
    top = d2.min(-1, keepdims=True)
    total = log((w * exp(-(d2 - top) / (2 * scale**2))).sum(-1)) - top[:, 0] / (2 * scale**2)
    return total - means.shape[1] * mp.log(2 * mp.pi * scale**2) / 2


def score(x, means, scale, weights=None):
    r = shares(x, means, scale, weights)
    return (r[..., None] * (means - x[:, None])).sum(1) / scale**2


def recovered(y, means, scale, noise):
    return y + noise**2 * score(y, means, mp.sqrt(scale**2 + noise**2))


def to_mixture(x, ms, vs):
    return log(sum(exp(normal(x, m, v)) for m, v in zip(ms, vs, strict=True)) / len(ms))


def quadrature(m, v, ms, vs):
    s = mp.exp(v / 2)
    f = lambda x: mp.exp(normal(x, m, v)) * (normal(x, m, v) - to_mixture(x, ms, vs))  # noqa: E731
    return mp.quad(f, [m + k * s for k in (-14, -7, -3, -1, 0, 1, 3, 7, 14)])


def drawn_kl(m, v, ms, vs, eps):
    x = m + mp.exp(v / 2) * eps
    d = normal(x, m, v) - to_mixture(x, ms, vs)
    return d.mean(), mp.sqrt(((d - d.mean()) ** 2).sum() / (len(d) - 1) / len(d))


def upper(m, v, ms, vs):
    parts = [kl(*(np.array([a]) for a in (m, v, x, y))) for x, y in zip(ms, vs, strict=True)]
    return -mp.log(sum(mp.exp(-p) for p in parts) / len(ms))


def model(r):
    return [r.normal(size=(3, 2)), r.normal(size=3), 0.5]
