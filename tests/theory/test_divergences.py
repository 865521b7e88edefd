"""Properties of divergences: symmetry, bounds, convexity, and decrease under merging."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize, stats

from reference.errors import ShapeError
from reference.metrics import die
from reference.theory import divergences as oracle
from reference.theory import f_divergence as f
from reference.theory import simplex
from reference.theory.kl import kl_categorical, kl_categorical_logits
from tests.reference import exact
from tests.strategies import positive_simplex, spd, two_distributions
from tests.strategies import simplex as any_table

ALL = {
    "kl": kl_categorical,
    "jsd": oracle.jsd,
    "tv": oracle.tv,
    "hellinger2": oracle.hellinger2,
    "chi2_pearson": oracle.chi2_pearson,
    "chi2_neyman": oracle.chi2_neyman,
    "alpha": lambda p, q: oracle.alpha_div(p, q, 0.3),
    "alpha_2": lambda p, q: oracle.alpha_div(p, q, 2.0),
    "renyi": lambda p, q: oracle.renyi(p, q, 0.5),
}
SYMMETRIC = ("jsd", "tv", "hellinger2")
CONVEX = [name for name in ALL if name != "renyi"]


@pytest.mark.parametrize("name", ALL)
@given(pair=two_distributions())
def test_never_negative_and_zero_for_equal_ones(name, pair):
    p, q = pair
    assert ALL[name](p, q) >= 0
    assert ALL[name](p, p) == 0
    if np.abs(p - q).max() > 1e-3:
        assert ALL[name](p, q) > 0


@pytest.mark.parametrize("name", SYMMETRIC)
@given(pair=two_distributions())
def test_symmetric_to_the_last_bit(name, pair):
    p, q = pair
    assert ALL[name](p, q) == ALL[name](q, p)


@given(st.floats(0.5, 0.98), st.floats(0.01, 0.48))
def test_the_others_are_not(low, step):
    """Of two coins of which one is the less even, at 1/2 <= q < p, each way has its own sign: KL
    and Pearson's of the less even one from the other are the smaller, Neyman's the larger."""
    high = min(low + step, 0.99)
    if high - low < 0.01:
        return
    p, q = np.array([high, 1 - high]), np.array([low, 1 - low])
    for name in set(ALL) - set(SYMMETRIC) - {"renyi"}:
        less = ALL[name](p, q) - ALL[name](q, p)
        assert (less > 0) == (name in ("chi2_neyman", "alpha")), name
        assert less != 0, name


@pytest.mark.parametrize("name", ALL)
@given(pair=two_distributions(min_size=2))
def test_merging_outcomes_never_tells_more(name, pair):
    """Data processing: two outcomes made one cannot be further apart."""
    p, q = pair
    merged = [np.concatenate([[r[0] + r[1]], r[2:]]) for r in (p, q)]
    full = ALL[name](p, q)
    assert ALL[name](*merged) <= full * (1 + 1e-12) + 1e-15


@pytest.mark.parametrize("name", CONVEX)
@given(tables=st.tuples(*[positive_simplex(size=4)] * 4), share=st.floats(0, 1))
def test_convex_in_both_together(name, tables, share):
    p1, p2, q1, q2 = tables
    mixed = ALL[name](share * p1 + (1 - share) * p2, share * q1 + (1 - share) * q2)
    bound = share * ALL[name](p1, q1) + (1 - share) * ALL[name](p2, q2)
    assert mixed <= bound * (1 + 1e-12) + 1e-14


@given(two_distributions())
def test_bounds_between_them(pair):
    """Pinsker 2 TV^2 <= KL; TV^2 / 2 <= JSD <= TV log 2; H^2 <= TV <= sqrt(2 H^2)."""
    p, q = pair
    t, h = oracle.tv(p, q), oracle.hellinger2(p, q)
    assert 2 * t**2 <= kl_categorical(p, q) * (1 + 1e-12) + 1e-15
    assert t**2 / 2 <= oracle.jsd(p, q) * (1 + 1e-12) + 1e-15
    assert oracle.jsd(p, q) <= t * np.log(2) * (1 + 1e-12) + 1e-15
    assert h <= t + 1e-15
    assert t <= np.sqrt(2 * h) + 1e-12


@given(st.tuples(*[any_table(size=4)] * 3))
def test_its_root_is_a_metric(tables):
    """sqrt(JSD) is 0 for equal tables alone, symmetric, and obeys the triangle inequality, with
    zeros and disjoint supports among them; Endres & Schindelin (2003)."""
    p, q, r = tables
    a, b, c = (np.sqrt(oracle.jsd(*pair)) for pair in ((p, q), (q, r), (p, r)))
    assert c <= a + b + 1e-12
    assert a <= b + c + 1e-12
    assert b <= a + c + 1e-12
    assert oracle.jsd(p, q) == oracle.jsd(q, p)
    assert oracle.jsd(p, p) == 0
    assert (a > 0) == bool(np.abs(p - q).max() > 1e-150) or np.abs(p - q).max() < 1e-150


def test_subnormal_probabilities_do_not_make_it_infinite():
    """(p + q) / 2 rounds to 0 here, and p / 0 would be infinite."""
    assert oracle.jsd([1.0, 0.0], [1.0, 5e-324]) < 1e-300


def test_ten_thousand_outcomes():
    p, q = np.random.default_rng(0).dirichlet(np.ones(10_000), size=2)
    m = (p + q) / 2
    known = (stats.entropy(p, m) + stats.entropy(q, m)) / 2
    assert_allclose(oracle.jsd(p, q), known, rtol=1e-12)
    assert oracle.jsd(p, p) == 0


@pytest.mark.parametrize("alpha", [0.3, 0.5, 2.0, -0.5, 3.0])
@given(p=positive_simplex(size=4, least=0.05), q=positive_simplex(size=4, least=0.05))
def test_alpha_and_renyi_are_their_sums(alpha, p, q):
    total = (p**alpha * q ** (1 - alpha)).sum()
    known = (total - 1) / (alpha * (alpha - 1))
    assert_allclose(oracle.alpha_div(p, q, alpha), known, rtol=1e-9, atol=1e-14)
    if alpha > 0:
        known = np.log(total) / (alpha - 1)
        assert_allclose(oracle.renyi(p, q, alpha), known, rtol=1e-9, atol=1e-14)


@given(positive_simplex(size=4), positive_simplex(size=4))
def test_limits_of_the_families(p, q):
    assert oracle.alpha_div(p, q, 1.0) == kl_categorical(p, q) == oracle.renyi(p, q, 1.0)
    assert oracle.alpha_div(p, q, 0.0) == kl_categorical(q, p)
    assert_allclose(oracle.alpha_div(p, q, 0.5), 4 * oracle.hellinger2(p, q), rtol=1e-11)
    assert_allclose(2 * oracle.alpha_div(p, q, 2.0), oracle.chi2_pearson(p, q), rtol=1e-11)
    near = oracle.alpha_div(p, q, 1 + 1e-7)
    assert_allclose(near, kl_categorical(p, q), rtol=1e-4, atol=1e-8)


# f-divergences and their duals


@given(two_distributions())
def test_each_name_is_its_divergence(pair):
    p, q = pair
    for name, known in (
        ("kl", kl_categorical(p, q)),
        ("rkl", kl_categorical(q, p)),
        ("pearson", oracle.chi2_pearson(p, q)),
        ("hellinger", oracle.hellinger2(p, q)),
        ("js", oracle.jsd(p, q)),
        ("tv", oracle.tv(p, q)),
    ):
        assert_allclose(f.f_divergence(p, q, name), known, rtol=1e-13, atol=1e-300)
    assert_allclose(f.f_divergence(p, q, "gan"), 2 * oracle.jsd(p, q) - np.log(4), atol=4e-15)


@pytest.mark.parametrize("name", sorted(f.CONJUGATE))
@given(tables=st.tuples(*[positive_simplex(size=5)] * 3), scale=st.floats(-1, 1))
def test_the_dual_is_a_bound_and_tight(name, tables, scale):
    """Any critic stays below the divergence; the best one reaches it."""
    p, q, noise = tables
    best = f.fgan_optimal_T(p, q, name)
    value = f.f_divergence(p, q, name)
    assert_allclose(f.fgan_dual(p, q, best, name), value, rtol=1e-11, atol=1e-13)
    _, bound = f.CONJUGATE[name]
    other = best + scale * (noise - 0.2)
    other = np.minimum(other, bound - 1e-3) if np.isfinite(bound) else other
    assert f.fgan_dual(p, q, other, name) <= value + 1e-12 * max(1, abs(value))


def test_a_critic_outside_its_domain_is_refused():
    with pytest.raises(ValueError, match="T must be below"):
        f.fgan_dual([0.5, 0.5], [0.5, 0.5], [1.0, 0.0], "gan")
    with pytest.raises(ValueError, match="name must be one of kl, rkl"):
        f.f_divergence([0.5, 0.5], [0.5, 0.5], "klx")


@given(spd(size=3, condition=2.0))
def test_the_mean_field_gap_is_what_a_minimiser_finds(P):
    """min over diagonal variances of KL(q || N(0, P^-1)), by Nelder-Mead in their logs."""

    def kl(log_variance):
        trace = (np.exp(log_variance) * np.diag(P)).sum()
        return 0.5 * (trace - 3 - log_variance.sum() - np.linalg.slogdet(P)[1])

    found = optimize.minimize(kl, -np.log(np.diag(P)) + 0.1, method="BFGS", options={"gtol": 1e-9})
    assert_allclose(oracle.meanfield_gap(P), found.fun, rtol=1e-6, atol=1e-9)


ALPHAS = st.sampled_from([0.5, 1e-9, 1 - 1e-12, 1 + 1e-9, 2.0, -0.5, 1.5]) | st.floats(-20, 20)


@given(two_distributions(), ALPHAS.filter(lambda a: a not in (0, 1) and abs(a) > 1e-12))
def test_alpha_and_renyi_off_the_beaten_path(pair, alpha):
    """Tiny overlaps, disjoint supports, orders next to 0 and 1 and far from them, in 120 digits;
    p and q add up to 1 but for a bit, which a Renyi divergence divides by its order less 1."""
    p, q = pair
    value = oracle.alpha_div(p, q, alpha)
    assert value >= 0
    assert_allclose(value, exact.alpha_div(p, q, alpha), rtol=2e-12, atol=1e-60)
    if alpha > 0:
        slack = 4e-16 * (1 + 1 / abs(alpha - 1))
        value = oracle.renyi(p, q, alpha)
        assert value >= 0
        assert_allclose(value, exact.renyi(p, q, alpha), rtol=2e-12, atol=slack)


def test_known_orders_of_far_distributions():
    """-2 log(2e-10) at a = 1/2 for an overlap of 2e-10, which 1 + a (a - 1) D rounds away."""
    p, q = np.array([1.0, 1e-20]), np.array([1e-20, 1.0])
    assert_allclose(oracle.renyi(p, q, 0.5), -2 * np.log(2e-10), rtol=1e-15)
    assert oracle.renyi([1.0, 0.0], [0.0, 1.0], 0.3) == np.inf
    assert oracle.renyi([1.0, 0.0], [0.0, 1.0], 3.0) == np.inf
    assert np.isfinite(oracle.alpha_div([0.5, 0.5], [1e-300, 1.0], 1.5))


@given(two_distributions(min_size=2), st.floats(0.1, 3))
def test_weights_go_with_their_axis(pair, scale):
    """Along the first axis as along the last, with and without weights."""
    with np.errstate(divide="ignore"):
        lp, lq = (np.log(np.stack([p, p[::-1], p])) for p in pair)
    w = scale * np.arange(1, lp.shape[1] + 1)
    for weights in (None, w):
        known = [oracle.jsd_log(a, b, weights) for a, b in zip(lp, lq, strict=True)]
        assert_allclose(oracle.jsd_log(lp, lq, weights), known, rtol=1e-13)
        assert_allclose(oracle.jsd_log(lp.T, lq.T, weights, axis=0), known, rtol=1e-13)
    with pytest.raises(ShapeError, match="w "):
        oracle.jsd_log(lp, lq, [1.0])


@pytest.mark.parametrize("name", sorted(f.CONJUGATE))
@given(pair=two_distributions())
def test_the_dual_is_tight_where_a_distribution_is_zero_too(name, pair):
    """Where p or q is 0 the best critic is a limit, and so is what it gains."""
    p, q = (np.where(m < 1e-290, 0, m) for m in pair)  # else p / q is no number
    value = f.f_divergence(p, q, name)
    dual = f.fgan_dual(p, q, f.fgan_optimal_T(p, q, name), name)
    assert_allclose(dual, value, rtol=1e-10, atol=1e-12)


DISTRIBUTIONS = [
    (kl_categorical, ()), (oracle.jsd, ()), (oracle.tv, ()), (oracle.hellinger2, ()),
    (oracle.chi2_pearson, ()), (oracle.chi2_neyman, ()), (oracle.alpha_div, (0.3,)),
    (oracle.renyi, (0.3,)), (f.f_divergence, ("js",)), (f.fgan_optimal_T, ("js",)),
    (simplex.prop2_gradient, ()), (simplex.prop2_eg, (0.5, 1)),
    (simplex.prop2_projected_gd, (0.5, 1)), (simplex.prop2_step_closed_form, ()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "more"), DISTRIBUTIONS, ids=lambda v: getattr(v, "__name__", "")
)
def test_a_distribution_of_one_outcome_is_not_stretched(function, more):
    """[1] is a distribution of one outcome, no constant on two; nor do B pair with all of B."""
    half = np.full((3, 2), 0.5)
    for p, q in (([1.0], half[0]), (half[0], [1.0]), (half, np.ones((3, 1)))):
        with pytest.raises(ShapeError, match="differ along axis -1"):
            function(p, q, *more)
    with pytest.raises(ShapeError, match="table of all pairs"):
        function(half[:, None], half, *more)
    function(half, half[0], *more)


@given(positive_simplex(size=4), st.sampled_from([1e300, -1e300, 1e18]))
def test_a_large_number_in_all_logits_is_nothing(q, shift):
    """Softmax has no constant: of logits that are all c it is uniform, and c swallows no other."""
    equal, logs = np.full(4, shift), np.log(q)
    for a, b in ((np.full(4, 0.25), q), (q, np.full(4, 0.25))):
        known = kl_categorical(a, b)
        given_logits = (equal, logs) if b is q else (logs, equal)
        for divergence in (kl_categorical_logits, die.kl):
            assert_allclose(divergence(*given_logits), known, rtol=1e-9, atol=1e-15)
    certain = kl_categorical_logits([1e300, 0, 0, 0], logs)
    assert_allclose(certain, -logs[0], rtol=1e-12)
