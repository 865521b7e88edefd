"""The classes of generated images, as predicted by the evaluation classifier.

    c_k = #{ i : argmax_j a_ij = k },    h = c / n
    H(h) = -sum_k h_k log h_k,    KL( h || p ) = sum_k h_k log(h_k / p_k)

Shannon (1948), section 6; Kullback & Leibler (1951), equation 2.4. The reference is the same
classifier's histogram of real test images, so that its errors and the imbalance of the data are on
both sides. A comparison with the uniform histogram would attribute them to the generator.
"""

import math

import torch
from torch import Tensor

from pipeline.metrics import Found, Histogram, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "all"
VALUES = ("classes_present", "entropy", "kl", "kl_uniform")
SAMPLES = 10_000
PRESENT = 0.001  # a class below this fraction of the samples counts as absent


def class_histogram(logits: Tensor) -> Tensor:
    """c_k, the number of examples predicted as each class, that of the largest logit.

    logits: the classifier's a, shape (N, K).
    Returns counts, shape (K,), in the dtype of the logits.
    """
    named = logits.argmax(-1)[:, None] == torch.arange(logits.shape[-1], device=logits.device)
    return named.to(logits.dtype).sum(0)


def entropy(counts: Tensor) -> Tensor:
    """H(h), in nats: 0 for a single class, log K when all are equally frequent.

    counts: examples by class, shape (K,).
    Returns shape ().
    """
    terms: Tensor = torch.special.entr(counts / counts.sum())
    return terms.sum()


def kl(counts: Tensor, shares: Tensor) -> Tensor:
    """KL( h || p ) of a histogram from given frequencies, in nats; infinite if p is 0 and h not.

    counts: examples by class, shape (K,). shares: p, shape (K,), summing to 1.
    Returns shape (), at least 0.
    """
    h = counts / counts.sum()
    # Each h log(h / p) - h + p is at least 0, and they sum to the KL, since h and p sum to 1. The
    # sum of the h log(h / p) alone can round below 0. Near p = h a term is h (e^u - 1 - u).
    lack = shares - h
    near = lack.abs() < h / 2
    u = torch.log1p(torch.where(near, lack / h, 0.0))
    far = torch.where(h > 0, h * (h / shares).log() + lack, shares)  # 0 log 0 = 0, 0 log 0/0 too
    return torch.where(near, h * (u.expm1() - u), far).clamp(min=0).sum()


def measure(run: Run) -> Found:
    x = run.sample(SAMPLES)
    counts = [class_histogram(run.class_log_probabilities(replica)).double() for replica in x]
    real = class_histogram(run.class_log_probabilities(run.test["x"])).double()
    classes = len(real)
    shares, uniform = real / real.sum(), torch.full_like(real, 1 / classes)
    of_real = "the classifier on real test images"
    return {
        "entropy": Measured(
            title="class entropy",
            unit="nats",
            values=[entropy(c).item() for c in counts],
            reference=entropy(real).item(),
            reference_is=of_real,
            better="reference",
            least=0.0,
            most=math.log(classes),
        ),
        "kl": Measured(
            title="KL of the classes to real ones",
            unit="nats",
            values=[kl(c, shares).item() for c in counts],
            reference=(classes - 1) / 2 * (1 / SAMPLES + 1 / real.sum().item()),
            reference_is="two real samples of these sizes: (K - 1)/2 (1/n + 1/m)",
            better="lower",
            least=0.0,
        ),
        "kl_uniform": Measured(
            title="KL of the classes to uniform",
            unit="nats",
            values=[kl(c, uniform).item() for c in counts],
            reference=kl(real, uniform).item(),
            reference_is=of_real,
            better="lower",
            least=0.0,
        ),
        "classes_present": Measured(
            title="classes present",
            unit=f"of {classes}",
            values=[float((c / c.sum() >= PRESENT).sum()) for c in counts],
            reference=float((shares >= PRESENT).sum()),
            reference_is=of_real,
            better="higher",
            least=0.0,
            most=float(classes),
        ),
        "by_class": Histogram(
            title="share of samples by class",
            labels=[str(k) for k in range(classes)],
            values=[(c / c.sum()).tolist() for c in counts],
            reference=shares.tolist(),
            reference_is=of_real,
        ),
    }
