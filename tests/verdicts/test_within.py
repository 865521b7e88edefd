"""An interval of a mean stays in the range of the values; a short one is the plain one."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.verdicts import estimate, prediction, within
from pipeline.verdicts.within import Range

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=20)


@given(SHARES)
def test_the_interval_of_a_share_stays_between_0_and_1(values):
    mean, low, high = estimate.mean(values, Range(0.0, 1.0))
    assert 0 <= low <= mean * (1 + 1e-12)
    assert mean <= high * (1 + 1e-12)
    assert high <= 1


def test_the_upper_end_of_tiny_shares_is_not_below_their_mean():
    """most - (most - least) above shrunk / (above shrunk + below) has no digit left near least."""
    mean, _, high = estimate.mean([1e-17] * 19 + [2e-17], Range(0.0, 1.0))
    assert mean <= high * (1 + 1e-12)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=20))
def test_that_of_a_divergence_is_never_below_0(values):
    """Nor is that of the mean of new seeds."""
    _, low, _ = estimate.mean(values, Range(0.0))
    assert low >= 0
    new = prediction.of_runs({"a": values}, False, where={"a": Range(0.0)})["a"]
    assert new is None or new.low >= 0


def test_one_collapse_in_ten_does_not_take_a_share_out_of_its_range():
    """The plain interval of these would end at -0.13, this one at .1 e^-2.262 = 0.0104."""
    values = [1.0] + [0.0] * 9
    _, low, _ = estimate.mean(values)
    assert low < 0
    np.testing.assert_allclose(
        estimate.mean(values, Range(0.0))[1], 0.1 * math.exp(-2.26216), 1e-5
    )


@given(st.floats(-3, 3), st.floats(0, 2), st.floats(-5, 5), st.floats(0.1, 5))
def test_it_is_additive_on_the_scale_of_the_log_odds(odds, half, least, width):
    """By the formula of the module, from g and its derivative alone."""
    most = least + width
    share = 1 / (1 + math.exp(-odds))
    low, high = within.ends(least + width * share, half, Range(least, most))
    assume(least < low < high < most)

    def g(x):
        return math.log((x - least) / (most - x))

    shift = half / (width * share * (1 - share))
    assume(shift < 15)
    assert g(low) == pytest.approx(odds - shift, abs=1e-6)
    assert g(high) == pytest.approx(odds + shift, abs=1e-6)


def test_one_end_is_the_mirror_of_the_other():
    low, high = within.ends(2.0, 1.5, Range(least=1.0))
    assert (low, high) == (1 + math.exp(-1.5), 1 + math.exp(1.5))
    assert within.ends(-2.0, 1.5, Range(most=-1.0)) == (-high, -low)


@given(st.floats(0.2, 0.8), st.floats(0, 1e-3))
def test_a_short_interval_is_the_plain_one(mean, half):
    for where in (Range(0.0, 1.0), Range(0.0), Range(None, 1.0), Range()):
        for end, sign in zip(within.ends(mean, half, where), (-1, 1), strict=True):
            assert end == pytest.approx(mean + sign * half, abs=20 * half**2 + 1e-12)


def test_a_mean_at_or_outside_an_end_keeps_the_plain_interval():
    assert within.ends(1.0, 0.0, Range(0.0, 1.0)) == (1.0, 1.0)
    assert within.ends(-0.1, 0.2, Range(0.0)) == pytest.approx((-0.3, 0.1))


def test_every_metric_that_is_a_share_or_a_count_says_so():
    """A unit that begins with "share", "probability" or "of" has both ends, or is of seeds."""
    bare = []
    for file in Path("pipeline/metrics").glob("[!_]*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) != "Measured":
                continue
            given = {k.arg or "most": k.value for k in call.keywords}  # **both ends
            unit = ast.unparse(given["unit"]) if "unit" in given else ""
            ranged = ("share", "probability", "mean probability", "of {", "of all")
            if unit.lstrip("f'\"").startswith(ranged) and not {"share", "most"} & set(given):
                bare.append(f"{file}:{call.lineno}: {unit}")
    assert not bare, "\n".join(bare)
