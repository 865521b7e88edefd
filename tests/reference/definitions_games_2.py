"""Definitions in many digits, or by enumeration, of the game, its divergences and its dynamics."""

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import entry, field, jacobian, roots, summed, two
from tests.reference.exact import sqrt


def one_round(kind, h, gamma=1.0, order="alternating"):
    j = h * jacobian(kind, gamma)
    eye = np.array([[mp.mpf(1), mp.mpf(0)], [mp.mpf(0), mp.mpf(1)]])
    if order == "simultaneous":
        return roots(eye + j)
    return roots((eye + j * np.array([[1], [0]])) @ (eye + j * np.array([[0], [1]])))


def played(kind, h, steps, gamma=1.0, order="simultaneous", start=(1.0, 1.0)):
    points = [np.array([mp.mpf(float(x)) for x in start], object)]
    for _ in range(int(steps)):
        points.append(points[-1] + h * field(*points[-1], kind, gamma))
    return np.array(points, object)


def conditional(p, q):
    """log 4 less: the Jensen-Shannon divergence of the joint tables, twice over."""
    c = 2 * entry(p.ravel(), q.ravel()).sum() - mp.log(4)
    return c, c


def penalty(g, weight=10.0):
    return weight * ((sqrt(summed(g**2)) - 1) ** 2).mean()


def grid(logits):
    return np.array([i for i, a in enumerate(logits) if a == max(logits)])


def at_start(values):
    return lambda r: [*values, *two(r)]


DENSITIES = lambda r: [r.random(4) + 0.05, r.random(4) + 0.05]  # noqa: E731


G = lambda r: [r.normal(size=(3, 2))]  # noqa: E731
