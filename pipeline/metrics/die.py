"""A model of a die: the KL of its distribution from the true one, and the mean of its throws.

    KL( p || q ) = sum_k p_k log(p_k / q_k),    mean of n throws  ->  sum_k p_k k,  k = 1 ... K
    X^2 = sum_k (c_k - n p_k)^2 / (n p_k)

Kullback & Leibler (1951), equation 2.4; Pearson (1900). Maximum likelihood learns the relative
frequencies of the training throws, whose KL from the true distribution is about (K - 1) / (2 n).
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Marginals, roles.Sampler)
NEEDS_DATA = ("distribution",)
VALUES = ("chi_square", "kl_to_distribution", "kl_to_shares", "mean_face")
SAMPLES = 10_000


def kl(log_distribution: Tensor, log_model: Tensor) -> Tensor:
    """KL( p || q ), in nats.

    log_distribution, log_model: log p and log q of each face, up to a constant, shape (K,).
    Returns shape (), at least 0.
    """
    # A model's probabilities in float32 sum to 1 up to 1e-7, an error that the KL would inherit.
    log_p, log_q = log_distribution.log_softmax(-1), log_model.log_softmax(-1)
    p, q, u = log_p.exp(), log_q.exp(), log_q - log_p
    # p (e^u - 1 - u) = q - p + p log(p / q): each is at least 0, and the sum of q - p is 0.
    far = torch.where(p > 0, q - p - p * u, q)
    return torch.where(u.abs() < 1, p * (u.expm1() - u), far).clamp(min=0).sum()


def mean_face(face: Tensor) -> Tensor:
    """The mean of throws; the first face has the value 1.

    face: 0 ... K - 1, shape (n,).
    Returns shape ().
    """
    return 1 + face.double().mean()


def chi_square(counts: Tensor, log_distribution: Tensor) -> Tensor:
    """Pearson's X^2: K - 1 on average for throws of p; infinite if an impossible face occurs.

    counts: throws by face, shape (K,). log_distribution: log p, shape (K,).
    Returns shape ().
    """
    expected = counts.sum() * log_distribution.exp()
    terms = (counts - expected).square() / expected
    return torch.where(counts == expected, 0.0, terms).sum()  # 0 where both are 0


def lacks(model: Any, dataset: Any) -> str:
    """One grey level per face is needed; the first face is level 0."""
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
            least=0.0,
        ),
        "kl_to_distribution": Measured(
            title="KL of the true distribution to the model",
            unit="nats",
            values=[kl(distribution, q).item() for q in learned],
            reference=kl(distribution, shares).item(),
            reference_is="the shares of the training throws",
            better="lower",
            least=0.0,
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
            least=0.0,
        ),
    }
