"""Conditional accuracy: how often a generator draws the requested class.

    accuracy = 1/n #{ i : argmax_k a_ik = c_i },    a_i the classifier's logits of G(z_i, c_i)

Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014), condition on a label; the
evaluation classifier, trained on real images, predicts the classes of the samples. Ravuri &
Vinyals, "Classification Accuracy Score for Conditional Generative Models" (2019), do the reverse:
they train on samples and test on real images. For an unconditional model the requested class is
drawn independently of its noise: its accuracy is chance, 1/K, whatever it draws. A generator with
one image per class is always right, so this number must be read beside a measure of diversity.
"""

import torch
from torch import Tensor

from pipeline.engine.randomness import Integers
from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "all"
VALUES = ("overall", "worst_class")
SAMPLES = 10_000


def conditional_accuracy(logits: Tensor, asked: Tensor) -> Tensor:
    """The fraction of samples that are classified as the requested class.

    logits: the evaluation classifier's a, shape (n, K).
    asked: the requested classes c in 0 ... K - 1, shape (n,).
    Returns shape (), 0 to 1.
    """
    return (logits.argmax(-1) == asked).to(logits.dtype).mean()


def conditional_accuracy_by_class(logits: Tensor, asked: Tensor) -> Tensor:
    """The conditional accuracy of each requested class, NaN for a class never requested.

    logits: shape (n, K). asked: shape (n,).
    Returns shape (K,), each from 0 to 1.
    """
    right = (logits.argmax(-1) == asked).to(logits.dtype)
    wanted = asked[:, None] == torch.arange(logits.shape[-1], device=logits.device)
    return torch.where(wanted, right[:, None], torch.nan).nanmean(0)


def measure(run: Run) -> Found:
    named, asked = [], []
    for block, (noise, x) in enumerate(run.drawn(SAMPLES)):
        if isinstance(run.model, roles.Conditional):
            asked.append(run.ensemble.each(lambda net, own: run.model.asked(own), noise))
        else:
            distribution = {"asked": Integers(run.dataset.classes)}
            asked.append(
                run.ensemble.noise(distribution, x.shape[1:2], "evaluate", block)["asked"]
            )
        named.append(torch.stack([run.class_log_probabilities(replica) for replica in x]))
    pairs = list(zip(torch.cat(named, dim=1), torch.cat(asked, dim=1), strict=True))
    real = run.class_log_probabilities(run.test["x"]), run.test["label"]
    of_real = f"the evaluation classifier on test images; by chance {1 / run.dataset.classes:g}"
    return {
        "overall": Measured(
            title="samples of the requested class",
            unit="share",
            values=[conditional_accuracy(*replica).item() for replica in pairs],
            reference=conditional_accuracy(*real).item(),
            reference_is=of_real,
            better="higher",
            least=0.0,
            most=1.0,
        ),
        "worst_class": Measured(
            title="samples of the requested class, at the worst class",
            unit="share",
            values=[_least(*replica) for replica in pairs],
            reference=_least(*real),
            reference_is=of_real,
            better="higher",
            least=0.0,
            most=1.0,
        ),
    }


def _least(logits: Tensor, asked: Tensor) -> float:
    share = conditional_accuracy_by_class(logits, asked)
    return share[share.isfinite()].min().item()
