"""Definitions in many digits, or by enumeration, of the game, its divergences and its dynamics."""

import mpmath as mp
import numpy as np

from tests.reference import exact
from tests.reference.exact import log, slopes, sqrt, ufunc, xlogx

INF, NAN = np.inf, np.nan


where = np.where


def simplex(r, *shape):
    w = r.random(shape) + 0.05
    return w / w.sum(-1, keepdims=True)


def two(r, k=3):
    return [simplex(r, k), simplex(r, k)]


def three(r):
    return [*two(r), r.normal(size=3)]


def ratio(a, b):
    """a / b, infinite where b is 0 and 0 where both are."""
    return ufunc(lambda x, y: x / y if y else (mp.inf * mp.sign(x) if x else mp.mpf(0)), 2)(a, b)


softplus = ufunc(lambda x: mp.log1p(mp.exp(x)) if x < 5000 else x + mp.exp(-x))


sign = ufunc(mp.sign)


def entry(p, q):
    """1/2 [p log(p/m) + q log(q/m)] at each point."""
    return ufunc(exact._middle, 2)(p, q)


def summed(a):
    return np.asarray(a).sum(-1)


def relative(p, q):
    return ufunc(exact._relative, 2)(p, q)


def best(p, q):
    return ratio(p, p + q)


GAMES = {  # losses of one real and of one fake logit, and of the generator
    "minimax": (lambda r: softplus(-r), softplus, lambda f: -softplus(f)),
    "non_saturating": (lambda r: softplus(-r), softplus, lambda f: softplus(-f)),
    "lsgan": (lambda r: (r - 1) ** 2 / 2, lambda f: f**2 / 2, lambda f: (f - 1) ** 2 / 2),
    "wgan": (lambda r: -r, lambda f: f, lambda f: -f),
    "hinge": (
        lambda r: np.maximum(0, 1 - r),
        lambda f: np.maximum(0, 1 + f),
        lambda f: -f,
    ),
}


ROLE = {"real": 0, "fake": 1, "generator": 2}


def losses(r, f, kind, reduction="mean", *labels):
    d, g = GAMES[kind][0](r) + GAMES[kind][1](f), GAMES[kind][2](f)
    return (d, g) if reduction == "none" else tuple(getattr(np, reduction)(a) for a in (d, g))


def gain(pd, pg, logit, w=None):
    w = 1 if w is None else w
    terms = where(w * pd == 0, 0, -w * pd * softplus(-logit))
    return summed(terms - where(w * pg == 0, 0, w * pg * softplus(logit)))


def criterion(pd, pg, w=None):
    w = 1 if w is None else w
    total = pd + pg
    return summed(w * (xlogx(pd, ratio(pd, total)) + xlogx(pg, ratio(pg, total))))


def regret(pd, pg, logit, w=None):
    return criterion(pd, pg, w) - gain(pd, pg, logit, w)


def eg(pd, q, eta, steps):
    """p exp(-eta dC/dq), normalised, a step at a time."""
    for _ in range(int(steps)):
        moved = where(q == 0, 0, q * ((pd + q) / where(q == 0, 1, q)) ** eta)
        q = moved / moved.sum(-1, keepdims=True)
    return q


def projected(v):
    """By the definition: of all supports the nearest projection that is not negative."""
    k = v.shape[-1]
    found = []
    for row in v.reshape(-1, k):
        options = []
        for code in range(1, 2**k):
            inside = [i for i in range(k) if code >> i & 1]
            t = (sum(row[i] for i in inside) - 1) / len(inside)
            point = [row[i] - t if i in inside else mp.mpf(0) for i in range(k)]
            if min(point) >= 0:
                far = sum((a - b) ** 2 for a, b in zip(point, row, strict=True))
                options.append((far, point))
        found.append(min(options)[1])
    return np.array(found, object).reshape(v.shape)


def descended(pd, q, eta, steps):
    for _ in range(int(steps)):
        inside = np.maximum(q, mp.mpf(np.finfo(float).tiny))
        q = projected(q - eta * (log(inside) - log(pd + inside)))
    return q


def power_sum(p, q, a):
    return exact.power_sum(p, q, float(a))


PERSPECTIVE = {
    "kl": lambda p, q: summed(relative(p, q)),
    "rkl": lambda p, q: summed(relative(q, p)),
    "pearson": lambda p, q: summed(ratio((p - q) ** 2, q)),
    "hellinger": lambda p, q: summed((sqrt(p) - sqrt(q)) ** 2) / 2,
    "js": lambda p, q: summed(entry(p, q)),
    "gan": lambda p, q: 2 * summed(entry(p, q)) - mp.log(2) * (p.sum(-1) + q.sum(-1)),
    "tv": lambda p, q: summed(abs(p - q)) / 2,
}


def dual(p, q, t, name):
    """sum p T - sum q f*(T) of Pearson's, whose f*(t) = t + t^2 / 4, but -1 below t = -2."""
    inside = where(p == 0, 0, p * t) + where(q == 0, 0, q)
    return summed(where(t > -2, where(q == 0, p * t, t * (p - q * (1 + t / 4))), inside))


def tight(p, q, name):
    return where((p == 0) & (q == 0), -1, 2 * ratio(p - q, q))


def path(x, y, eta, steps, mode="simultaneous"):
    """Simultaneous steps are powers of a matrix."""
    move = mp.matrix([[1, -eta], [eta, 1]])
    if mode == "alternating":
        move = mp.matrix([[1, -eta], [eta, 1 - eta**2]])
    points = [mp.matrix([x, y])]
    for _ in range(int(steps)):
        points.append(move * points[-1])
    return np.array([list(p) for p in points], object)


def critic(x, y, c, eta, steps):
    """Step by step, with dy/dx beside y."""
    slope = mp.mpf(0)
    for _ in range(int(steps)):
        y, slope = y + eta * (x - c * y), slope + eta * (1 - c * slope)
    return y, y + slope * (x - c * y)


def table(p, q, d, eta, steps, a=-1.0, b=1.0):
    slope = 0 * q
    for _ in range(int(steps)):
        step = p * (d - b) + q * (d - a)
        slope = slope - eta * ((d - a) + (p + q) * slope)
        d = d - eta * step
    return d, slope


LOGITS = {
    "minimax": (lambda f: 1 / (1 + mp.exp(-f)), lambda f: -1 / (1 + mp.exp(-f))),
    "non_saturating": (lambda f: 1 / (1 + mp.exp(-f)), lambda f: -1 / (1 + mp.exp(f))),
}


def noisy(theta, psi, deviation):
    """The field of the non-saturating game with noise, by adaptive quadrature."""
    if not (deviation > 0 and abs(psi * deviation) < 50):
        return mp.nan, mp.nan

    def mean(f):
        density = lambda z: mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi) * f(z)  # noqa: E731
        return mp.quad(density, list(range(-14, 15, 2)))

    s = lambda a: 1 / (1 + mp.exp(-a))  # noqa: E731
    pull = mean(lambda z: s(-psi * (theta + deviation * z))) * psi
    real = mean(lambda z: s(-psi * deviation * z) * deviation * z)
    fake = mean(lambda z: s(psi * (theta + deviation * z)) * (theta + deviation * z))
    return pull, real - fake


def field(theta, psi, kind, gamma=1.0):
    theta, psi, gamma = mp.mpf(theta), mp.mpf(psi), mp.mpf(gamma)
    if kind == "instance_noise":
        return np.array(noisy(theta, psi, gamma), object)
    up, down = LOGITS["non_saturating"]
    f = theta * psi
    v = [-down(f) * psi, -up(f) * theta]
    if kind == "r1":
        v[1] -= gamma * psi
    if kind == "consensus":
        half = lambda a, b: sum(x * x for x in field(a, b, "non_saturating")) / 2  # noqa: E731
        found = slopes(half, (theta, psi), [(0,), (1,)], least="1e-430")
        v = [a - gamma * d for a, d in zip(v, found, strict=True)]
    return np.array(v, object)


def jacobian(kind, gamma=1.0):
    h = mp.mpf("1e-400")  # beside any gamma
    columns = [
        (field(h, 0, kind, gamma) - field(-h, 0, kind, gamma)) / (2 * h),
        (field(0, h, kind, gamma) - field(0, -h, kind, gamma)) / (2 * h),
    ]
    return np.stack(columns, 1)


def roots(m):
    """Of the characteristic polynomial, by increasing imaginary part."""
    (a, b), (c, d) = m
    middle, root = (a + d) / 2, mp.sqrt(((a - d) / 2) ** 2 + b * c)
    found = sorted([middle - root, middle + root], key=lambda x: (mp.im(x), mp.re(x)))
    return np.array([[mp.re(x) for x in found], [mp.im(x) for x in found]], object)


def parts(value, *_):
    return np.stack([value.real, value.imag])
