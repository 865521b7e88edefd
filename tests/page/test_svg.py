"""Drawings place numbers correctly, and have a text alternative in both languages."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from pipeline.page import svg
from tests.page import ledger
from tests.results import made

METRIC = made.metric([1.0, 3.0, None, 3.0], title="V", mean=2.3, low=1.0, high=3.0, reference=2.0)


def centres(drawing):
    """Where the dots of a drawing stand: each is a line of no length."""
    steps = re.search(r'<path class="dots" d="([^"]*)"', drawing)[1]
    number = r"(-?(?:\d+\.?\d*|\.\d+))"
    return [(float(x), float(y)) for x, y in re.findall(rf"M{number} ?{number}h0", steps)]


def test_a_scale_stops_at_its_ends():
    place = svg.scale(0.0, 10.0, 100.0, 0.0)
    assert [place(x) for x in (-5, 0, 2.5, 10, 20)] == [100, 100, 75, 0, 0]


def test_a_reference_value_far_away_does_not_squeeze_the_seeds():
    near = svg.domain([1.0, 2.0], [4.0])
    assert near[0] < 1
    assert near[1] > 4
    far = svg.domain([1.0, 2.0], [100.0])
    assert far[0] < 1
    assert 2 < far[1] < 4


def test_a_range_is_never_empty():
    for numbers in ([3.0], [0.0, 0.0], [None], []):
        low, high = svg.domain(numbers)
        assert low < high


def test_a_strip_has_a_dot_for_every_finite_seed_and_none_hides_another():
    dots = centres(svg.strip(METRIC, 1.0, 3.0))
    assert [x for x, _ in dots] == [5, 139, 139]
    assert len(set(dots)) == 3


def test_a_reference_value_outside_the_range_is_an_arrow_towards_it():
    inside = svg.strip(METRIC, 1.0, 3.0)
    outside = svg.strip(replace(METRIC, reference=9.0), 1.0, 3.0)
    assert 'class="reference"' in inside
    assert 'class="reference-far"' not in inside
    assert 'class="reference-far" d="M133' in outside


def spans(drawn, kind):
    """Where rectangles of a kind begin and end."""
    found = re.findall(rf'class="{kind}" x="([\d.]+)"[^>]* width="([\d.]+)"', drawn)
    return [(float(x), float(x) + float(width)) for x, width in found]


def lines(drawn, kind):
    """Where upright lines of a kind stand."""
    found = re.findall(rf'class="{kind}" x1="([\d.]+)"[^>]* x2="([\d.]+)"', drawn)
    assert all(x1 == x2 for x1, x2 in found)
    return [float(x1) for x1, _ in found]


def test_a_strip_places_all_that_it_shows_on_one_scale():
    """Of 0 to 4 on 5 to 139 pixels: the interval from 1 to 3, the mean 2.3, the reference 2."""
    drawn = svg.strip(METRIC, 0.0, 4.0)
    at = {x: 5 + 134 * x / 4 for x in (1, 2, 2.3, 3)}
    assert spans(drawn, "interval") == [pytest.approx((at[1], at[3]), abs=0.11)]
    assert lines(drawn, "mean") == pytest.approx([at[2.3]], abs=0.06)
    assert lines(drawn, "reference") == pytest.approx([at[2]], abs=0.06)
    assert [x for x, _ in centres(drawn)] == pytest.approx([at[1], at[3], at[3]], abs=0.06)


@pytest.mark.parametrize(("reference", "way"), [(-9.0, -1), (9.0, 1)])
def test_an_arrow_points_to_where_the_reference_value_is(reference, way):
    drawn = svg.strip(replace(METRIC, reference=reference), 0.0, 4.0)
    ends = re.search(r'reference-far" d="M([\d.]+) [\d.]+L([\d.]+) ', drawn)
    back, tip = map(float, ends.groups())
    assert tip == (139 if way > 0 else 5)
    assert (tip - back) * way > 0


def test_dots_are_stacked_ten_high_and_no_higher():
    """Where more seeds agree, the uppermost are one."""
    ups = [y for _, y in centres(svg.strip(made.metric([2.0] * 30), 0.0, 4.0))]
    assert len(ups) == 30
    levels = sorted(set(ups), reverse=True)
    assert len(levels) == 10
    assert levels[0] < 31
    assert levels[-1] > 0
    gaps = [a - b for a, b in pairwise(levels)]
    assert max(gaps) - min(gaps) < 0.21


@pytest.mark.parametrize("sign", [1, -1])
def test_an_interval_is_drawn_to_scale(sign):
    """Pixels are a rising straight line of the numbers, from 14 to 236 of them."""
    ends = sorted([0.083 * sign, 0.141 * sign])
    claim = numbers(estimate=0.112 * sign, low=ends[0], high=ends[1], threshold=0.05 * sign)
    drawn = svg.interval(claim, two_sided=False)
    dot = float(re.search(r'class="estimate" cx="([\d.]+)"', drawn)[1])
    (bar,), (threshold,) = spans(drawn, "interval"), lines(drawn, "reference")
    x, pixels = [*ends, 0.112 * sign, 0.05 * sign], [*bar, dot, threshold]
    slope, start = np.polyfit(x, pixels, 1)
    assert np.abs(slope * np.array(x) + start - pixels).max() < 0.15
    assert slope > 0
    assert 14 <= min(pixels) < 40
    assert 210 < max(pixels) <= 236


def test_a_line_breaks_where_a_value_is_not_finite():
    drawn = svg.path([0, 1, 2, 3], [0, float("nan"), 2, 3], "x")
    assert drawn == '<path class="x" d="M0 0M2 2l1 1"/>'


def numbers(**found):
    """A claim with these numbers."""
    return replace(ledger.ledger().claims[0], **found)


def test_a_claim_is_drawn_on_the_right_side_of_its_threshold():
    claim = numbers(estimate=0.112, low=0.083, high=0.141, threshold=0.05)
    drawn = svg.interval(claim, two_sided=False)
    threshold = float(re.search(r'class="reference" x1="([\d.]+)"', drawn)[1])
    bar = float(re.search(r'class="interval" x="([\d.]+)"', drawn)[1])
    dot = float(re.search(r'class="estimate" cx="([\d.]+)"', drawn)[1])
    assert threshold < bar < dot
    words = 'aria-label="estimate 0.112, interval 0.083 to 0.141, threshold 0.05"'
    assert words in drawn


def test_a_margin_is_drawn_to_both_sides_of_zero():
    claim = numbers(estimate=0.001, low=-0.001, high=0.003, threshold=0.01)
    drawn = svg.interval(claim, two_sided=True)
    ends = [float(x) for x in re.findall(r'class="reference" x1="([\d.]+)"', drawn)]
    dot = float(re.search(r'class="estimate" cx="([\d.]+)"', drawn)[1])
    assert len(ends) == 2
    assert sum(ends) / 2 < dot < ends[1]
    assert "threshold −0.01, threshold 0.01" in drawn


def test_words_in_drawings_are_not_markup():
    drawn = svg.bars('"<b>"', ["<0>"], [[1.0]], [0.5], 1.0)
    assert "<b>" not in drawn
    assert "<0>" not in drawn


def test_bars_are_as_tall_as_their_shares():
    drawn = svg.bars("", ["a", "b"], [[0.2, 0.4], [0.3, 0.6]], [0.5, 0.5], 0.6)
    heights = [float(h) for h in re.findall(r'class="bar"[^>]* height="([\d.]+)"', drawn)]
    assert heights[1] == 2 * heights[0]  # the mean over the seeds
    ups = {y for _, y in centres(drawn)}
    assert min(ups) == 4  # the largest share of a seed, at the upper edge
    assert len(ups) == 4


@pytest.mark.parametrize("classes", [2, 10, 40])
def test_bars_share_the_width_and_each_holds_its_seeds_and_its_reference(classes):
    """Class k has the k-th part of 300 pixels: its bar inside, its dots in the middle, its tick
    across. Labels are at least 18 pixels apart, and the first has one."""
    shares = [[0.1] * classes, [0.3] * classes]
    drawn = svg.bars("", [str(k) for k in range(classes)], shares, [0.2] * classes, 0.4)
    part = 300 / classes
    bars = re.findall(r'class="bar" x="([\d.]+)"[^>]* width="([\d.]+)"', drawn)
    ticks = re.findall(r'class="reference" x1="([\d.]+)"[^>]* x2="([\d.]+)"', drawn)
    for k, (bar, tick) in enumerate(zip(bars, ticks, strict=True)):
        left, width = map(float, bar)
        assert k * part <= left < left + width <= (k + 1) * part + 0.1
        assert list(map(float, tick)) == pytest.approx([k * part, (k + 1) * part], abs=0.06)
    middles = sorted({x for x, _ in centres(drawn)})
    assert middles == pytest.approx([(k + 0.5) * part for k in range(classes)], abs=0.6)
    told = re.findall(r'class="label" x="([\d.]+)"[^>]*>(\d+)<', drawn)
    assert told[0][1] == "0"
    places = [float(x) for x, _ in told]
    assert all(b - a >= 18 for a, b in pairwise(places))
    assert len(told) >= min(classes, 8)
