"""The test error of a classifier of few labels, each replica trained on a label split of its own.

    error = 1/n #{ i : argmax_k a_ik != y_i }

over all test images, mean and worst over label splits, as Kingma, Mohamed, Rezende & Welling,
"Semi-supervised Learning with Deep Generative Models" (2014), table 1, and Salimans et al. (2016),
table 1, report it. It is no accuracy of an ensemble, whose members would share all their labels.
"""

from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Classifier,)
VALUES = ("error", "worst")


def label_error(logits: Tensor, label: Tensor) -> Tensor:
    """The fraction of examples whose largest logit is not that of their label.

    logits: shape (N, K). label: integers in 0 ... K - 1, shape (N,).
    Returns shape (), 0 to 1.
    """
    return (logits.argmax(-1) != label).to(logits.dtype).mean()


def measure(run: Run) -> Found:
    logits, label = run.class_logits(run.test["x"]).double(), run.test["label"]
    errors = [label_error(replica, label).item() for replica in logits]
    reference = 1 - label.bincount().max().item() / len(label)
    return {
        name: Measured(
            title=words,
            unit="share of test images",
            values=values,
            reference=reference,
            reference_is="always the most frequent class",
            better="lower",
            least=0.0,
            most=1.0,
        )
        for name, words, values in (
            ("error", "test error", errors),
            ("worst", "test error of the worst replica", [max(errors)]),
        )
    }
