"""Definitions in many digits of what is measured of samples, tables and transport."""

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import simplex, summed
from tests.reference.definitions_models import n
from tests.reference.definitions_samples_2 import ridge
from tests.reference.exact import exp, gradient, log, softmax, sqrt, xlogx


def learned(joint, guess):
    code = joint.sum(1)
    return xlogx(joint, guess).sum() - xlogx(code).sum()


def uniform_bound(m, v, c):
    return summed(-(mp.log(2 * mp.pi) + v + (c - m) ** 2 * exp(-v)) / 2 + mp.log(2))


def mixed(z, m, v):
    each = -(mp.log(2 * mp.pi) + v[None] + (z[:, None] - m) ** 2 * exp(-v)[None]) / 2
    return log(exp(each.sum(-1)).mean(-1))


def mixed_slopes(z, m, v):
    rows = [gradient(mixed, 0, 1, 2)(z[i : i + 1], m, v) for i in range(len(z))]
    return tuple(np.stack([r[k][0] if k == 0 else r[k] for r in rows]) for k in range(3))


def unlabelled(a, bounds):
    q = softmax(a)
    return summed(q * bounds + xlogx(q))


def beta_(now, before):
    """A_t, A_t-1 and the variance of the step between them."""
    a, b = 1 / (1 + exp(-now)), 1 / (1 + exp(-before))
    return a, b, 1 - a / b


def kl_step(e, f, now, before):
    a, b, beta = beta_(now, before)
    x = lambda e: -sqrt(1 - a) / sqrt(a) * e  # noqa: E731
    weight = sqrt(b) * beta / (1 - a)
    return summed((weight * (x(e) - x(f))) ** 2) / (2 * beta * (1 - b) / (1 - a))


def back(xt, e, fresh, now, before, eta):
    a, b, beta = beta_(now, before)
    drawn_ = mp.mpf(eta) ** 2 * beta * (1 - b) / (1 - a)
    x = (xt - sqrt(1 - a) * e) / sqrt(a)
    return sqrt(b) * x + sqrt(1 - b - drawn_) * e + sqrt(drawn_) * fresh


def snr(kind, steps):
    t = int(steps)
    if kind == "log_snr":
        return np.array([8 - mp.mpf(14) * i / max(t - 1, 1) for i in range(t)])
    betas = [mp.mpf("0.1") / t + (mp.mpf("19.9") / t) * i / max(t - 1, 1) for i in range(t)]
    a = np.multiply.accumulate([1 - min(b, mp.mpf(0.999)) for b in betas])
    return log(a / (1 - a))


def lines(r):
    return [r.normal(size=(3, 1)), r.normal(size=(3, 1))]


def largest(x, y):
    """The rounding of the distances that cancel."""
    return 1e-15 * max(abs(x).max(), abs(y).max())


XY = n((4, 2), (3, 2))


MODES = lambda r: [r.normal(size=(6, 2)), 2 * r.normal(size=(3, 2)), 0.5]  # noqa: E731


LABELLED = lambda r: [r.normal(size=(4, 3)), r.integers(0, 3, 4)]  # noqa: E731


COUNTS = lambda r: [r.integers(1, 9, 3).astype(float), simplex(r, 3)]  # noqa: E731


PATH = n((4, 2))


WHOLE = lambda r, high, *s: r.integers(0, high, s)  # noqa: E731


@np.errstate(over="ignore")
def squared_lengths(A, B):
    """The rounding of a difference of two matrices, squared."""
    return 1e-14 * ((A**2).sum() + (B**2).sum())


def by_confidence(c, right, bins):
    own = [int(mp.ceil(x * bins)) for x in c]
    gaps = [sum(right[i] - c[i] for i in range(len(c)) if own[i] == m) for m in set(own)]
    return sum(map(abs, gaps)) / len(c)


def draw_error(a):
    w = exp(a)
    mean = w.mean(1)
    variance = ((w - mean[:, None]) ** 2).sum(1) / (a.shape[1] - 1)
    return mp.sqrt((variance / a.shape[1] / mean**2).sum()) / len(a)


def multiplied(generator, discriminator, batch, k, steps):
    """Two chains of so many numbers play a round, and every product is counted."""
    g, d, found = [1] * int(generator), [1] * int(discriminator), 0

    def times(a, b):
        nonlocal found
        found += 1
        return a * b

    def forward(weights, x):
        tape = [x]
        for w in weights:
            tape.append(times(tape[-1], w))
        return tape

    def back(weights, tape, slope, learns):
        for w, x in zip(weights[::-1], tape[-2::-1], strict=True):
            if learns:
                times(slope, x)
            slope = times(slope, w)
        return slope

    for _ in range(int(k) * int(batch)):
        for x in (1, forward(g, 1)[-1]):
            back(d, forward(d, x), 1, True)
    for _ in range(int(steps) * int(batch)):
        made = forward(g, 1)
        back(g, made, back(d, forward(d, made[-1]), 1, False), True)
    return found


def right_of_few(features, label, x, truth):
    """By the normal equations, of all classes up to the last."""
    weights = ridge(features, label, int(label.max()) + 1, 0.1)
    found = np.hstack([x, np.ones((len(x), 1))]) @ weights
    return np.mean(found.astype(float).argmax(1) == truth)


def of_pairs(x):
    """Sum of squared differences over pairs: n times the squares about the mean."""
    return sum(((x[i] - x[j]) ** 2 for i in range(len(x)) for j in range(i)), 0 * x[0])


def various(draws, mask, x):
    above, below = (of_pairs(a) / (len(a) * (len(a) - 1)) for a in (draws, x))
    return ((1 - mask) * above).sum() / ((1 - mask) * below).sum()


def windows(image, side):
    s, (h, w) = int(side), image.shape
    across = w - s + 1
    p, q = np.indices(((h - s + 1) * across, s * s))
    return image[p // across + q // s, p % across + q % s]


def overlap(weight):
    """sum_ij (w_i . w_j)^2 = |W' W|^2, less its diagonal sum_i |w_i|^4."""
    w = weight.reshape(len(weight), -1)
    return ((w.T @ w) ** 2).sum() - (summed(w**2) ** 2).sum()
