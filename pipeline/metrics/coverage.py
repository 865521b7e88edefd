"""How far samples of a known mixture are from it: modes lost, bad samples, widths, all at once.

    mode of x      k(x) = argmin_k |x - m_k|
    lost           modes of which the share h_k of samples is below w_k / 4,  w_k = 1/K
    kept           modes of which good samples are n w_k / 4 or more
    good           |x - m_k| <= 3 s of its mode
    modes hit      modes that have at least one good sample
    width          w^2 = sum |x - c_k|^2 / (d (n - K)) / v s^2,  over good x, c_k their mode's mean
    reverse KL     KL( h || w ) as in metric `histogram`
    divergence     JSD( h || p ) = KL( h || m ) / 2 + KL( p || m ) / 2,  m = (h + p) / 2,  over
                   cells: of each mode 4 shells of |x - m_k| that are equally likely, the last up
                   to 3 s, and one of all that is nearest to it from farther away
    energy         2 E|x - y| - E|x - x'| - E|y - y'|,  y of p; over pairs of different samples

Lin, Khetan, Fanti & Oh, "PacGAN" (2018), section 4.1, count the modes that are hit. That is no
measure of loss: uniform noise hits 6.0 of 8 modes of the ring and 22.9 of 25 of the grid. True
samples lose one of 25 with a chance below 1e-18; noise loses none either, but keeps none. The
divergence (Lin, 1991) sees lost modes, bad samples and widths at once; the energy distance of
Szekely & Rizzo (2013), section 1, y of each seed's own, hardly a width of .01 of the whole.

True samples of a planar mode are good with probability 1 - exp(-9/2) = 98.89 %, and modes are too
narrow above it: true ones have w = 1, v = .949 being the variance of a normal point that is good.
Of n true samples KL has the mean (K - 1) / 2n, as 2 n KL tends to chi-squared, and the divergence
(C - 1) / 8n for C cells: .0019 on the ring, .0062 on the grid. As cells beyond 3 s expect one or
three samples, the sum over binomial counts, which is the reference, is .0020 and .0067.
"""

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from scipy.special import gammainc, gammaincinv, gammaln, rel_entr, xlog1py, xlogy
from torch import Tensor

from pipeline.engine.randomness import key
from pipeline.metrics import Found, Histogram, Measured, Run, Series, by_rows
from pipeline.metrics.histogram import kl
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_DATA = ("means", "scale", "sample")
VALUES = (
    *("divergence", "divergence_by_round", "energy_distance", "good_share", "good_share_by_round"),
    *("lost", "mode_width", "modes_hit", "modes_kept", "no_mode_lost", "reverse_kl"),
)
SAMPLES = 2_500
SIGMAS = 3.0
SHELLS = 4
LOST = 1 / 4  # of its weight: a mode with a smaller share of the samples is lost


def mode_histogram(x: Tensor, means: Tensor) -> Tensor:
    """How many samples lie nearest to each mode.

    x: samples, shape (N, d). means: the modes' means m_k, shape (K, d).
    Returns counts, shape (K,), in the dtype of x.
    """
    nearest = _distances(x, means).argmin(-1)
    return (nearest[:, None] == torch.arange(len(means), device=x.device)).to(x.dtype).sum(0)


def modes_hit(x: Tensor, means: Tensor, scale: float) -> Tensor:
    """How many modes have a sample within three standard deviations.

    x: samples, shape (N, d). means: shape (K, d). scale: standard deviation s of a mode.
    Returns shape (), 0 to K, in the dtype of x.
    """
    distances = _distances(x, means)
    nearest = distances.argmin(-1)[:, None] == torch.arange(len(means), device=x.device)
    return (nearest & (distances <= SIGMAS * scale)).any(0).to(x.dtype).sum()


def good_share(x: Tensor, means: Tensor, scale: float) -> Tensor:
    """The share of samples within three standard deviations of a mode.

    x: samples, shape (N, d). means: shape (K, d). scale: standard deviation s of a mode.
    Returns shape (), 0 to 1.
    """
    return (_distances(x, means).amin(-1) <= SIGMAS * scale).to(x.dtype).mean()


def mode_width(x: Tensor, means: Tensor, scale: float) -> Tensor:
    """The standard deviation of good samples about the mean of those of their mode, over s.

    x: samples, shape (N, d). means: shape (K, d). scale: standard deviation s of a mode.
    Returns shape (), 1 for true samples; not a number where no mode has two good samples.
    """
    distances = _distances(x, means)
    nearest = distances.argmin(-1)[:, None] == torch.arange(len(means), device=x.device)
    good = (nearest & (distances <= SIGMAS * scale)).to(x.dtype)
    counts = good.sum(0)
    centres = good.T @ x / counts.clamp(min=1)[:, None]
    squares = good.sum(1) * (x - good @ centres).square().sum(-1)
    free = x.shape[-1] * (counts.sum() - (counts > 0).sum())
    return (squares.sum() / free / _kept_variance(x)).sqrt() / scale


def modes_lost(counts: Tensor, shares: Tensor) -> Tensor:
    """How many modes have less than a quarter of the samples that they should have.

    counts: samples by mode, shape (K,). shares: the modes' weights, shape (K,), summing to 1.
    Returns shape (), 0 to K, in the dtype of counts.
    """
    return (counts < LOST * shares * counts.sum()).to(counts.dtype).sum()


def cell_histogram(x: Tensor, means: Tensor, scale: float) -> Tensor:
    """How many samples lie in each cell: of each mode its shells from within, then all beyond.

    x: samples, shape (N, d). means: shape (K, d). scale: standard deviation s of a mode.
    Returns counts, shape (K (SHELLS + 1),), in the dtype of x.
    """
    distances = _distances(x, means)
    far, nearest = distances.min(-1)
    half = x.shape[-1] / 2
    within = gammainc(half, SIGMAS**2 / 2) * np.arange(1, SHELLS + 1) / SHELLS
    edges = scale * torch.as_tensor(np.sqrt(2 * gammaincinv(half, within))).to(x)
    cell = nearest * (SHELLS + 1) + torch.searchsorted(edges, far)
    return torch.bincount(cell, minlength=len(means) * (SHELLS + 1)).to(x.dtype)


def cell_shares(modes: int, features: int) -> Tensor:
    """The shares of the cells under p, where modes are so far apart that none reaches another.

    modes: K. features: d.
    Returns shape (K (SHELLS + 1),) in float64, summing to 1.
    """
    within = gammainc(features / 2, SIGMAS**2 / 2)
    own = torch.tensor([within / SHELLS] * SHELLS + [1 - within], dtype=torch.float64)
    return (own / modes).repeat(modes)


def jensen_shannon(counts: Tensor, shares: Tensor) -> Tensor:
    """JSD( h || p ) of a histogram and given shares, in nats: 0 to log 2.

    counts: samples by cell, shape (C,). shares: p, shape (C,), summing to 1.
    Returns shape ().
    """
    between = (counts / counts.sum() + shares) / 2
    return (kl(counts, between) + kl(shares, between)) / 2


def energy_distance(x: Tensor, y: Tensor) -> Tensor:
    """2 E|x - y| - E|x - x'| - E|y - y'| without bias: it may fall below 0 by chance.

    x, y: samples, shape (N, d) and (M, d), of two or more each.
    Returns shape (), in the unit of x.
    """

    def sums(a: Tensor, b: Tensor) -> Tensor:
        exact = "donot_use_mm_for_euclid_dist"  # squares expanded would cancel
        return by_rows(lambda part: torch.cdist(part, b, compute_mode=exact).sum(-1), a, len(b))

    n, m = len(x), len(y)
    within = sums(x, x).sum() / (n * (n - 1)) + sums(y, y).sum() / (m * (m - 1))
    return 2 * sums(x, y).sum() / (n * m) - within


def _kept_variance(x: Tensor) -> Tensor:
    """v: what is left of a normal variable's variance, an axis, where |x| <= 3 in d of them."""
    half, bound = x.new_tensor(x.shape[-1] / 2), x.new_tensor(SIGMAS**2 / 2)
    kept: Tensor = torch.special.gammainc(half + 1, bound) / torch.special.gammainc(half, bound)
    return kept


def _distances(x: Tensor, means: Tensor) -> Tensor:
    """|x - m_k|, shape (N, K), from differences: squares expanded would cancel."""
    return (x[:, None, :] - means).square().sum(-1).sqrt()


def measure(run: Run) -> Found:
    x = run.sample(SAMPLES).double()
    means = torch.as_tensor(run.dataset.means, dtype=x.dtype, device=x.device)
    scale, (modes, features) = run.dataset.scale, means.shape
    uniform = torch.full((modes,), 1 / modes, dtype=x.dtype, device=x.device)
    counts = [mode_histogram(replica, means) for replica in x]
    lost = [modes_lost(c, uniform).item() for c in counts]
    shares = cell_shares(modes, features).to(x.device)
    counted: dict[str, Any] = {"least": 0.0, "most": float(modes)}
    within, true = gammainc(features / 2, SIGMAS**2 / 2), f"true samples, n = {SAMPLES:,}"
    pairs = zip(x, (_true(run, seed).to(x) for seed in run.seeds), strict=True)
    return (_by_round(run, means, scale, shares) if run.snapshots else {}) | {
        "lost": Measured(
            *("modes lost", f"of {modes}", lost, 0.0),
            reference_is=f"{true}; a mode with under {LOST:g} of its share is lost",
            better="lower",
            **counted,
        ),
        "no_mode_lost": Measured(
            title="no mode lost",
            unit="share of seeds",
            values=[float(k == 0) for k in lost],
            reference=1.0,
            reference_is=true,
            better="higher",
            share=True,
        ),
        "modes_kept": Measured(
            *(f"modes kept: good samples make up {LOST:g} of their share", f"of {modes}"),
            values=[_kept(replica, means, scale).item() for replica in x],
            reference=float(modes),
            reference_is=true,
            better="higher",
            **counted,
        ),
        "good_share": Measured(
            *("good samples", "share within 3σ of a mode"),
            *([good_share(replica, means, scale).item() for replica in x], float(within)),
            *("true samples; above it, modes are too narrow", "reference"),
            least=0.0,
            most=1.0,
        ),
        "mode_width": Measured(
            *("width of a mode", "of the true width"),
            *([mode_width(replica, means, scale).item() for replica in x], 1.0),
            *("true samples", "reference"),
            least=0.0,
        ),
        "divergence": Measured(
            title="Jensen-Shannon divergence from the true density, over cells",
            unit="nats",
            values=[_divergence(replica, means, scale, shares) for replica in x],
            reference=floor(modes, features),
            reference_is=f"{true}, {len(shares)} cells",
            better="lower",
            least=0.0,
            most=math.log(2),
        ),
        "energy_distance": Measured(
            *("energy distance to true samples", "in the data's unit"),
            *([energy_distance(replica, y).item() for replica, y in pairs], 0.0),
            *("true samples, on average", "lower"),
        ),
        "reverse_kl": Measured(
            *("reverse KL of the modes", "nats", [kl(c, uniform).item() for c in counts]),
            *((modes - 1) / (2 * SAMPLES), f"{true}: (K - 1) / 2n", "lower"),
            least=0.0,
        ),
        "modes_hit": Measured(
            title="modes hit within 3σ, which uniform noise does too: no measure of loss",
            unit=f"of {modes}",
            values=[modes_hit(replica, means, scale).item() for replica in x],
            reference=float(modes),
            reference_is=true,
            better="higher",
            **counted,
        ),
        "by_mode": Histogram(
            title="share of samples by nearest mode",
            labels=[str(k) for k in range(modes)],
            values=[(c / c.sum()).tolist() for c in counts],
            reference=uniform.tolist(),
            reference_is="the mixture's weights",
        ),
    }


def _kept(x: Tensor, means: Tensor, scale: float) -> Tensor:
    good = cell_histogram(x, means, scale).view(len(means), -1)[:, :SHELLS].sum(1)
    return (good >= LOST * len(x) / len(means)).sum()


def _true(run: Run, seed: int) -> Tensor:
    stream = np.random.SFC64(np.random.SeedSequence(key(seed, "evaluate/true", 0)))
    return torch.from_numpy(run.dataset.sample(SAMPLES, np.random.Generator(stream))[0])


def _divergence(x: Tensor, means: Tensor, scale: float, shares: Tensor) -> float:
    return jensen_shannon(cell_histogram(x, means, scale), shares).item()


@cache
def floor(modes: int, features: int) -> float:
    """E JSD( h || p ) of SAMPLES true samples: each cell's count is binomial."""
    p, k = cell_shares(1, features).numpy()[:, None] / modes, np.arange(SAMPLES + 1)
    chosen = gammaln(SAMPLES + 1) - gammaln(k + 1) - gammaln(SAMPLES - k + 1)
    chance = np.exp(chosen + xlogy(k, p) + xlog1py(SAMPLES - k, -p))
    between = ((h := k / SAMPLES) + p) / 2
    return float(modes * (chance * (rel_entr(h, between) + rel_entr(p, between))).sum() / 2)


def _by_round(run: Run, means: Tensor, scale: float, shares: Tensor) -> dict[str, Any]:
    """The divergence and the good share at each snapshot, of the same latents at all."""
    drawn = [run.at(i).sample(SAMPLES).double() for i in range(len(run.snapshots))]
    far = [[_divergence(replica, means, scale, shares) for replica in x] for x in drawn]
    good = [[good_share(replica, means, scale).item() for replica in x] for x in drawn]
    least, within = floor(*means.shape), gammainc(means.shape[1] / 2, SIGMAS**2 / 2)

    def series(title: str, unit: str, rows: list[list[float]], true: float, log: bool) -> Series:
        found = list(zip(*rows, strict=True))
        return Series(title, unit, run.snapshots, found, float(true), "true samples", log)

    return {
        "divergence_by_round": series("Jensen-Shannon divergence", "nats", far, least, True),
        "good_share_by_round": series("good samples", "share within 3σ", good, within, False),
    }
