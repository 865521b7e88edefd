"""The forward and the reverse process of diffusion, by the log signal-to-noise ratio l.

    l_t = log A_t / (1 - A_t),    A = s(l),  1 - A = s(-l),    s(a) = 1 / (1 + e^-a)
    x_t = sqrt(A_t) x_0 + sqrt(1 - A_t) e
    q(x_r | x_t, x_0) = N( sqrt(A_r) x_0 + sqrt((1 - c)(1 - A_r)) e, c (1 - A_r) I )
    c = 1 - e^(l_t - l_r),    r = t - 1
    KL( q(x_r | x_t, x_0) || q(x_r | x_t, x_0') ) = 1/2 (e^(l_r - l_t) - 1) |e - e'|^2

Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models" (2020), equations 4, 6, 7 and 12;
Nichol & Dhariwal (2021), equation 17, for the cosine schedule; Song, Meng & Ermon, "Denoising
Diffusion Implicit Models" (2021), equations 12 and 16; Kingma et al., "Variational Diffusion
Models" (2021), equations 13 to 15 and appendix E, for all of it in terms of l. Where l falls in
equal steps, every step of the bound has the same weight: Ho's simple loss is then the bound, up
to a factor.
"""

import math

import torch
from torch import Tensor

KINDS = ("linear", "cosine", "log_snr")
HIGH, LOW = 8.0, -6.0  # l_1: noise of standard deviation 0.018; l_T: 0.25 % signal variance


def log_snr_schedule(kind: str, steps: int, device: torch.device | str = "cpu") -> Tensor:
    """l_1 ... l_T, falling, shape (steps,).

    kind: "linear" or "cosine" in Ho's and in Nichol's sense, "log_snr" for equal steps of l.
    steps: T. Ho's linear variances, 1e-4 to 0.02 at T = 1000, are scaled by 1000 / T.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}: {kind!r}")
    t = torch.arange(1, steps + 1, dtype=torch.float64, device=device) / steps
    if kind == "log_snr":
        log_snr = HIGH + (LOW - HIGH) * (t - 1 / steps) / max(1 - 1 / steps, 1 / steps)
    else:
        if kind == "linear":
            share = (t - 1 / steps) / max(1 - 1 / steps, 1 / steps)
            beta = (0.1 + 19.9 * share) / steps
        else:
            angle = math.pi / 2 / 1.008
            now, last = ((u + 0.008) * angle for u in (t, t - 1 / steps))
            beta = 1 - (now.cos() / last.cos()).square()
        log_signal = torch.log1p(-beta.clamp(max=0.999)).cumsum(0)
        log_snr = log_signal - (-log_signal.expm1()).log()
    return log_snr.to(torch.get_default_dtype())


def noised(x: Tensor, noise: Tensor, log_snr: Tensor) -> Tensor:
    """x_t = sqrt(A) x_0 + sqrt(1 - A) e.

    x, noise: x_0 and e, shape (B, features). log_snr: l_t, a shape that broadcasts.
    Returns shape (B, features).
    """
    return log_snr.sigmoid().sqrt() * x + (-log_snr).sigmoid().sqrt() * noise


def clean(xt: Tensor, noise: Tensor, log_snr: Tensor) -> Tensor:
    """x_0 = (x_t - sqrt(1 - A) e) / sqrt(A), the data that this noise turns into x_t.

    xt, noise: x_t and e, shape (B, features). log_snr: l_t, a shape that broadcasts.
    Returns shape (B, features).
    """
    return (xt - (-log_snr).sigmoid().sqrt() * noise) / log_snr.sigmoid().sqrt()


def noise_of(xt: Tensor, x: Tensor, log_snr: Tensor) -> Tensor:
    """e = (x_t - sqrt(A) x_0) / sqrt(1 - A), the noise that turns x_0 into x_t.

    xt, x: x_t and x_0, shape (B, features). log_snr: l_t, a shape that broadcasts.
    Returns shape (B, features).
    """
    return (xt - log_snr.sigmoid().sqrt() * x) / (-log_snr).sigmoid().sqrt()


def step_kl(noise: Tensor, predicted: Tensor, log_snr: Tensor, log_snr_before: Tensor) -> Tensor:
    """L_t-1, the term of step t > 1 of the bound on -log p(x_0), in nats.

    noise, predicted: e and e', shape (B, features).
    log_snr, log_snr_before: l_t and l_t-1, shape () or (B,).
    Returns shape (B,).
    """
    return torch.expm1(log_snr_before - log_snr) / 2 * (noise - predicted).square().sum(-1)


def reverse_step(
    xt: Tensor,
    predicted: Tensor,
    fresh: Tensor,
    log_snr: Tensor,
    log_snr_before: Tensor,
    eta: float,
) -> Tensor:
    """x_t-1 from x_t: a draw of q(x_t-1 | x_t, x_0') at eta = 1, no draw (DDIM) at eta = 0.

    xt, predicted, fresh: x_t, e' and new noise, shape (B, features).
    log_snr, log_snr_before: l_t and l_t-1, infinite where t - 1 = 0; shapes that broadcast.
    Returns shape (B, features).
    """
    x = clean(xt, predicted, log_snr)
    drawn = -torch.expm1(log_snr - log_snr_before) * eta**2  # fraction of the variance 1 - A_t-1
    kept = (1 - drawn).clamp(min=0).sqrt() * predicted
    deviation = (-log_snr_before).sigmoid().sqrt()
    return log_snr_before.sigmoid().sqrt() * x + deviation * (kept + drawn.sqrt() * fresh)
