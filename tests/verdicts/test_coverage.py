"""How often the truth lies beyond an interval of ten to forty seeds, as the docstring says it.

The table of pipeline/verdicts/intervals.py is read from its docstring and simulated, so that it
cannot say what is not so: for each population and scale the chance that the truth lies beyond
the worse end, in multiples of the error that is promised.
"""

import re

import numpy as np
import pytest
from scipy import special, stats

from pipeline.verdicts import intervals, student

ROW = re.compile(
    r"^    (\S.*?)  +(linear|log|logit|bootstrap|median)((?:  +(?:[\d.]+|-)){6})$", re.M
)
CASES = [(n, error) for error in (0.025, 0.0025) for n in (10, 20, 40)]
TABLE = {
    (name, scale): {
        case: float(word) for case, word in zip(CASES, told.split(), strict=True) if word != "-"
    }
    for name, scale, told in ROW.findall(intervals.__doc__)
}
ROUNDED, SIMULATED = 0.06, 1500  # the table's numbers: to a digit, of at least so many samples


def collapsing(rng, shape):
    return np.where(
        rng.random(shape) < 0.1, rng.normal(0.3, 0.05, shape), rng.normal(0.95, 0.01, shape)
    )


def emptied(rng, shape):
    return rng.lognormal(0, 0.5, shape) * (rng.random(shape) < 0.7)


def collapsing_median():
    def below(x):
        return 0.1 * stats.norm.cdf(x, 0.3, 0.05) + 0.9 * stats.norm.cdf(x, 0.95, 0.01)

    x = np.linspace(0.9, 1, 100_001)
    return x[np.searchsorted(below(x), 0.5)]


# How each population is drawn, and its mean, its typical value on its scale, its median.
POPULATIONS = {
    "normal": (lambda rng, shape: rng.normal(0, 1, shape), 0.0, None, 0.0),
    "exponential": (
        lambda rng, shape: rng.exponential(1, shape),
        1.0,
        np.exp(-np.euler_gamma),
        np.log(2),
    ),
    "log-normal, σ = 1": (lambda rng, shape: rng.lognormal(0, 1, shape), np.exp(0.5), 1.0, 1.0),
    "Beta(8, 2)": (
        lambda rng, shape: rng.beta(8, 2, shape),
        0.8,
        special.expit(special.psi(8) - special.psi(2)),
        special.betaincinv(8, 2, 0.5),
    ),
    "Beta(30, 1)": (
        lambda rng, shape: rng.beta(30, 1, shape),
        30 / 31,
        special.expit(special.psi(30) - special.psi(1)),
        special.betaincinv(30, 1, 0.5),
    ),
    "Beta(8, 0.3)": (
        lambda rng, shape: rng.beta(8, 0.3, shape),
        8 / 8.3,
        None,
        special.betaincinv(8, 0.3, 0.5),
    ),
    "three in ten are 0": (emptied, 0.7 * np.exp(0.125), None, None),
    "one in ten collapses": (collapsing, 0.1 * 0.3 + 0.9 * 0.95, None, collapsing_median()),
}


def truth(name, scale):
    _, mean, typical, median = POPULATIONS[name]
    return {"linear": mean, "bootstrap": mean, "median": median}.get(scale, typical)


def beyond(name, scale, n, error, times):
    """How many of so many intervals have the truth above them, and below."""
    draw, goal = POPULATIONS[name][0], truth(name, scale)
    x = draw(np.random.default_rng(n), (times, n))
    if scale == "bootstrap":
        found = [intervals.of_mean(row, error, scale) for row in x.tolist()]
        ends = [(f.low, f.high) if isinstance(f, intervals.Interval) else (-9, 9) for f in found]
        low, high = np.array(ends).T
    elif scale == "median":
        places = intervals.of_mean([float(k) for k in range(n)], error, scale)
        ordered = np.sort(x)
        low, high = ordered[:, int(places.low)], ordered[:, int(places.high)]
    else:
        seen = {"linear": lambda v: v, "log": np.log, "logit": special.logit}[scale]
        middle, half = student.ends([seen(x)], [1.0], error)
        low, high, goal = middle - half, middle + half, seen(goal)
    return int((goal > high).sum()), int((goal < low).sum())


def agrees(count, times, told, error):
    """Whether a count is that of the chance told: to 4.5 standard errors, of both simulations,
    and to the digit that is printed."""
    p = told * error
    allowed = 4.5 * np.sqrt(max(p, error / 4) * (1 - p) * (1 / times + 1 / SIMULATED))
    return abs(count / times - p) < allowed + ROUNDED * error


def test_the_table_has_every_population():
    assert {name for name, _ in TABLE} == POPULATIONS.keys()
    assert all(truth(*key) is not None for key in TABLE)


@pytest.mark.parametrize(("name", "scale"), [k for k in TABLE if k[1] != "bootstrap"])
def test_the_errors_are_those_that_the_docstring_tells(name, scale):
    for n, error in CASES:
        found = max(beyond(name, scale, n, error, 20_000))
        assert agrees(found, 20_000, TABLE[name, scale][n, error], error), (n, error)


@pytest.mark.parametrize(("name", "scale"), [k for k in TABLE if k[1] == "bootstrap"])
def test_the_errors_of_the_bootstrap_are_those_that_the_docstring_tells(name, scale):
    """At ten seeds and .025, where a simulation takes a second; the rest was run once, alike."""
    found = max(beyond(name, scale, 10, 0.025, 400))
    assert agrees(found, 400, TABLE[name, scale][10, 0.025], 0.025)


@pytest.mark.parametrize(("name", "scale"), [("normal", "linear"), ("log-normal, σ = 1", "log")])
def test_what_is_normal_on_its_scale_errs_as_promised(name, scale):
    for case in CASES:
        assert TABLE[name, scale][case] == 1.0


@pytest.mark.parametrize("name", [name for name, scale in TABLE if scale == "median"])
def test_the_median_never_errs_more_than_promised(name):
    assert max(TABLE[name, "median"].values()) <= 1.0


def test_no_bootstrap_is_shorter_than_students():
    rng = np.random.default_rng(0)
    for name, (draw, *_) in POPULATIONS.items():
        x = draw(rng, (5, 10)).tolist()
        for row in x:
            wide = intervals.of_mean(row, 0.025, "bootstrap")
            plain = intervals.of_mean(row, 0.025, "linear")
            if isinstance(wide, intervals.Interval):
                assert wide.low <= plain.low + 1e-12, name
                assert wide.high >= plain.high - 1e-12, name


def test_the_bootstrap_depends_on_the_values_alone():
    """Not on the order of the seeds, nor on what was drawn before; and it moves with its unit."""
    x = np.random.default_rng(1).lognormal(0, 1, 10)
    one = intervals.of_mean(x.tolist(), 0.025, "bootstrap")
    assert intervals.of_mean(x[::-1].tolist(), 0.025, "bootstrap") == one
    scaled = intervals.of_mean((3 * x + 1).tolist(), 0.025, "bootstrap")
    np.testing.assert_allclose(scaled, 3 * np.array(one) + 1, rtol=1e-9)
