"""Training curves: every replica, their mean, and the optimum where theory knows one.

The optimum of a term is its value where generated data are real data and D = 1/2 everywhere:

    minimax, discriminator     -log D(x) - log(1 - D(G(z)))  =  log 4
    minimax, generator         log(1 - D(G(z)))              = -log 2
    non-saturating generator   -log D(G(z))                  =  log 2

Goodfellow et al., "Generative Adversarial Nets" (2014), theorem 1 and section 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator

from pipeline.page import svg
from pipeline.page.words import MINUS, plain, spoken

POINTS = 160  # of a curve on the page; more logged rounds than these are averaged
OPTIMA = {
    ("discriminator", "minimax"): (log(4), "log 4 = 1.386, BCE sum"),
    ("generator", "minimax"): (-log(2), f"{MINUS}log 2 = {MINUS}0.693"),
    ("generator", "non_saturating"): (log(2), "log 2 = 0.693"),
}
WIDTH, HEIGHT = 340, 220
LEFT, RIGHT, TOP, BOTTOM = 42, 332, 8, 190


@dataclass(frozen=True)
class Panel:
    """One term of one player over the rounds."""

    title: str
    rounds: np.ndarray  # (T,)
    values: np.ndarray  # (R, T)
    optimum: tuple[float, str] | None
    spaced: str  # of the rounds: "linear" or "log"
    averaged: int  # logged rounds in a point, at most
    broken: int  # replicas with a value that is not finite

    @property
    def mean(self) -> np.ndarray:
        """The mean over the replicas that are finite, (T,)."""
        finite = np.isfinite(self.values)
        counts = finite.sum(0)
        return np.where(finite, self.values, 0).sum(0) / np.where(counts, counts, np.nan)

    @property
    def limits(self) -> tuple[float, float]:
        """A range of values that holds 99 in 100 points and the optimum."""
        finite = self.values[np.isfinite(self.values)]
        low, high = np.quantile(finite, [0.005, 0.995]) if finite.size else (0.0, 1.0)
        if self.optimum:
            low, high = min(low, self.optimum[0]), max(high, self.optimum[0])
        margin = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
        return float(low - margin), float(high + margin)


def panels(curves: Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]]) -> list[Panel]:
    """The panels of a run: the sum of a player's terms where it has several, then each term.

    Minimisation is drawn over log-spaced rounds, since most of it happens early; a game, which
    has no end, over evenly spaced ones.
    """
    players = list(dict.fromkeys(player for player, _ in curves))
    spaced = "log" if len(players) == 1 else "linear"
    drawn = []
    for player in players:
        terms = {term: curve for (name, term), curve in curves.items() if name == player}
        if len(terms) > 1:
            rounds = next(iter(terms.values()))[0]
            total = np.sum([values for _, values in terms.values()], axis=0)
            drawn.append(_panel(f"{spoken(player)}: total loss", rounds, total, None, spaced))
        for term, (rounds, values) in terms.items():
            title = f"{spoken(player)}: {spoken(term)}"
            optimum = OPTIMA.get((player, term))
            drawn.append(_panel(title, rounds, values, optimum, spaced))
    return drawn


def _panel(title, rounds, values, optimum, spaced):
    broken = int((~np.isfinite(values)).any(axis=1).sum())
    x = np.maximum(rounds, 1).astype(float)
    if len(x) <= POINTS:
        return Panel(title, x, values, optimum, spaced, 1, broken)
    position = np.log(x) if spaced == "log" else x
    edges = np.linspace(position[0], position[-1], POINTS + 1)[1:-1]
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


def _ticks(low, high, spaced):
    locator = (
        LogLocator(numticks=6) if spaced == "log" else MaxNLocator(4, steps=[1, 2, 2.5, 5, 10])
    )
    return [float(t) for t in locator.tick_values(low, high) if low <= t <= high]


def picture(panel: Panel) -> Markup:
    """The panel as SVG: replicas thin, their mean thick, the optimum dashed."""
    low, high = panel.limits
    up = svg.scale(low, high, BOTTOM, TOP)
    first, last = panel.rounds[0], panel.rounds[-1]
    along = np.log if panel.spaced == "log" else np.asarray
    span = (along(last) - along(first)) or 1.0
    x = LEFT + (along(panel.rounds) - along(first)) / span * (RIGHT - LEFT)
    parts = []
    for tick in _ticks(low, high, "linear"):
        parts += [
            svg.line(LEFT, up(tick), RIGHT, up(tick), "grid"),
            svg.text(LEFT - 6, up(tick) + 4, plain(tick), "label", "end"),
        ]
    for tick in _ticks(first, last, panel.spaced):
        at = LEFT + (along(tick) - along(first)) / span * (RIGHT - LEFT)
        parts.append(svg.line(at, BOTTOM, at, BOTTOM + 4, "axis"))
        parts.append(svg.text(at, BOTTOM + 17, plain(tick), "label"))
    parts.append(svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis"))
    for values in panel.values:
        # Points beyond the frame stay on its edge: an outlier is seen, the others stay legible.
        parts.append(svg.path(x, _within(values, up), "replica"))
    if panel.optimum:
        at = up(panel.optimum[0])
        parts.append(svg.line(LEFT, at, RIGHT, at, "known"))
    parts.append(svg.path(x, _within(panel.mean, up), "average"))
    final = panel.mean[-1]
    words = (
        f"{panel.title} of {len(panel.values)} replicas over {plain(float(last))} rounds; "
        f"mean at the end {plain(float(final))}"
    )
    if panel.optimum:
        words += f", optimum {panel.optimum[1]}"
    return svg.drawing(WIDTH, HEIGHT, words, *parts, kind="curve")


def _within(values, up):
    return np.array([up(v) if np.isfinite(v) else np.nan for v in values])


def draw(axes: Axes, panel: Panel) -> None:
    """The same panel by Matplotlib, for the PNG."""
    axes.plot(panel.rounds, panel.values.T, color="#9db4cf", linewidth=0.6)
    axes.plot(panel.rounds, panel.mean, color="#1f4e79", linewidth=1.8)
    if panel.optimum:
        axes.axhline(panel.optimum[0], color="#b4561f", linestyle="--", linewidth=1)
    axes.set_xscale(panel.spaced)
    axes.set_ylim(panel.limits)
    axes.set_title(panel.title + (f", optimum {panel.optimum[1]}" if panel.optimum else ""))
    axes.set_xlabel("rounds")
