"""Training curves: every replica, their mean, and the theoretical optimum where there is one.

The optimum of a term is its value at p_g = p_data and D = 1/2 everywhere:

    minimax, discriminator     -log D(x) - log(1 - D(G(z)))  =  log 4
    minimax, generator         log(1 - D(G(z)))              = -log 2
    non-saturating generator   -log D(G(z))                  =  log 2

Goodfellow et al., "Generative Adversarial Nets" (2014), theorem 1 and section 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, log10

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator

from pipeline.page import svg
from pipeline.page.words import MINUS, plain, spoken

POINTS = 160  # of a curve on the page; if more rounds are logged, they are averaged
OPTIMA = {
    ("discriminator", "minimax"): (log(4), "log 4 = 1.386, BCE sum"),
    ("generator", "minimax"): (-log(2), f"{MINUS}log 2 = {MINUS}0.693"),
    ("generator", "non_saturating"): (log(2), "log 2 = 0.693"),
}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WIDTH, HEIGHT = 340, 220
LEFT, RIGHT, TOP, BOTTOM = 42, 318, 8, 190


@dataclass(frozen=True)
class Panel:
    """One term of one player over the rounds."""

    title: str
    rounds: np.ndarray  # (T,)
    values: np.ndarray  # (R, T)
    optimum: tuple[float, str] | None
    spaced: str  # spacing of the rounds: "linear" or "log"
    averaged: int  # the most logged rounds in a point
    broken: int  # replicas with a value that is not finite
    log: bool = False  # whether values are drawn, and averaged, as logarithms

    @property
    def drawn(self) -> np.ndarray:
        """The values as they are drawn, (R, T): NaN where they are not finite.

        On a logarithmic axis zero is drawn, at minus infinity.
        """
        finite = np.where(np.isfinite(self.values), self.values, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(finite) if self.log else finite

    @property
    def mean(self) -> np.ndarray:
        """The mean of the drawn values over the finite replicas, (T,)."""
        there = ~np.isnan(self.drawn)
        counts = there.sum(0)
        return np.where(there, self.drawn, 0).sum(0) / np.where(counts, counts, np.nan)

    @property
    def limits(self) -> tuple[float, float]:
        """A range that contains 99 % of the drawn points and the optimum."""
        finite = self.drawn[np.isfinite(self.drawn)]
        low, high = np.quantile(finite, [0.005, 0.995]) if finite.size else (0.0, 1.0)
        if self.optimum:
            low, high = min(low, self.reference), max(high, self.reference)
        margin = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
        return float(low - margin), float(high + margin)

    @property
    def reference(self) -> float:
        """The height at which the optimum is drawn."""
        assert self.optimum
        return log10(self.optimum[0]) if self.log else self.optimum[0]


def panels(
    curves: Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]], points: int = POINTS
) -> list[Panel]:
    """The panels of a run: the sum of a player's terms where it has several, then each term.

    Minimisation is drawn over log-spaced rounds, since most of it happens early; a game over
    evenly spaced ones. points: the most points of a curve.
    """
    players = list(dict.fromkeys(player for player, _ in curves))
    spaced = "log" if len(players) == 1 else "linear"
    drawn = []
    for player in players:
        terms = {term: curve for (name, term), curve in curves.items() if name == player}
        if len(terms) > 1:
            rounds = next(iter(terms.values()))[0]
            total = np.sum([values for _, values in terms.values()], axis=0)
            drawn.append(
                _panel(f"{spoken(player)}: total loss", rounds, total, None, spaced, points)
            )
        for term, (rounds, values) in terms.items():
            title = f"{spoken(player)}: {spoken(term)}"
            optimum = OPTIMA.get((player, term))
            drawn.append(_panel(title, rounds, values, optimum, spaced, points))
    return drawn


def _panel(title, rounds, values, optimum, spaced, points):
    broken = int((~np.isfinite(values)).any(axis=1).sum())
    x = np.maximum(rounds, 1).astype(float)
    if len(x) <= points:
        return Panel(title, x, values, optimum, spaced, 1, broken)
    position = np.log(x) if spaced == "log" else x
    edges = np.linspace(position[0], position[-1], points + 1)[1:-1]
    bins = np.searchsorted(edges, position, side="right")
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    counts = np.diff(np.append(starts, len(x)))
    return Panel(
        title,
        np.add.reduceat(x, starts) / counts,
        np.add.reduceat(values, starts, axis=1) / counts,
        optimum,
        spaced,
        int(counts.max()),
        broken,
    )


def ticks(low: float, high: float, spaced: str = "linear") -> list[float]:
    """A few round numbers between low and high. spaced: "linear" or "log", the axis."""
    locator = (
        LogLocator(numticks=6) if spaced == "log" else MaxNLocator(4, steps=[1, 2, 2.5, 5, 10])
    )
    return [float(t) for t in locator.tick_values(low, high) if low <= t <= high]


def _height(tick, log):
    """The label of a tick of the vertical axis."""
    if not log:
        return plain(tick)
    whole = float(tick).is_integer()
    return f"10{str(round(tick)).translate(RAISED)}" if whole else f"{10**tick:.2g}"


def picture(panel: Panel, limits: tuple[float, float] | None = None) -> Markup:
    """The panel as SVG: a band of all replicas, their mean thick, the optimum dashed.

    limits: those of the drawn values, where panels share an axis; by default the panel's own.
    """
    low, high = limits or panel.limits
    up = svg.scale(low, high, BOTTOM, TOP)
    first, last = panel.rounds[0], panel.rounds[-1]
    along = np.log if panel.spaced == "log" else np.asarray
    span = (along(last) - along(first)) or 1.0
    x = LEFT + (along(panel.rounds) - along(first)) / span * (RIGHT - LEFT)
    parts = []
    heights = ticks(low, high)
    if panel.log and sum(map(float.is_integer, heights)) > 1:
        heights = list(filter(float.is_integer, heights))
    for tick in heights:
        parts += [
            svg.line(LEFT, up(tick), RIGHT, up(tick), "grid"),
            svg.text(LEFT - 6, up(tick) + 4, _height(tick, panel.log), "label", "end"),
        ]
    for tick in ticks(first, last, panel.spaced):
        at = LEFT + (along(tick) - along(first)) / span * (RIGHT - LEFT)
        parts.append(svg.line(at, BOTTOM, at, BOTTOM + 4, "axis"))
        parts.append(svg.text(at, BOTTOM + 17, plain(tick), "label"))
    parts.append(svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis"))
    # Points beyond the frame are drawn on its edge: outliers are visible, and others legible.
    parts.append(_band(x, panel, up))
    if panel.optimum:
        at = up(panel.reference)
        parts.append(svg.line(LEFT, at, RIGHT, at, "reference"))
    parts.append(svg.path(x, _within(panel.mean, up), "average"))
    final = float(10 ** panel.mean[-1] if panel.log else panel.mean[-1])
    words = (
        f"{panel.title} of {len(panel.values)} replicas over {plain(float(last))} rounds; "
        f"mean at the end {plain(final)}"
    )
    if panel.optimum:
        words += f", optimum {panel.optimum[1]}"
    return svg.drawing(WIDTH, HEIGHT, words, *parts, kind="curve")


def _band(x, panel, up):
    """From the least to the greatest of the finite replicas, at each round where there are any."""
    there = (~np.isnan(panel.drawn)).any(0)
    least, most = (
        _within(edge(np.where(np.isnan(panel.drawn), fill, panel.drawn), axis=0)[there], up)
        for edge, fill in ((np.min, np.inf), (np.max, -np.inf))
    )
    around = svg.trace([*x[there], *x[there][::-1]], [*least, *most[::-1]])
    return f'<path class="band" d="{around}Z"/>' if around else ""


def _within(values, up):
    """Heights in pixels; minus infinity, the logarithm of zero, is on the lower edge."""
    return np.array([np.nan if np.isnan(v) else up(v) for v in values])


def numbers(panel: Panel) -> str:
    """What a panel draws as lines of round, mean, least and greatest, of five figures."""
    rows = ["round,mean,least,greatest"]
    for k, played in enumerate(panel.rounds):
        there = panel.values[:, k][np.isfinite(panel.values[:, k])]
        if there.size:
            mean = 10 ** panel.mean[k] if panel.log else panel.mean[k]
            rows.append(",".join(f"{v:.5g}" for v in (played, mean, there.min(), there.max())))
    return "\n".join(rows)


def draw(axes: Axes, panel: Panel) -> None:
    """The same panel of a training curve by Matplotlib, for the PNG."""
    axes.plot(panel.rounds, panel.values.T, color="#9db4cf", linewidth=0.6)
    axes.plot(panel.rounds, panel.mean, color="#1f4e79", linewidth=1.8)
    if panel.optimum:
        axes.axhline(panel.optimum[0], color="#b4561f", linestyle="--", linewidth=1)
    axes.set_xscale(panel.spaced)
    axes.set_ylim(panel.limits)
    axes.set_title(panel.title + (f", optimum {panel.optimum[1]}" if panel.optimum else ""))
    axes.set_xlabel("rounds")
