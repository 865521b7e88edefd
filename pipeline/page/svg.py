"""Drawings small enough to stand in a line of text or a cell: intervals, strips, bars, paths.

They take their colours from the style sheet by class, so that they follow light and dark, and
every one has its content in words for those who do not see it.
"""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from math import isfinite

from markupsafe import Markup

from pipeline.page.words import number, places_of, plain
from pipeline.results.schema import Decided, Metric

Scale = Callable[[float], float]


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """The map of [low, high] to pixels from start to end; what lies outside stops at the ends."""
    span = (high - low) or 1.0
    first, last = min(start, end), max(start, end)

    def place(x):
        return min(last, max(first, start + (x - low) / span * (end - start)))

    return place


def domain(
    numbers: Iterable[float | None], reference: Iterable[float | None] = ()
) -> tuple[float, float]:
    """A range that holds all numbers, and the reference values unless they are far away.

    A reference value is far away when it would leave the numbers less than a fifth of the range.
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
    """An inline SVG of parts that is read aloud as words. kind: its class."""
    return Markup(
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'
    )


def path(x: Iterable[float], y: Iterable[float], kind: str) -> str:
    """A line through points in pixels; it is broken where a point is not finite."""
    drawn = trace(x, y)
    return f'<path class="{kind}" d="{drawn}"/>' if drawn else ""


def trace(x: Iterable[float], y: Iterable[float]) -> str:
    """The steps of a line through points in pixels, to a tenth of one.

    Each step is told from the last, which takes half the letters of places on the page; rounded
    before it is subtracted, so that nothing adds up.
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
    """The steps of a path that is a dot at each point in pixels: lines of no length."""
    return "".join(f"M{_tenths(round(10 * x))}{_apart(round(10 * y))}h0" for x, y in points)


def _tenths(count):
    """Tenths of a pixel as a number, without what can be left out: -.4, 12, 3.5."""
    sign, whole, part = "-" if count < 0 else "", abs(count) // 10, abs(count) % 10
    return f"{sign}{whole or ''}.{part}" if part else f"{sign}{whole}"


def _apart(count):
    """The same behind another number: a minus sign parts them as a space does."""
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
    """The tick of a reference value, or an arrow towards it where it lies outside."""
    if low <= reference <= high:
        return line(place(reference), top, place(reference), bottom, "reference")
    middle, tip = (top + bottom) / 2, place(reference)
    back = tip + 6 if reference < low else tip - 6
    return (
        f'<path class="reference-far" d="M{back:.1f} {middle - 4:.1f}L{tip:.1f} {middle:.1f}'
        f'L{back:.1f} {middle + 4:.1f}"/>'
    )


def strip(metric: Metric, replicas: Sequence[str], low: float, high: float) -> Markup:
    """The value of every seed as a dot, over the interval of the mean and the reference value.

    metric: a metric of reports/metrics. replicas: what each is called. low, high: the range.
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
    names = replicas if len(metric.values) > 1 else ["all seeds"]
    for name, value in zip(names, metric.values, strict=True):
        if value is None:
            continue
        x = place(value)
        level = taken.get(round(x / 6), 0)
        taken[round(x / 6)] = level + 1
        # Dots that would hide one another are stacked, ten high at most.
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{27.5 - 2.7 * min(level, 9):.1f}" r="2.6">'
            f"<title>{name}: {plain(value)}</title></circle>"
        )
    words = f"{metric.title} of each seed: " + ", ".join(plain(v) for v in metric.values)
    return drawing(width, height, words, *parts, kind="strip")


def interval(claim: Decided, two_sided: bool) -> Markup:
    """The estimate of a claim with its interval, against the threshold of its rule.

    two_sided: whether the threshold is a margin, to either side of zero.
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
    words: str,
    labels: Sequence[str],
    shares: Sequence[float],
    reference: Sequence[float],
    top: float,
) -> Markup:
    """Shares of K classes as bars, with the K reference shares as ticks across them.

    top: the share at the upper edge.
    """
    width, height, floor = 180, 78, 64
    pitch = width / len(shares)
    place = scale(0, top, floor, 2)
    parts = []
    for k, share in enumerate(shares):
        left, up = k * pitch, place(share)
        parts.append(
            f'<rect class="bar" x="{left + pitch * 0.12:.1f}" y="{up:.1f}" '
            f'width="{pitch * 0.76:.1f}" height="{floor - up:.1f}">'
            f"<title>{escape(labels[k])}: {plain(share)}</title></rect>"
        )
        tick = place(reference[k])
        parts.append(line(left, tick, left + pitch, tick, "reference"))
        if len(labels) <= 20:
            parts.append(text(left + pitch / 2, height - 3, labels[k], "label"))
    parts.append(line(0, floor, width, floor, "axis"))
    return drawing(width, height, words, *parts, kind="bars")
