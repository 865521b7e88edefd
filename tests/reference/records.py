"""One record per function of the oracle: its arguments, its errors, and a formula that it equals.

draw      a Hypothesis strategy for its arguments, hard corners included
known     the same quantity by other means (400 digits, scipy, enumeration), or None where a
          test of its own holds it against something else
bad       arguments that must raise, and what
rtol      against `known`, relative; atol absolute
batch     whether every argument may get leading axes, each row then by itself
"""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special, stats

from reference.errors import DomainError, ShapeError
from tests import strategies as draws
from tests.reference import exact
from tests.reference.record import Record

NAN, INF = float("nan"), float("inf")
EMPTY = np.zeros((2, 0))
HALF = [0.5, 0.5]


def shape_error(*arguments):
    return arguments, ShapeError


def domain_error(*arguments):
    return arguments, DomainError


def type_error(*arguments):
    return arguments, TypeError


def vectors(elements, n=1, size=4):
    """n arrays of one shape."""
    return st.tuples(*[arrays(float, size, elements=elements)] * n)


def elementwise(elements, known, *bad, rtol=1.2e-15, atol=0.0):
    """A function of one array, entry by entry."""
    bad = (*bad, domain_error([NAN]), type_error([1j]), type_error(["a"]), type_error([True]))
    return Record(vectors(elements), known, bad, rtol, atol)


def two_arrays(elements, known, *bad, rtol=1e-14, atol=0.0, **more):
    """A function of two arrays that broadcast."""
    bad = (*bad, domain_error([NAN], [0.0]), shape_error([0.0] * 2, [0.0] * 3))
    return Record(vectors(elements, 2), known, bad, rtol, atol, **more)


def pair(known, rtol=1e-13, atol=1e-300):
    """A divergence of two probability vectors."""
    bad = (
        domain_error(HALF, [0.5, 0.6]),
        domain_error([-0.5, 1.5], HALF),
        domain_error([NAN, 1.0], HALF),
        shape_error(HALF, [0.25, 0.25, 0.5]),
        shape_error(np.zeros(0), np.zeros(0)),
        type_error([True, False], HALF),
        type_error([1j, 0.0], HALF),
    )
    return Record(draws.two_distributions(), known, bad, rtol, atol, batch=True)


def rows(known, *bad, rtol=1e-13, atol=1e-13):
    """A function of logits along the last axis."""
    bad = (*bad, shape_error(EMPTY), shape_error(1.0), domain_error([NAN]))
    return Record(st.tuples(draws.logit_rows()), known, bad, rtol, atol, batch=True)


def two_samples(known, *bad, width=2, min_rows=2, rtol=1e-12, atol=0.0, extra=()):
    """A distance of two samples, shape (n, d)."""
    bad = (
        *bad,
        shape_error(np.zeros((0, 2)), np.zeros((3, 2)), *extra),
        shape_error(np.ones((4, 2)), np.ones((4, 3)), *extra),
        domain_error([[NAN]] * 4, [[0.0]] * 4, *extra),
    )
    one = draws.points(width=width, min_rows=min_rows, bound=100.0)
    return Record(st.tuples(one, one, *(st.just(e) for e in extra)), known, bad, rtol, atol)


def gaussian(known, members, arguments, *bad, bound=80.0, rtol=1e-13, atol=1e-300, batch=True):
    """A function of means and log variances."""
    n = len(arguments)
    bad = (
        *bad,
        shape_error(*[[0.0] * (2 + (i == 0)) for i in range(n)]),
        *(domain_error(*[[NAN] if i == j else [0.0] for i in range(n)]) for j in range(n)),
        *(domain_error(*[[INF] if i == j else [0.0] for i in range(n)]) for j in range(n)),
        type_error(*[[1j]] * n),
    )
    drawn = draws.gaussians(members=members, bound=bound, mean=10.0)
    chosen = drawn.map(lambda a: tuple(a[i] for i in arguments))
    return Record(chosen, known, bad, rtol, atol, batch)


def every_event(p, q):
    """The largest difference of probability over all events."""
    events = [(i >> np.arange(p.shape[-1])) & 1 for i in range(2 ** p.shape[-1])]
    return np.max([abs(((p - q) * e).sum(-1)) for e in events], 0)


def double_loop(diagonal):
    """MMD^2 with a normal kernel, pair by pair."""

    def mean(a, b, skip):
        pairs = [(i, j) for i in range(len(a)) for j in range(len(b)) if not (skip and i == j)]
        return sum(np.exp(-((a[i] - b[j]) ** 2).sum() / 2) for i, j in pairs) / len(pairs)

    return lambda x, y: mean(x, x, not diagonal) + mean(y, y, not diagonal) - 2 * mean(x, y, False)


def window(x, samples, sigma):
    """A Parzen window from scipy's densities."""
    parts = [stats.multivariate_normal.logpdf(x, m, sigma**2).reshape(-1) for m in samples]
    return special.logsumexp(parts, 0) - np.log(len(samples))


def _logs(tables):
    with np.errstate(divide="ignore"):
        return tuple(np.log(p) for p in tables)


def _softmaxed(a, y):
    return np.take_along_axis(special.log_softmax(a, -1), y[..., None], -1)[..., 0]


FAR = draws.logit_values(1e300) | st.sampled_from([INF, -INF])
NEAR = draws.logit_values(700.0)
LOGITS = draws.logit_values(500.0)
SHARE = st.sampled_from([0.0, 5e-324, 1e-300, 1e-16, 1.0]) | st.floats(0, 1)
LABELS = (
    domain_error([0.0, 0.0], 2),
    domain_error([0.0, 0.0], -1),
    domain_error([0.0], 0.5),
    domain_error([INF, 0.0], 0),
    shape_error([0.0, 0.0], [0, 1]),
)
FEW = (domain_error([[0.0]] * 3, [[0.0]] * 3, 3), domain_error([[0.0]] * 3, [[0.0]] * 3, 0))

# fmt: off
RECORDS = {
    # primitives
    "softplus": elementwise(NEAR, exact.softplus),
    "log_sigmoid": elementwise(FAR, special.log_expit, rtol=3e-15),
    "sigmoid": elementwise(NEAR, exact.sigmoid),
    "logit": elementwise(SHARE, exact.logit, domain_error(1.5), domain_error(-0.1), rtol=1e-13),
    "log1mexp": elementwise(NEAR.map(lambda x: -abs(x)), exact.log1mexp, domain_error(0.1)),
    "expm1mx": elementwise(NEAR, exact.expm1mx, atol=1e-320),
    "xmlog1p": elementwise(
        st.floats(-0.999, 1e3) | st.floats(-0.11, 0.11), exact.xmlog1p, domain_error(-1.5),
        rtol=2e-15, atol=1e-320,
    ),
    "h_js": elementwise(
        st.floats(-1, 1) | st.floats(-1e-3, 1e-3), exact.h_js, domain_error(1.1), rtol=2e-15,
        atol=1e-320,
    ),
    "xlogy": two_arrays(
        st.just(0.0) | st.floats(0, 1e3), special.xlogy, domain_error([-1.0], [1.0])
    ),
    "rel_term": two_arrays(
        SHARE, exact.rel_term, domain_error([-1.0], [1.0]), rtol=1e-13, atol=1e-307
    ),
    "logaddexp": two_arrays(LOGITS, np.logaddexp),
    "logsumexp": rows(lambda a: special.logsumexp(a, -1), rtol=1e-14, atol=1e-15),
    "logmeanexp": rows(lambda a: special.logsumexp(a, -1) - np.log(a.shape[-1]), rtol=1e-13),
    "log_softmax": rows(lambda a: special.log_softmax(a, -1), domain_error([INF, 0.0])),
    "log_ndtr": elementwise(st.floats(-30, 8), exact.log_ndtr, rtol=1e-14),
    "ndtr": elementwise(st.floats(-30, 8), special.ndtr, rtol=2e-13),
    # divergences
    "kl_diag_std": gaussian(exact.kl_diag_std, 1, (0, 1), shape_error(EMPTY, EMPTY), rtol=2e-15),
    "kl_diag": gaussian(exact.kl_diag, 2, (0, 1, 2, 3), rtol=5e-14),
    "kl_categorical": pair(exact.kl_categorical, atol=1e-300),
    "kl_bernoulli": two_arrays(
        SHARE, exact.kl_bernoulli, domain_error(1.5, 0.5), domain_error(0.5, -0.1),
        rtol=1e-12, atol=2e-16,
    ),
    "kl_bernoulli_logits": two_arrays(NEAR, exact.kl_bernoulli_logits, atol=1e-307),
    "kl_categorical_logits": two_arrays(
        st.floats(-30, 30), exact.kl_categorical_logits, domain_error([INF, 0.0], [0.0, 0.0]),
        rtol=1e-10, atol=1e-18, batch=True,
    ),
    "jsd": pair(exact.jsd, rtol=2e-14, atol=1e-300),
    "jsd_log": Record(
        draws.two_distributions().map(_logs), exact.jsd_log,
        (domain_error([INF], [0.0]), shape_error([0.0] * 2, [0.0] * 3)), 1e-12, 1e-28, True,
    ),
    "tv": pair(every_event, rtol=1e-14, atol=4e-16),
    "hellinger2": pair(exact.hellinger2, rtol=1e-14),
    "chi2_pearson": pair(exact.chi2, rtol=1e-14),
    "chi2_neyman": pair(lambda p, q: exact.chi2(q, p), rtol=1e-14),
    "w1_1d": Record(
        st.tuples(*[draws.points(bound=1e3).map(lambda x: x[:, 0])] * 2),
        stats.wasserstein_distance,
        (
            shape_error([], [1.0]),
            domain_error([NAN], [1.0]),
            domain_error([INF], [1.0]),
            domain_error([0.0], [1.0], [-1.0]),
            domain_error([0.0], [1.0], [0.0]),
            shape_error([0.0], [1.0], [1.0, 1.0]),
        ),
        1e-13, 1e-6,
    ),
    # the game
    "optimal_discriminator": two_arrays(
        SHARE | st.floats(0, 1e308), exact.optimal_discriminator, domain_error(-1.0, 1.0),
        domain_error(INF, 1.0), domain_error(1.0, 1.0, 0.0), rtol=1e-15, atol=5e-324,
    ),
    "optimal_logit": two_arrays(LOGITS, np.subtract, domain_error(INF, 0.0)),
    "value_function_samples": Record(
        st.tuples(draws.logits(), draws.logits()),
        lambda a, b: special.log_expit(a).mean(-1) + special.log_expit(-b).mean(-1),
        (shape_error([], [0.0]), domain_error([0.0], [NAN])), 1e-14,
    ),
    "minimax.generator_loss": elementwise(FAR, lambda a: special.log_expit(-a), rtol=3e-15),
    "non_saturating.generator_loss": elementwise(
        FAR, lambda a: -special.log_expit(a), rtol=3e-15
    ),
    "minimax.discriminator_loss": two_arrays(
        LOGITS, lambda a, b: -special.log_expit(a) - special.log_expit(-b), type_error(True, 0.0)
    ),
    "project_simplex": Record(
        vectors(st.floats(-50, 50)), None, (shape_error([]), domain_error([NAN]))
    ),
    # likelihoods and latents
    "bernoulli_loglik": Record(
        draws.pixels_and_logits(500.0),
        lambda x, a: x * special.log_expit(a) + (1 - x) * special.log_expit(-a),
        (domain_error(1.5, 0.0), domain_error(0.5, 0.0, True), domain_error(0.5, NAN)), 1e-14,
    ),
    "continuous_bernoulli_logC": elementwise(NEAR, exact.continuous_bernoulli_logC, rtol=2e-15),
    "gaussian_loglik": gaussian(
        exact.gaussian_loglik, 2, (0, 2, 1), bound=20.0, rtol=1e-13, atol=1e-13, batch=False
    ),
    "categorical_loglik": Record(draws.labelled_logits(), _softmaxed, LABELS, 1e-13, 2e-13),
    "cross_entropy.cross_entropy": Record(
        draws.labelled_logits(), lambda a, y: -_softmaxed(a, y), LABELS, 1e-13, 2e-13
    ),
    "iwae": rows(lambda w: special.logsumexp(w, -1) - np.log(w.shape[-1])),
    "iwae_grad_weights": rows(lambda w: special.softmax(w, -1), rtol=1e-12, atol=1e-300),
    "reparam_sample": Record(
        vectors(st.floats(-5, 5), 3), lambda m, v, e: m + np.sqrt(np.exp(v)) * e,
        (domain_error(NAN, 0.0, 0.0), shape_error([0.0] * 2, [0.0] * 3, 0.0)), 1e-13, 1e-14,
    ),
    "parzen_loglik": two_samples(
        window, domain_error([[0.0]], [[0.0]], 0.0), domain_error([[0.0]], [[0.0]], -1.0),
        min_rows=1, rtol=1e-11, atol=1e-11, extra=(0.7,),
    ),
    # samples
    "mmd2_biased": two_samples(double_loop(True), atol=4e-15),
    "mmd2_unbiased": two_samples(
        double_loop(False), domain_error([[0.0]], [[0.0], [1.0]]), atol=4e-15
    ),
    "frechet_distance": two_samples(None, domain_error([[0.0]], [[0.0], [1.0]])),
    "precision_recall_knn": two_samples(None, *FEW, min_rows=4, extra=(3,)),
    "density_coverage": two_samples(None, *FEW, min_rows=4, extra=(3,)),
    "class_histogram": Record(
        st.tuples(draws.logit_rows()),
        lambda a: np.array(
            [sum(r.index(max(r)) == k for r in a.tolist()) for k in range(a.shape[1])]
        ),
        (shape_error(EMPTY), domain_error([[NAN]]), shape_error([0.0])),
    ),
    "histogram.entropy": Record(
        vectors(st.integers(1, 50).map(float)), stats.entropy,
        (domain_error([0.0, 0.0]), domain_error([-1.0, 2.0]), shape_error([])), 1e-13,
    ),
    "die_entropy": Record(
        st.tuples(draws.simplex()), lambda p: stats.entropy(p, axis=-1),
        (domain_error([0.5, 0.6]), shape_error([])),
        1e-13, 1e-15,
    ),
}
