"""The accuracy of a classifier, and that of its ensemble.

    accuracy = 1/n #{ i : argmax_k a_ik = y_i }

The evaluation classifier is the ensemble of all seeds: the replicas' probabilities are averaged,
and the prediction is the class of the largest mean. The interval over the test images is exact:
Clopper & Pearson, "The use of confidence or fiducial limits illustrated in the case of the
binomial" (1934).
"""

from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Classifier,)
VALUES = ("single", "vote")


def accuracy(logits: Tensor, label: Tensor) -> Tensor:
    """The fraction of examples whose largest logit is that of their label.

    logits: shape (N, K). label: integers in 0 ... K - 1, shape (N,).
    Returns shape (), 0 to 1.
    """
    return (logits.argmax(-1) == label).to(logits.dtype).mean()


def measure(run: Run) -> Found:
    from scipy.stats import binomtest  # 0.7 s that other stages need not pay

    logits, label = run.class_logits(run.test["x"]), run.test["label"]
    n = len(label)
    vote = logits.softmax(-1).mean(0)
    right = round(accuracy(vote, label).item() * n)
    interval = binomtest(right, n).proportion_ci(0.95, "exact")
    most = label.bincount().max().item() / n
    chance = "always the most frequent class"
    return {
        "single": Measured(
            title="test accuracy of each classifier",
            unit="share",
            values=[accuracy(replica, label).item() for replica in logits],
            reference=most,
            reference_is=chance,
            better="higher",
            least=0.0,
            most=1.0,
        ),
        "vote": Measured(
            title="test accuracy of the ensemble, the evaluation classifier",
            unit=f"share; 95 % interval {interval.low:.4f} to {interval.high:.4f} over n = {n}",
            values=[right / n],
            reference=most,
            reference_is=chance,
            better="higher",
            least=0.0,
            most=1.0,
        ),
    }
