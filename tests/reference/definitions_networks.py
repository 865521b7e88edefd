"""Definitions in many digits of the layers of networks and of whole training steps."""

from itertools import combinations

import mpmath as mp
import numpy as np

from tests.reference.exact import cos, exp, gradient, precise, sin, slopes, sqrt, tanh
from tests.reference.exact import log as logarithm
from tests.reference.trees import leaves

LAYERS = {"tanh": tanh, "sigmoid": lambda a: 1 / (1 + exp(-a))}


NETS = {"generator": ("linear", "tanh"), "discriminator": ("linear",)}


CODES = {"encoder": ("linear",), "decoder": ("linear",)}


def n(*shapes, scale=1.0):
    return lambda r: [scale * r.normal(size=shape) for shape in shapes]


def away(shape):
    """Numbers away from a kink at 0."""
    return lambda r: [np.sign(r.normal(size=shape)) * r.uniform(0.1, 2, shape)]


def with_gradient(draw):
    return lambda r: [*(x := draw(r)), r.normal(size=x[0].shape)]


def convolved(x, weight, bias=None, stride=1, padding=0):
    (b, _, h, w), (o, c, p, q) = x.shape, weight.shape
    stride, padding = int(stride), int(padding)
    size = [(s + 2 * padding - k) // stride + 1 for s, k in ((h, p), (w, q))]
    y = np.zeros((b, o, *size), object)
    for at in np.ndindex(*y.shape, c, p, q):
        n_, o_, i, j, c_, p_, q_ = at
        row, column = stride * i + p_ - padding, stride * j + q_ - padding
        if 0 <= row < h and 0 <= column < w:
            y[n_, o_, i, j] += weight[o_, c_, p_, q_] * x[n_, c_, row, column]
    return y if bias is None else y + bias[:, None, None]


def transposed(y, weight, bias=None, stride=1, padding=0):
    """From its definition as an adjoint: the sum over all pixels of y of stamped kernels."""
    (b, o, h, w), (_, c, p, q) = y.shape, weight.shape
    stride, padding = int(stride), int(padding)
    size = [(s - 1) * stride - 2 * padding + k for s, k in ((h, p), (w, q))]
    x = np.zeros((b, c, *size), object)
    for n_, o_, i, j, c_, p_, q_ in np.ndindex(b, o, h, w, c, p, q):
        row, column = stride * i + p_ - padding, stride * j + q_ - padding
        if 0 <= row < size[0] and 0 <= column < size[1]:
            x[n_, c_, row, column] += weight[o_, c_, p_, q_] * y[n_, o_, i, j]
    return x if bias is None else x + bias[:, None, None]


def normalised(x, scale, shift, mean, var, train, momentum=0.1, eps=1e-5):
    m, v = mean, var
    if train:
        m, b = x.mean(0), len(x)
        v = ((x - m) ** 2).sum(0) / b
        mean = (1 - momentum) * mean + momentum * m
        var = (1 - momentum) * var + momentum * ((x - m) ** 2).sum(0) / (b - 1)
    return (x - m) / sqrt(v + eps) * scale + shift, mean, var


def normalised_slopes(x, scale, g, eps=1e-5):
    """By the chain rule, of the batch's own moments too: steps of differences leave a deviation
    of sqrt(eps) far behind where x is large."""
    off = x - x.mean(0)
    deviation = sqrt((off**2).mean(0) + eps)
    normal = off / deviation
    of_x = scale / deviation * (g - g.mean(0) - normal * (g * normal).mean(0))
    return of_x, (g * normal).sum(0), g.sum(0)


def rounded_slopes(x, scale, g):
    """The rounding of what cancels: the gradient less its part along the batch."""
    with np.errstate(over="ignore"):
        deviation = np.sqrt((x - x[0]).var(0) + 1e-5)
        unit = 1e-15 * (np.abs(g - g[0]).max() + np.abs(g).max())
        return unit * max(1.0, (np.abs(scale) / deviation).max())


def weighted(layer):
    """dL/dx of L = sum y dL/dy."""
    return gradient(lambda x, g: layer(x) * g, 0)


def net(chain, parameters, x):
    for i, name in enumerate(chain):
        w, b = (parameters.get(f"{i}.{key}") for key in ("weight", "bias"))
        x = x @ w.T + b if name == "linear" else LAYERS[name](x)
    return x


def dense(r, inputs, outputs):
    return {"0.weight": r.normal(size=(outputs, inputs)), "0.bias": r.normal(size=outputs)}


def two_nets(r):
    return {"generator": dense(r, 1, 2), "discriminator": dense(r, 2, 1)}


def two_codes(r):
    return {"encoder": dense(r, 2, 2), "decoder": dense(r, 1, 2)}


def log1p_exp(a):
    return logarithm(1 + exp(a))


def judged(chains, weights, x, z):
    made = net(chains["generator"], weights["generator"], z)
    r, f = (net(chains["discriminator"], weights["discriminator"], s) for s in (x, made))
    return log1p_exp(-r).mean() + log1p_exp(f).mean()


def made(chains, weights, z, objective="non_saturating"):
    fake = net(chains["generator"], weights["generator"], z)
    f = net(chains["discriminator"], weights["discriminator"], fake)
    return log1p_exp(-f).mean() if objective == "non_saturating" else -log1p_exp(f).mean()


def _slopes(loss, chains, weights, rest, network):
    keys = [p[1:] for p, _ in leaves(weights) if p[0] == network]
    found = slopes(loss, (chains, weights, *rest), [(1, network, *k) for k in keys])
    return {k[0]: s for k, s in zip(keys, found, strict=True)}


def loss_and(loss, network):
    def value(chains, weights, *rest):
        found = _slopes(loss, chains, weights, rest, network)
        return (loss(chains, weights, *rest), *found.values())

    return precise(value, 400)


def algorithm1(chains, weights, rounds, optimizer, objective="non_saturating"):
    lr, losses = optimizer[1]["lr"], []
    weights = {k: dict(v) for k, v in weights.items()}

    def move(loss, rest, network):
        found = _slopes(loss, chains, weights, rest, network)
        value = loss(chains, weights, *rest)
        weights[network] = {k: v - lr * found[k] for k, v in weights[network].items()}
        return value

    for steps, z in rounds:
        for x, noise in steps:
            d = move(judged, (x, noise), "discriminator")
        losses.append([d, move(made, (z, objective), "generator")])
    values = [leaf for _, leaf in leaves(weights)]
    return (*values, np.array(losses, object))


def elbo(chains, weights, x, eps, likelihood, log_noise=0.0):
    encoded = net(chains["encoder"], weights["encoder"], x)
    half = encoded.shape[1] // 2
    m, v = encoded[:, :half], encoded[:, half:]
    a = net(chains["decoder"], weights["decoder"], m + exp(v / 2) * eps)
    if likelihood == "bernoulli":
        r = (log1p_exp(a) - x * a).sum(1).mean()
    else:
        spread = mp.exp(mp.mpf(log_noise))
        r = ((mp.log(2 * mp.pi * spread) + (x - a) ** 2 / spread) / 2).sum(1).mean()
    return r, ((m**2 + exp(v) - 1 - v) / 2).sum(1).mean()


def elbo_and_slopes(chains, weights, *rest):
    terms = elbo(chains, weights, *rest)
    found = [
        _slopes(lambda *a: sum(elbo(*a)), chains, weights, rest, k) for k in ("encoder", "decoder")
    ]
    return (*terms, *(s for f in found for s in f.values()))


def vae_steps(chains, weights, rounds, optimizer, likelihood, log_noise=0.0):
    lr, terms = optimizer[1]["lr"], []
    for x, eps in rounds:
        *term, ew, eb, dw, db = elbo_and_slopes(chains, weights, x, eps, likelihood, log_noise)
        terms.append(term)
        moves = iter((ew, eb, dw, db))
        weights = {k: {i: w - lr * next(moves) for i, w in v.items()} for k, v in weights.items()}
    return (*(leaf for _, leaf in leaves(weights)), np.array(terms, object))


def adam(w, g, state=None, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    m, s, t = state or (0, 0, 0)
    m, s, t = betas[0] * m + (1 - betas[0]) * g, betas[1] * s + (1 - betas[1]) * g**2, t + 1
    step = m / (1 - betas[0] ** t) / (sqrt(s / (1 - betas[1] ** t)) + eps)
    return w - lr * step, m, s, t


def powered(W, u, n_):
    for _ in range(n_):
        v = W.T @ u
        u = W @ (v / mp.sqrt((v**2).sum()))
        size = mp.sqrt((u**2).sum())
        u = u / size
    return size, u


def waves(x, octaves):
    columns = [x]
    for wave in (sin, cos):
        for a in x.T:
            for j in range(int(octaves)):
                w = mp.mpf(2) ** (j - 1)
                columns.append((mp.mpf(2) ** (-mp.mpf(3 * j) / 2) * wave(w * a))[:, None])
    return np.concatenate(columns, 1)


def first_largest(x, g, pieces):
    out, pieces = np.zeros(x.shape, object), int(pieces)
    for b, unit in np.ndindex(g.shape):
        group = list(x[b, unit * pieces : (unit + 1) * pieces])
        out[b, unit * pieces + group.index(max(group))] = g[b, unit]
    return out


def subsets(g, batch):

    batch = int(batch)
    means = [sum(g[i] for i in s) / batch for s in combinations(range(len(g)), batch)]
    return sum(means) / len(means)


IMAGE, KERNEL = (1, 2, 3, 3), (2, 2, 2, 2)
