"""Records of the objectives: `known` is the textbook form in NumPy or scipy, or its
gradient by Torch."""

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special, stats
from torch.nn.functional import logsigmoid, relu

from tests import strategies as draws
from tests.reference import exact
from tests.reference.records import (
    EMPTY,
    INF,
    LABELS,
    NAN,
    Record,
    domain_error,
    elementwise,
    gaussian,
    rows,
    shape_error,
    two_arrays,
)

SCORES = st.floats(-50, 50)
PAIR = shape_error([0.0] * 3, [[0.0]] * 3)
LOG = np.log(2 * np.pi)


def gradients(f, places=(0, 1)):
    """Derivatives of a textbook form, entry by entry, by Torch."""

    def value(*arguments):
        x = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arguments]
        found = torch.autograd.grad(f(*x).sum(), [x[i] for i in places], allow_unused=True)
        found = [torch.zeros_like(x[0]) if g is None else g for g in found]
        return found[0].numpy() if len(places) == 1 else np.stack([g.numpy() for g in found])

    return value


def scores(known, rtol=1e-14, atol=1e-300):
    """A function of pairs of scores."""
    return two_arrays(SCORES, known, PAIR, rtol=rtol, atol=atol)


def one_score(known, rtol=1e-14):
    return elementwise(SCORES, known, rtol=rtol, atol=1e-300)


def _normal_nll(x, m, v):
    return ((LOG + v + (x - m) ** 2 * np.exp(-v)) / 2).sum(-1)


def _minimax(r, f):
    return -logsigmoid(r) - logsigmoid(-f)


SAMPLE = arrays(float, (4, 2), elements=st.floats(-9, 9))

RECORDS = {
    "minimax.discriminator_loss_gradients": scores(gradients(_minimax)),
    "minimax.generator_loss_gradient": one_score(gradients(lambda f: logsigmoid(-f), (0,))),
    "non_saturating.generator_loss_gradient": one_score(gradients(lambda f: -logsigmoid(f), (0,))),
    "least_squares.discriminator_loss": scores(lambda r, f: ((r - 1) ** 2 + f**2) / 2),
    "least_squares.discriminator_loss_gradients": scores(lambda r, f: np.stack([r - 1, f])),
    "least_squares.generator_loss": one_score(lambda f: (f - 1) ** 2 / 2),
    "least_squares.generator_loss_gradient": one_score(lambda f: f - 1),
    "hinge.discriminator_loss": scores(
        lambda r, f: np.where(r < 1, 1 - r, 0) + np.where(f > -1, 1 + f, 0)
    ),
    "hinge.discriminator_loss_gradients": scores(
        gradients(lambda r, f: relu(1 - r) + relu(1 + f))
    ),
    "hinge.generator_loss": one_score(np.negative),
    "hinge.generator_loss_gradient": one_score(lambda f: np.full_like(f, -1)),
    "wasserstein.discriminator_loss": scores(lambda r, f: f - r),
    "wasserstein.discriminator_loss_gradients": scores(gradients(lambda r, f: f - r)),
    "wasserstein.generator_loss": one_score(np.negative),
    "wasserstein.generator_loss_gradient": one_score(lambda f: np.full_like(f, -1)),
    "relativistic.discriminator_loss": scores(lambda r, f: -special.log_expit(r - f)),
    "relativistic.discriminator_loss_gradients": scores(
        gradients(lambda r, f: -logsigmoid(r - f))
    ),
    "relativistic.generator_loss": scores(lambda r, f: -special.log_expit(f - r)),
    "relativistic.generator_loss_gradients": scores(gradients(lambda r, f: -logsigmoid(f - r))),
    "bernoulli.negative_log_likelihood": Record(
        draws.pixels_and_logits(500.0),
        lambda x, a: -(x * special.log_expit(a) + (1 - x) * special.log_expit(-a)).sum(-1),
        (domain_error([1.5], [0.0]), shape_error([0.5], [0.0, 0.0]), shape_error(EMPTY, EMPTY)),
        1e-13,
        batch=False,
    ),
    "bernoulli.negative_log_likelihood_gradient": Record(
        draws.pixels_and_logits(30.0),
        lambda x, a: special.expit(a) - x,
        (domain_error([1.5], [0.0]), domain_error([0.5], [NAN])),
        1e-12,
        4e-16,
    ),
    "cross_entropy_gradient": Record(
        draws.labelled_logits(30.0),
        lambda a, y: special.softmax(a, -1) - np.eye(a.shape[-1])[y],
        LABELS,
        1e-12,
        4e-16,
    ),
    "gaussian.negative_log_likelihood": gaussian(
        _normal_nll, 2, (0, 2, 1), bound=20.0, rtol=1e-12, atol=1e-12
    ),
    "gaussian.log_density": gaussian(
        lambda x, m, v: -_normal_nll(x, m, v), 2, (0, 2, 1), bound=20.0, rtol=1e-12, atol=1e-12
    ),
    "standard_log_density": Record(
        st.tuples(SAMPLE),
        lambda x: stats.norm.logpdf(x).sum(-1),
        (domain_error([NAN]), shape_error(1.0), shape_error(EMPTY)),
        1e-13,
        batch=True,
    ),
    "kl_to_standard_normal": gaussian(exact.kl_diag_std, 1, (0, 1), rtol=2e-15),
    "kl_to_standard_normal_gradients": gaussian(
        lambda m, v: np.stack([m, np.expm1(v) / 2]), 1, (0, 1), rtol=2e-15, batch=False
    ),
    "importance_weighted.bound": rows(
        lambda a: special.logsumexp(a, -1) - np.log(a.shape[-1]), domain_error([INF, 0.0])
    ),
    "bound_gradients": rows(lambda a: special.softmax(a, -1), rtol=1e-12, atol=1e-300),
    "squared_error.squared_error": Record(
        st.tuples(SAMPLE, SAMPLE),
        lambda x, y: ((x - y) ** 2).sum(-1),
        (domain_error([NAN], [0.0]), shape_error([0.0, 1.0], [0.0])),
        1e-13,
    ),
    "absolute_error.absolute_error": Record(
        st.tuples(SAMPLE, SAMPLE),
        lambda x, y: np.mean(abs(x - y), -1),
        (domain_error([NAN], [0.0]), shape_error([0.0, 1.0], [0.0]), shape_error(EMPTY, EMPTY)),
        1e-13,
        batch=True,
    ),
    "absolute_error_gradient": Record(
        st.tuples(SAMPLE, SAMPLE),
        lambda x, y: np.sign(y - x) / x.shape[-1],
        (domain_error([NAN], [0.0]), shape_error([0.0, 1.0], [0.0])),
        1e-15,
    ),
    "patch_mean": Record(
        st.tuples(SAMPLE),
        lambda losses: losses.mean(-1),
        (domain_error([NAN]), shape_error(1.0), shape_error(EMPTY)),
        1e-12,
        1e-13,
    ),
    "noised": Record(
        st.tuples(SAMPLE, SAMPLE, st.floats(-30, 30)),
        lambda x, e, a: np.sqrt(special.expit(a)) * x + np.sqrt(special.expit(-a)) * e,
        (domain_error([NAN], [0.0], 0.0), domain_error([0.0], [0.0], NAN)),
        1e-13,
        1e-14,
    ),
}
