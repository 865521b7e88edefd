"""What the property tests draw: ordinary values, and the corners where formulas break."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

# 17.33 and 36.7: a sigmoid rounds to 1 in float32 and in float64. 20: where Torch's softplus
# turns linear. 27.63: the clamp of log(p + 1e-12). 88.72, 103.97 and 709.78, 745.13: exp
# overflows and underflows in float32 and in float64.
_EDGES = [1e-300, 5e-324, 1e-16, 1, 16.64, 17.33, 20, 20.0001, 27.63, 36.7, 88.72, 103.97, 500]
_FAR = [*_EDGES, 709.78, 745.13]


def _signed(values):
    return st.sampled_from([0.0, -0.0, *values, *(-v for v in values)])


def logit_values(bound=500.0):
    """One logit within the bound: undecided, certain, or past where exp overflows."""
    return (
        _signed([v for v in _FAR if v <= bound])
        | st.floats(-bound, bound)
        | st.floats(-min(5.0, bound), min(5.0, bound))
    )


def logits(bound=500.0, max_size=8):
    """Float64 logits, shape (B,)."""
    return arrays(float, st.integers(1, max_size), elements=logit_values(bound))


def logit_rows(bound=500.0, max_rows=5, max_width=6, min_width=1):
    """Float64 logits, shape (B, K)."""
    shape = st.tuples(st.integers(1, max_rows), st.integers(min_width, max_width))
    return arrays(float, shape, elements=logit_values(bound))


def mean_values(bound=1e4):
    """One mean: zero, subnormal when squared, ordinary, large."""
    return _signed([1e-160, bound]) | st.floats(-bound, bound) | st.floats(-3, 3)


def log_variance_values(bound=80.0):
    """One log variance within the bound."""
    return _signed([1e-12, 1e-8, 1e-4, bound]) | st.floats(-bound, bound) | st.floats(-1e-3, 1e-3)


@st.composite
def gaussians(draw, members=1, max_rows=4, max_width=5, bound=80.0, mean=1e4):
    """Means and log variances of diagonal Gaussians: 2 x members arrays of shape (B, d)."""
    shape = draw(st.tuples(st.integers(1, max_rows), st.integers(1, max_width)))
    drawn = []
    for _ in range(members):
        drawn.append(draw(arrays(float, shape, elements=mean_values(mean))))
        drawn.append(draw(arrays(float, shape, elements=log_variance_values(bound))))
    return drawn


@st.composite
def pixels_and_logits(draw, bound=500.0):
    """Pixels in [0, 1] and logits, shape (B, features): black, white and grey."""
    a = draw(logit_rows(bound))
    grey = st.sampled_from([0.0, 1.0, 0.5, 1 / 255, 1 - 2**-53, 5e-324]) | st.floats(0, 1)
    return draw(arrays(float, a.shape, elements=grey)), a


_WEIGHTS = st.sampled_from([0.0, 1.0, 5e-324, 1e-308, 1e-300, 1e-160, 1e-16]) | st.floats(0, 1)


def _normalised(weights):
    if weights.sum() < 1e-300:
        weights = np.eye(len(weights))[0]
    weights = weights / weights.sum()
    # The largest entry takes what rounding left, so that the sum is 1 to the last bit or two.
    top = weights.argmax()
    weights[top] = 1 - (weights.sum() - weights[top])
    return weights


@st.composite
def simplex(draw, size=None, max_size=12):
    """One probability vector, shape (K,): zeros, subnormal entries and one-hot included."""
    k = draw(st.integers(1, max_size)) if size is None else size
    return _normalised(draw(arrays(float, k, elements=_WEIGHTS)))


@st.composite
def positive_simplex(draw, size=None, max_size=12, least=1e-3):
    """One probability vector without zeros, shape (K,)."""
    k = draw(st.integers(2, max_size)) if size is None else size
    return _normalised(draw(arrays(float, k, elements=st.floats(least, 1.0))))


@st.composite
def two_distributions(draw, max_size=12, min_size=1):
    """Two probability vectors: independent, equal, reversed, nearly equal, or disjoint."""
    k = draw(st.integers(min_size, max_size))
    p = draw(simplex(size=k))
    how = draw(st.sampled_from(["independent", "equal", "reversed", "near", "disjoint"]))
    if how == "equal":
        return p, p.copy()
    if how == "reversed":
        return p, p[::-1].copy()
    if how == "near":
        size = draw(st.sampled_from([1e-16, 1e-12, 1e-8, 1e-3]))
        wiggle = draw(arrays(float, k, elements=st.floats(-1, 1)))
        return p, _normalised(p * (1 + size * wiggle))
    if how == "disjoint" and k > 1:
        cut = draw(st.integers(1, k - 1))
        left, right = draw(simplex(size=cut)), draw(simplex(size=k - cut))
        return np.concatenate([left, np.zeros(k - cut)]), np.concatenate([np.zeros(cut), right])
    return p, draw(simplex(size=k))


@st.composite
def two_samples(draw, outcomes=4, extra=12):
    """Outcome indices of real and generated examples, every outcome in both.

    Two samples of a finite set are two distributions on it, so what a theorem says of
    expectations holds for their means to rounding, not to sampling error.
    """
    some = st.lists(st.integers(0, outcomes - 1), min_size=extra, max_size=extra)
    return [np.array([*range(outcomes), *draw(some)]) for _ in ("real", "fake")]


@st.composite
def points(draw, max_rows=12, min_rows=1, width=1, bound=1e6):
    """Samples, shape (n, width): ties, ordinary values, a far offset.

    None is so near 0 that the square of a difference of two is: there a sum of squares and a
    distance that is scaled first disagree, and which is drawn hangs on the modules that happen to
    be loaded, of which Hypothesis takes constants.
    """
    n = draw(st.integers(min_rows, max_rows))
    kind = draw(st.sampled_from(["ties", "wide", "offset"]))
    if kind == "ties":
        whole = st.integers(-3, 3).map(float)
        return draw(arrays(float, (n, width), elements=whole))
    x = draw(arrays(float, (n, width), elements=st.floats(-bound, bound)))
    x[np.abs(x) < 1e-100] = 0
    return x + 1e8 if kind == "offset" else x


@st.composite
def spd(draw, size=None, max_size=4, condition=4.0):
    """A covariance, shape (d, d): a rotation of eigenvalues from 10^-condition to 1."""
    d = draw(st.integers(1, max_size)) if size is None else size
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    powers = draw(arrays(float, d, elements=st.floats(0, 1)))
    q, _ = np.linalg.qr(rng.standard_normal((d, d)))
    s = (q * 10.0 ** (-condition * powers)) @ q.T
    return (s + s.T) / 2


@st.composite
def labelled_logits(draw, bound=500.0):
    """Logits of a classifier, shape (B, K), and one label per row."""
    a = draw(logit_rows(bound))
    label = draw(arrays(np.int64, len(a), elements=st.integers(0, a.shape[1] - 1)))
    return a, label
