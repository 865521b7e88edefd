"""What a model of a die has learned: its distribution, and the mean of what it throws.

    KL( p || q ) = sum_k p_k log(p_k / q_k),    mean of n throws  ->  sum_k p_k k,  k = 1 ... K
    X^2 = sum_k (c_k - n p_k)^2 / (n p_k)

Kullback & Leibler (1951), equation 2.4; Pearson (1900). Maximum likelihood learns the shares of
the training throws, so that their KL from the truth is what it ends with: about (K - 1) / (2 n).
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Marginals, roles.Sampler)
NEEDS_DATA = ("distribution",)
SAMPLES = 10_000


def kl(log_distribution: Tensor, log_model: Tensor) -> Tensor:
    """KL( p || q ), in nats.

    log_distribution, log_model: log p and log q of each face, up to a constant, shape (K,).
    Returns shape (), at least 0.
    """
    # A model's single-precision shares add up to 1 but for 1e-7, by which its KL would be off.
    log_p, log_q = log_distribution.log_softmax(-1), log_model.log_softmax(-1)
    p, q, u = log_p.exp(), log_q.exp(), log_q - log_p
    # p (e^u - 1 - u) = q - p + p log(p / q): at least 0, and what is beside the KL adds up to 0.
    far = torch.where(p > 0, q - p - p * u, q)
    return torch.where(u.abs() < 1, p * (u.expm1() - u), far).clamp(min=0).sum()


def mean_face(face: Tensor) -> Tensor:
    """The mean of throws, where the first face counts 1.

    face: 0 ... K - 1, shape (n,).
    Returns shape ().
    """
    return 1 + face.double().mean()


def chi_square(counts: Tensor, log_distribution: Tensor) -> Tensor:
    """Pearson's X^2, which for throws of p is K - 1 on average; infinite for an impossible throw.

    counts: throws by face, shape (K,). log_distribution: log p, shape (K,).
    Returns shape ().
    """
    expected = counts.sum() * log_distribution.exp()
    terms = (counts - expected).square() / expected
    return torch.where(counts == expected, 0.0, terms).sum()  # 0 of 0 too


def lacks(model: Any, dataset: Any) -> str:
    """A level for each face: the first is level 0."""
    levels = len(dataset.distribution) - 1
    return "" if model.levels == levels else f"a model with levels: {levels}, for the die's faces"


def measure(run: Run) -> Found:
    distribution = torch.from_numpy(run.dataset.distribution).log()
    faces = len(distribution)
    seen = torch.bincount(run.train["label"], minlength=faces).double()
    learned = run.ensemble.each(run.model.distribution)[:, 0].double()
    thrown = ((run.sample(SAMPLES)[..., 0] + 1) / 2 * (faces - 1)).round().long()
    counts = [torch.bincount(t, minlength=faces).double() for t in thrown]
    shares = (seen / seen.sum()).log()
    return {
        "kl_to_shares": Measured(
            title="KL of the shares of the training throws to the model",
            unit="nats",
            values=[kl(shares, q).item() for q in learned],
            reference=0.0,
            reference_is="maximum likelihood",
            better="lower",
        ),
        "kl_to_distribution": Measured(
            title="KL of the true distribution to the model",
            unit="nats",
            values=[kl(distribution, q).item() for q in learned],
            reference=kl(distribution, shares).item(),
            reference_is="the shares of the training throws",
            better="lower",
        ),
        "mean_face": Measured(
            title=f"mean of {SAMPLES:,} generated throws",
            unit="",
            values=[mean_face(t).item() for t in thrown],
            reference=float((distribution.exp() * torch.arange(1, faces + 1)).sum()),
            reference_is="the expectation under the true distribution",
            better="reference",
        ),
        "chi_square": Measured(
            title=f"X^2 of {SAMPLES:,} generated throws against the true distribution",
            unit="",
            values=[chi_square(c, distribution).item() for c in counts],
            reference=float(faces - 1),
            reference_is="true throws, on average",
            better="reference",
        ),
    }
