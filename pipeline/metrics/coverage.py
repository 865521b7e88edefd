"""Which modes of a known mixture the samples reach, and how well.

    mode of x      argmin_k |x - m_k|
    good           |x - m_k| <= 3 s of its mode
    covered        modes that have at least one good sample
    width          w^2 = sum |x - c_k|^2 / (d (n - K)) / v s^2,  over good x, c_k their mode's mean
    reverse KL     KL( h || p ) as in metric `histogram`,  h the shares of samples by mode

Lin, Khetan, Fanti & Oh, "PacGAN: The power of two samples in generative adversarial
networks" (2018), section 4.1, at 2,500 samples. True samples of a planar mode are good with
probability 1 - exp(-9/2) = 98.89 %, and a generator above that share makes modes too
narrow: by how much says the width, where v = .949 is the variance of a normal point that is
good, so that true samples have w = 1. Their histogram is not exact either: 2 n KL is
chi-squared with K - 1 degrees of freedom as n grows, so the mean is (K - 1) / (2 n), .0014 for
eight modes.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Histogram, Measured, Run
from pipeline.metrics.histogram import kl
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_DATA = ("means", "scale")
SAMPLES = 2_500
SIGMAS = 3.0


def mode_histogram(x: Tensor, means: Tensor) -> Tensor:
    """How many samples lie nearest to each mode.

    x: samples, shape (N, d). means: the modes' means m_k, shape (K, d).
    Returns counts, shape (K,), in the dtype of x.
    """
    nearest = _distances(x, means).argmin(-1)
    return (nearest[:, None] == torch.arange(len(means), device=x.device)).to(x.dtype).sum(0)


def modes_covered(x: Tensor, means: Tensor, scale: float) -> Tensor:
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
    scale, modes = run.dataset.scale, len(means)
    uniform = torch.full((modes,), 1 / modes, dtype=x.dtype, device=x.device)
    counts = [mode_histogram(replica, means) for replica in x]
    # |x - m|^2 / s^2 is chi-squared with d degrees of freedom: gammainc(d/2, 9/2) within 3 s.
    half, bound = torch.tensor([x.shape[-1] / 2, SIGMAS**2 / 2], dtype=x.dtype)
    true = f"true samples, n = {SAMPLES:,}"
    return {
        "modes": Measured(
            title="modes covered",
            unit=f"of {modes}",
            values=[modes_covered(replica, means, scale).item() for replica in x],
            reference=float(modes),
            reference_is=true,
            better="higher",
        ),
        "all_modes": Measured(
            title="every mode covered",
            unit="share of seeds",
            values=[float(modes_covered(r, means, scale).item() == modes) for r in x],
            reference=1.0,
            reference_is=true,
            better="higher",
            share=True,
        ),
        "good_share": Measured(
            title="good samples",
            unit="share within 3σ of a mode",
            values=[good_share(replica, means, scale).item() for replica in x],
            reference=torch.special.gammainc(half, bound).item(),
            reference_is="true samples; above it, modes are too narrow",
            better="reference",
        ),
        "mode_width": Measured(
            title="width of a mode",
            unit="of the true width",
            values=[mode_width(replica, means, scale).item() for replica in x],
            reference=1.0,
            reference_is="true samples",
            better="reference",
        ),
        "reverse_kl": Measured(
            title="reverse KL of the modes",
            unit="nats",
            values=[kl(c, uniform).item() for c in counts],
            reference=(modes - 1) / (2 * SAMPLES),
            reference_is=f"{true}: (K - 1) / 2n",
            better="lower",
        ),
        "by_mode": Histogram(
            title="share of samples by nearest mode",
            labels=[str(k) for k in range(modes)],
            values=[(c / c.sum()).tolist() for c in counts],
            reference=uniform.tolist(),
            reference_is="the mixture's weights",
        ),
    }
