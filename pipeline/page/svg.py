"""Small drawings for a line of text or a table cell: intervals, strips, bars, paths.

Their colours come from the style sheet by class, so that they follow light and dark mode. Each has
a text alternative for readers who do not see it.
"""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from math import ceil, isfinite

from markupsafe import Markup

from pipeline.page import languages
from pipeline.page.words import number, places_of, plain
from pipeline.results.schema import Decided, Metric

Scale = Callable[[float], float]


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """The map of [low, high] to pixels from start to end; values outside are clipped."""
    span = (high - low) or 1.0
    first, last = min(start, end), max(start, end)

    def place(x):
        return min(last, max(first, start + (x - low) / span * (end - start)))

    return place


def domain(
    numbers: Iterable[float | None], reference: Iterable[float | None] = ()
) -> tuple[float, float]:
    """A range that contains all numbers, and the reference values unless they are far away.

    A reference value is far away if it would leave the numbers less than a fifth of the range.
    """
    finite = [x for x in numbers if x is not None and isfinite(x)]
    answers = [x for x in reference if x is not None and isfinite(x)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    reach = 5 * (high - low) or float("inf")
    for answer in answers if finite else []:
        if max(high, answer) - min(low, answer) <= reach:
            low, high = min(low, answer), max(high, answer)
    if not finite and answers:
        low, high = min(answers), max(answers)
    margin = 0.07 * (high - low) or 0.07 * abs(high) or 1.0
    return low - margin, high + margin


def drawing(width: int, height: int, words: str, *parts: str, kind: str) -> Markup:
    """An inline SVG of parts. kind: its class.

    words: its text alternative, in both languages; "" of one that says no more than the text
        beside it.
    """
    told = f'role="img" {languages.named(words)}' if words else 'aria-hidden="true"'
    return Markup(
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f"{told}>{''.join(parts)}</svg>"
    )


def path(x: Iterable[float], y: Iterable[float], kind: str) -> str:
    """A line through points in pixels, interrupted where a point is not finite."""
    drawn = trace(x, y)
    return f'<path class="{kind}" d="{drawn}"/>' if drawn else ""


def trace(x: Iterable[float], y: Iterable[float]) -> str:
    """The path data of a line through points in pixels, to a tenth of a pixel.

    Coordinates are relative to the previous point, which halves their length. They are rounded
    before they are subtracted, so that rounding errors do not accumulate.
    """
    steps, pen, last = [], "M", (0, 0)
    for at, up in zip(x, y, strict=True):
        if not (isfinite(at) and isfinite(up)):
            pen = "M"
            continue
        here = round(10 * at), round(10 * up)
        if pen == "M":
            steps.append(f"M{_tenths(here[0])}{_apart(here[1])}l")
        else:
            steps.append(f"{_apart(here[0] - last[0])}{_apart(here[1] - last[1])}")
        pen, last = "L", here
    return "".join(steps).replace("l ", "l").replace("lM", "M").removesuffix("l")


def dots(points: Iterable[tuple[float, float]]) -> str:
    """The path data of a dot at each point in pixels: lines of length 0."""
    return "".join(f"M{_tenths(round(10 * x))}{_apart(round(10 * y))}h0" for x, y in points)


def _tenths(count):
    """Tenths of a pixel as a number, without redundant characters: -.4, 12, 3.5."""
    sign, whole, part = "-" if count < 0 else "", abs(count) // 10, abs(count) % 10
    return f"{sign}{whole or ''}.{part}" if part else f"{sign}{whole}"


def _apart(count):
    """The same after another number: a minus sign separates them like a space."""
    text = _tenths(count)
    return text if text[0] == "-" else f" {text}"


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line in pixels."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(x: float, y: float, content: str, kind: str = "", anchor: str = "middle") -> str:
    """A label in pixels."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(content)}</text>"
    )


def _answer(place, reference, low, high, top, bottom):
    """The tick of a reference value, or an arrow towards it if it is outside the range."""
    if low <= reference <= high:
        return line(place(reference), top, place(reference), bottom, "reference")
    middle, tip = (top + bottom) / 2, place(reference)
    back = tip + 6 if reference < low else tip - 6
    return (
        f'<path class="reference-far" d="M{back:.1f} {middle - 4:.1f}L{tip:.1f} {middle:.1f}'
        f'L{back:.1f} {middle + 4:.1f}"/>'
    )


def strip(metric: Metric, low: float, high: float) -> Markup:
    """Every seed's value as a dot, above the interval of the mean and the reference value.

    It stands beside the numbers that it shows, and so says nothing to those who do not see it.

    metric: a metric of reports/metrics. low, high: the range.
    """
    width, height = 144, 40
    place = scale(low, high, 5, width - 5)
    parts = [line(0, 31, width, 31, "axis")]
    if metric.low is not None and metric.high is not None:
        left, right = place(metric.low), place(metric.high)
        parts.append(
            f'<rect class="interval" x="{left:.1f}" y="2" '
            f'width="{max(1.5, right - left):.1f}" height="29"/>'
        )
    if metric.mean is not None:
        parts.append(line(place(metric.mean), 2, place(metric.mean), 31, "mean"))
    if metric.reference is not None:
        parts.append(_answer(place, metric.reference, low, high, 0, 37))
    taken: dict[int, int] = {}
    stacked = []
    for value in metric.values:
        if value is None:
            continue
        x = place(value)
        level = taken.get(round(x / 6), 0)
        taken[round(x / 6)] = level + 1
        # Dots that would overlap are stacked, at most ten high.
        stacked.append((x, 27.5 - 2.7 * min(level, 9)))
    parts.append(f'<path class="dots" d="{dots(stacked)}"/>' if stacked else "")
    return drawing(width, height, "", *parts, kind="strip")


def interval(claim: Decided, two_sided: bool) -> Markup:
    """The estimate of a claim with its interval, and the threshold of its rule.

    two_sided: whether the threshold is a margin on both sides of zero.
    """
    estimate, low, high = claim.estimate, claim.low, claim.high
    if estimate is None:
        return Markup("")
    ends = [] if claim.threshold is None else [claim.threshold]
    if two_sided:
        ends = [-end for end in ends] + ends
    width, height = 250, 56
    first, last = domain((estimate, low, high, *ends))
    place = scale(first, last, 14, width - 14)
    parts = [line(4, 28, width - 4, 28, "axis")]
    words = f"estimate {plain(estimate)}"
    if low is not None and high is not None:
        left, right, places = place(low), place(high), places_of(low, high, estimate)
        parts.append(
            f'<rect class="interval" x="{left:.1f}" y="22" '
            f'width="{max(2.0, right - left):.1f}" height="12" rx="2"/>'
        )
        words += f", interval {number(low, places)} to {number(high, places)}"
    for end in ends:
        parts.append(line(place(end), 12, place(end), 42, "reference"))
        at = min(max(place(end), 40), width - 40)
        parts.append(text(at, 53, plain(end) if two_sided else f"threshold {plain(end)}", "told"))
        words += f", threshold {plain(end)}"
    parts.append(f'<circle class="estimate" cx="{place(estimate):.1f}" cy="28" r="4.5"/>')
    return drawing(width, height, words, *parts, kind="whisker")


def bars(
    title: str,
    labels: Sequence[str],
    shares: Sequence[Sequence[float]],
    reference: Sequence[float],
    top: float,
) -> Markup:
    """The frequencies of K classes: bars of the mean, dots of each seed, ticks of the reference.

    title: of the histogram. shares: of each seed, (R, K). top: the frequency at the upper edge.
    """
    wide, floor, height = 300, 100, 122
    pitch = wide / len(labels)
    every = ceil(18 / pitch)  # labels are this many classes apart, where there are too many
    place = scale(0, top, floor, 4)
    parts, told, points = [], [], []
    for k, label in enumerate(labels):
        column = [row[k] for row in shares]
        mean = sum(column) / len(column)
        left, up = k * pitch, place(mean)
        parts.append(
            f'<rect class="bar" x="{left + pitch * 0.12:.1f}" y="{up:.1f}" '
            f'width="{pitch * 0.76:.1f}" height="{floor - up:.1f}"/>'
        )
        points += [(left + pitch / 2, place(share)) for share in column]
        tick = place(reference[k])
        parts.append(line(left, tick, left + pitch, tick, "reference"))
        if k % every == 0:
            parts.append(text(left + pitch / 2, height - 4, label, "label"))
        told.append(f"{label}: {plain(mean)}")
    parts.append(f'<path class="dots" d="{dots(points)}"/>')
    parts.append(line(0, floor, wide, floor, "axis"))
    words = f"{title}, mean of {len(shares)} seeds: {', '.join(told)}"
    return drawing(wide, height, words, *parts, kind="bars")
