"""Definitions in many digits of exact models: latents, likelihoods, diffusion, flows."""

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import relative, softplus
from tests.reference.definitions_models import kl, normal, where
from tests.reference.exact import eigenvalues, exp, inverse, xlogx


def posterior(x, W, b, s2):
    back = inverse(W.T @ W + s2 * np.eye(W.shape[1]))
    return (x - b) @ W @ back, s2 * back


def elbo(x, W, b, s2, mu, v):
    off = ((x - b - mu @ W.T) ** 2).sum(-1) + (exp(v) * (W**2).sum(0)).sum(-1)
    return -(len(b) * mp.log(2 * mp.pi * s2) + off / s2) / 2 - kl(mu, v, 0 * mu, 0 * v)


def surgery(px, q, pz):
    m = px @ q
    rows = relative(q, pz + 0 * q).sum(-1)
    each = where(px == 0, 0, px * where(px == 0, 0, rows)).sum()
    gain = relative(m, pz).sum()
    return each, each - gain, gain


def two_layers(like, p12, p2, q1, q21):
    w = q1[:, None] * q21
    inside = xlogx(w, like[:, None] * p12.T * p2) - xlogx(w, q1[:, None] * q21)
    return inside.sum()


def augmented(x, encode, decode, s, eps):
    m, v = encode(x)
    z = m + exp(v / 2) * eps
    return normal(x, decode(z), s + 0 * x).sum() + (normal(z, 0, 0) - normal(z, m, v)).sum()


def terms(x, a, m, v, likelihood, noise=0.0):
    if likelihood == "bernoulli":
        found = (softplus(a) - x * a).sum(-1)
    else:
        found = -normal(x, a, mp.mpf(noise) + 0 * x).sum(-1)
    return found.mean(), kl(m, v, 0 * m, 0 * v).mean()


def one_axis(cov, k):
    """|W|^2, s^2 and the eigenvalues of the model with one latent."""
    values = eigenvalues(cov)[::-1]
    rest = values[1:].mean()
    return (values[0] - rest, rest, values) if k == 1 else mp.nan


LEVELS = lambda r, *s: -1 + 2 * r.integers(0, 9, s) / 8  # noqa: E731


POINTS = lambda r: [r.normal(size=(3, 2)), r.normal(size=(2, 2)), 0.7]  # noqa: E731


LINE = lambda r: [*r.normal(size=2), r.normal(size=2), r.normal(size=2)]  # noqa: E731
