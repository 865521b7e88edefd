"""The theory at snapshots of a training: p_data, p_g, D and D* on the line, the map z -> x below.

    D*(x) = p_data(x) / (p_data(x) + p_g(x)),    x = G(z),    p_g(x) = p_z(z) / |dG/dz|

Goodfellow et al., "Generative Adversarial Nets" (2014), figure 1 and proposition 1. As there, D
is dashed, p_data dotted and p_g solid, and arrows lead from some latents z to G(z): half of these
latents lie between the quartiles of a normal latent. Below the latents, log |dG/dz| is drawn:
above its line where G expands, and below it where G contracts.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from markupsafe import Markup

from pipeline.page import svg
from pipeline.page.inputs import Finished
from pipeline.page.words import plain
from pipeline.results.schema import Profile
from reference.theory.optimal_discriminator import optimal_discriminator

WIDTH, LEFT, RIGHT = 640, 14, 606
TOP, FLOOR = 8, 210  # of densities and of D
LATENTS, ZERO, REACH = 282, 328, 24  # lines of z and of log |dG/dz| = 0, and the latter's range
CLOCK = 376
HEIGHT = 404
POINTS = 90  # of a line on the page
ARROWS = 21
STILLS = 6
FLAT = -99.0  # stands for log |dG/dz| where G is flat
LINES = {"p_data": "data", "p_g": "model", "D*": "best", "D": "discriminator"}


def motion(run: Finished) -> dict | None:
    """The film and the stills of a run with densities at snapshots; None for other runs."""
    found = run.measured.profiles
    if "motion.densities" not in found:
        return None
    densities = found["motion.densities"]
    scene = _scene(densities, found.get("motion.map"))
    if not scene["rounds"]:
        return None
    last = len(scene["rounds"]) - 1
    # Most happens early: if there are many snapshots, the stills are denser there.
    power = 2 if last >= 2 * STILLS else 1
    shown = sorted({round(last * (k / (STILLS - 1)) ** power) for k in range(STILLS)})
    return {
        "run": run.name,
        "mapped": "G" in scene,
        "ground": _picture(scene, []),
        "snapshots": [
            {"round": plain(played), "svg": _picture(scene, [m], alone=False)}
            for m, played in enumerate(scene["rounds"])
        ],
        "stills": [
            {"round": plain(scene["rounds"][m]), "svg": _picture(scene, [m], clock=False)}
            for m in shown
        ],
    }


def last_still(run: Finished) -> Markup | None:
    """The scene at the end of a training; None for runs without it."""
    found = run.measured.profiles
    if "motion.densities" not in found:
        return None
    scene = _scene(found["motion.densities"], None)
    end = len(scene["rounds"]) - 1
    return _picture(scene, [end], clock=False) if end >= 0 else None


def _scene(densities: Profile, mapped: Profile | None) -> dict:
    """The functions to be drawn, at the snapshots that have all of them."""
    x, lines = _thinned(densities)
    lines["D*"] = _best(x, lines["p_data"], lines["p_g"])
    scene = {"x": x, "lines": {n: lines[n] for n in LINES if n in lines}}
    kept = np.all([np.isfinite(v).all(axis=1) for v in scene["lines"].values()], axis=0)
    if mapped and np.array_equal(mapped.rounds, densities.rounds):
        z, ways = _thinned(mapped)
        scene["z"], (scene["G"], *gradients) = z, ways.values()
        # Where G is flat, log |dG/dz| is minus infinity, which cannot be drawn.
        scene["gradients"] = [np.where(np.isfinite(s), s, FLAT) for s in gradients[:1]]
        kept = kept & np.isfinite(scene["G"]).all(axis=1)
        scene["G"], scene["gradients"] = scene["G"][kept], [s[kept] for s in scene["gradients"]]
    scene["lines"] = {name: values[kept] for name, values in scene["lines"].items()}
    return scene | {"rounds": np.array(densities.rounds)[kept].tolist()}


def _thinned(profile):
    """x of shape (X,) and lines {name: (M, X)}, X at most POINTS, without gaps."""
    count = len(profile.x)
    pick = np.linspace(0, count - 1, min(POINTS, count)).round().astype(int)
    x = np.array(profile.x, float)[pick]
    lines = {n: np.array(rows, float)[:, pick] for n, rows in profile.lines.items()}
    return x, {name: _through(x, rows) for name, rows in lines.items()}


def _through(x, rows):
    """Lines of shape (M, X), interpolated over gaps; a line without numbers stays as it is."""
    for row in rows:
        there = np.isfinite(row)
        if there.any():
            row[:] = np.interp(x, x[there], row[there])
    return rows


def _best(x, data, model):
    """D* of two densities, (M, X), by the oracle; interpolated where both are zero."""
    rows = np.full(data.shape, np.nan)
    there = np.isfinite(data) & np.isfinite(model)
    rows[there] = optimal_discriminator(data[there], model[there])
    return _through(x, rows)


def _picture(scene: dict, snapshots: Sequence[int], clock: bool = True, alone: bool = True):
    """The drawing of one snapshot; of none, the background.

    clock: whether a line below shows the round. alone: whether the background is included.
    """
    x, lines, rounds = scene["x"], scene["lines"], scene["rounds"]
    along = svg.scale(x[0], x[-1], LEFT, RIGHT)
    # All snapshots share one scale; a p_g that is narrower than the data may leave the frame.
    truth = next(iter(lines.values())) if "p_data" not in lines else lines["p_data"]
    high, share = svg.scale(0, 1.9 * float(truth.max()), FLOOR, TOP), svg.scale(0, 1, FLOOR, TOP)
    still = [
        svg.line(LEFT, share(0.5), RIGHT, share(0.5), "grid"),
        svg.line(LEFT, FLOOR, RIGHT, FLOOR, "axis"),
        *[svg.text(along(t), FLOOR + 15, plain(t), "label") for t in _marks(x)],
        svg.text(RIGHT + 6, share(1) + 4, "D = 1", "label", "start"),
        svg.text(RIGHT + 6, share(0.5) + 4, "½", "label", "start"),
        svg.text(RIGHT + 6, FLOOR + 4, "x", "label", "start"),
    ]
    moved = []
    for name, values in lines.items():
        up = high if name.startswith("p_") else share
        if (values == values[0]).all():
            still.append(svg.path(map(along, x), map(up, values[0]), LINES[name]))
        else:
            steps = [svg.trace(map(along, x), map(up, values[m])) for m in snapshots]
            moved.append(_at(f'<path class="{LINES[name]}" d="{{}}"', steps))
    parts = [_arrows(scene, snapshots, along)] if "G" in scene else []
    bottom = HEIGHT if clock else HEIGHT - 44
    bottom -= 0 if "G" in scene else CLOCK - FLOOR - 34
    if clock:
        parts.append(_clock(rounds, snapshots, bottom - HEIGHT))
    for fixed, free in parts:
        still += fixed
        moved += free
    words = ""
    if snapshots:
        words = f"{', '.join(lines)} on the line, round {plain(rounds[snapshots[0]])}"
    kind = "theory" if snapshots else "theory ground"
    return svg.drawing(WIDTH, bottom, words, *(still if alone else ()), *moved, kind=kind)


def _arrows(scene, snapshots, along):
    """Arrows from latents z to G(z), and the curve of log |dG/dz|.

    Returns the fixed and the moving parts.
    """
    z, foot, tip = scene["z"], LATENTS, FLOOR + 22
    below = svg.scale(z[0], z[-1], LEFT + 40, RIGHT - 40)
    chosen = [NormalDist().inv_cdf((k + 0.5) / ARROWS) for k in range(ARROWS)]
    chosen = [at for at in chosen if z[0] <= at <= z[-1]]
    paths = []
    for m in snapshots:
        ends = np.interp(chosen, z, scene["G"][m])
        pairs = [(below(at), along(end)) for at, end in zip(chosen, ends, strict=True)]
        paths.append("".join(f"M{a:.0f} {foot}L{b:.0f} {tip}m-3 5l3-5 3 5" for a, b in pairs))
    moved = [_at('<path class="arrow" d="{}"', paths)]
    still = [
        svg.line(LEFT + 40, foot, RIGHT - 40, foot, "axis"),
        svg.text(RIGHT - 34, foot + 4, "z", "label", "start"),
    ]
    for gradients in scene["gradients"]:
        sizes = np.abs(gradients[gradients != FLAT])
        reach = (float(np.quantile(sizes, 0.99)) if sizes.size else 0) or 1.0
        up = svg.scale(-reach, reach, ZERO + REACH, ZERO - REACH)
        base = f"M{below(z[0]):.1f} {ZERO}L", f"L{below(z[-1]):.1f} {ZERO}"
        areas = [svg.trace(map(below, z), map(up, gradients[m])) for m in snapshots]
        areas = [base[0] + area[1:] + base[1] for area in areas]
        moved.append(_at('<path class="stretch" d="{}"', areas))
        still += [
            svg.line(LEFT + 40, ZERO, RIGHT - 40, ZERO, "grid"),
            svg.text(RIGHT - 34, ZERO - 8, "expands", "label", "start"),
            svg.text(RIGHT - 34, ZERO + 16, "contracts", "label", "start"),
        ]
    return still, moved


def _clock(rounds, snapshots, lower):
    """A fixed line of the rounds, and a dot at the current round."""
    up, last = CLOCK + lower, max(rounds[-1], 1)
    along = svg.scale(0, last, LEFT + 40, RIGHT - 40)
    spots = [f"{along(rounds[m]):.1f}" for m in snapshots]
    still = [
        svg.line(LEFT + 40, up, RIGHT - 40, up, "axis"),
        svg.text(LEFT + 40, up + 20, "round 0", "label"),
        svg.text(RIGHT - 40, up + 20, plain(float(last)), "label"),
    ]
    dot = f'<circle class="estimate" cx="{{}}" cy="{up}" r="4.5"'
    return still, [_at(dot, spots)]


def _at(start, values):
    """An element whose attribute has the value of the snapshot; "" of none."""
    return f"{start.format(values[0])}/>" if values else ""


def _marks(x):
    step = max(1, int((x[-1] - x[0]) // 8))
    return [float(t) for t in range(int(np.ceil(x[0])), int(np.floor(x[-1])) + 1, step)]
