"""New seeds land in the interval that is printed for them as often as it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.verdicts import prediction

NAN = float("nan")
TIMES = 1000


def landed(draw, n, seeds, scale="linear", together=None):
    """How often the mean of new seeds lies in the interval made of n others."""
    inside = 0
    for _ in range(TIMES):
        published = prediction.of_seeds(draw(n), seeds, together, scale)
        inside += published.low <= prediction.middle(draw(seeds), scale) <= published.high
    return inside


@pytest.mark.parametrize(("n", "seeds"), [(10, 1), (10, 10), (40, 3)])
@pytest.mark.parametrize("scale", ["linear", "log", "logit"])
def test_of_new_seeds_99_of_a_hundred_land_inside(n, seeds, scale):
    """Exactly .99, of populations that are normal on the scale of the metric."""
    rng = np.random.default_rng(0)
    told = {"linear": lambda x: x, "log": np.exp, "logit": lambda x: 1 / (1 + np.exp(-x))}[scale]
    inside = landed(lambda k: told(rng.normal(1, 0.7, k)).tolist(), n, seeds, scale)
    assert stats.binomtest(inside, TIMES, 0.99).pvalue > 1e-4


def test_below_ten_seeds_the_deviation_is_that_of_all_runs():
    """Three seeds, with a deviation of 20 degrees of freedom: exact, and shorter than their own
    would be."""
    rng, inside = np.random.default_rng(1), 0
    for _ in range(TIMES):
        runs = rng.normal(0, 1, (10, 3)).tolist()
        published = prediction.of_seeds(runs[0], 3, prediction.pooled(runs))
        inside += published.low <= np.mean(rng.normal(0, 1, 3)) <= published.high
    assert stats.binomtest(inside, TIMES, 0.99).pvalue > 1e-4
    assert published.pooled
    assert prediction.pooled(runs).freedom == 20
    assert prediction.of_seeds(runs[0], 3, None) is None


def landed_of_runs(deviations, name):
    """How often the mean of three new seeds lands, of runs of three with these deviations."""
    rng, inside = np.random.default_rng(2), 0
    for _ in range(TIMES // 3):
        runs = {str(i): rng.normal(0, sd, 3).tolist() for i, sd in enumerate(deviations)}
        published = prediction.of_runs(runs, False)[name]
        inside += published.low <= rng.normal(0, deviations[int(name)], 3).mean() <= published.high
    return inside / (TIMES // 3)


@pytest.mark.parametrize(
    ("deviations", "name", "least"),
    [
        ([1, 1, 1, 1, 1], "0", 0.965),
        ([10, 1, 1, 1, 1], "0", 0.87),
        ([10, 1, 1, 1, 1], "1", 0.96),
        ([1000, 1], "0", 0.975),
    ],
)
def test_runs_are_pooled_only_where_they_scatter_alike(deviations, name, least):
    """With all of them pooled the wide one of five lands in .78 of the cases."""
    assert landed_of_runs(deviations, name) > least


def test_a_lost_seed_lends_its_scatter_to_no_other_run():
    """DiscoGAN's squared distances, beside a game of which one seed of three is lost."""
    disco, cycle = [151.0, 147.0, 149.0], [140.0, 145.0, 1e6]
    alone = prediction.of_runs({"disco": disco}, False)["disco"]
    beside = prediction.of_runs({"disco": disco, "cycle": cycle}, False)
    assert beside["disco"] == alone
    assert beside["cycle"].low < -1e6


@pytest.mark.parametrize("other", [[0.0, 2.6e-172], [0.0, 1e-300, 1.0], [1e200, 2e200, 3e200]])
def test_deviations_at_the_ends_of_float64_are_no_error(other):
    """The square of the first is 0, and that of a ratio may be infinite."""
    for values in ([1.0, 2.0, 3.0], [0.0, 1e-150, 3e-150], other):
        assert values in prediction.alike(values, [values, other])


def test_values_that_do_not_vary_are_like_any():
    columns = [[8.0] * 3, [1.0, 2.0, 3.0], [1.0, 2e6, 3.0], [None, 1.0]]
    assert prediction.alike(columns[0], columns) == columns
    equal = [0.3] * 10  # their np.std is not 0
    assert prediction.alike(equal, [equal, *columns]) == [equal, *columns]
    assert prediction.alike(columns[1], columns) == [columns[0], columns[1], columns[3]]


@given(st.lists(st.lists(st.floats(-5, 5), min_size=2, max_size=6), min_size=2, max_size=5))
def test_the_pooled_variance_is_that_of_analysis_of_variance(runs):
    """The sum of squares within runs over its degrees of freedom, N - K."""
    spread = prediction.pooled(runs)
    within = sum(((np.array(x) - np.mean(x)) ** 2).sum() for x in runs)
    assert spread.freedom == sum(map(len, runs)) - len(runs)
    assert spread.sd**2 == pytest.approx(within / spread.freedom, abs=1e-9)


def test_a_run_whose_seeds_agree_borrows_the_scatter_of_the_others():
    """Ten seeds that all find eight modes do not promise that the next ten do."""
    alike = [8.0] * 10
    together = prediction.pooled([alike, [7.0, 8.0] * 5])
    published = prediction.of_seeds(alike, 10, together)
    assert published.pooled
    assert published.low < 8 < published.high


@pytest.mark.parametrize("values", [[1.0, None, 2.0], [1.0, NAN], [], [0.0, 1.0] * 5])
def test_without_all_values_on_the_scale_there_is_none(values):
    assert prediction.of_seeds(values, 1, prediction.Spread(1.0, 9), "log") is None
    assert prediction.middle(values, "log") is None
    assert prediction.pooled([values], "log") is None


@pytest.mark.parametrize("truth", [0.05, 0.5, 0.95, 1.0])
@pytest.mark.parametrize(("n", "seeds"), [(10, 10), (10, 3), (30, 10)])
def test_of_new_seeds_with_a_property_at_least_99_of_a_hundred_land_inside(truth, n, seeds):
    """By summing over all pairs of counts: each tail is at most .005."""
    below = above = 0.0
    for count in range(n + 1):
        published = prediction.of_share(count, n, seeds)
        chance = stats.binom.pmf(count, n, truth)
        new = np.arange(seeds + 1)
        mass = stats.binom.pmf(new, seeds, truth)
        below += chance * mass[new / seeds < published.low - 1e-12].sum()
        above += chance * mass[new / seeds > published.high + 1e-12].sum()
    assert below <= 0.005 + 1e-12
    assert above <= 0.005 + 1e-12


@given(st.integers(1, 20), st.integers(1, 20), st.data())
def test_the_counts_of_new_seeds_are_those_that_fishers_test_allows(n, seeds, data):
    """Each count inside is not rejected at .005 on either side, and the next outside is."""
    count = data.draw(st.integers(0, n))
    published = prediction.of_share(count, n, seeds)

    def rejected(new, side):
        table = [[count, n - count], [new, seeds - new]]
        return stats.fisher_exact(table, alternative=side).pvalue <= 0.005

    low, high = round(published.low * seeds), round(published.high * seeds)
    for new in range(seeds + 1):
        outside = rejected(new, "greater") or rejected(new, "less")
        assert outside == (not low <= new <= high)


def test_ten_of_ten_leave_four_to_ten_of_the_next_ten():
    """If y + 10 of the 20 have the property, the first ten all do with a chance of
    C(10 + y, 10) / C(20, 10): .0054 for y = 4 and .0015 for y = 3."""
    assert prediction.of_share(10, 10, 10)[:2] == (0.4, 1.0)
