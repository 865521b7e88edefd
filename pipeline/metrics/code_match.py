"""How well clusters are classes: the error after the best one-to-one match of the two.

    n_kc = #{ i : cluster k, class c },    m = argmax_{m one-to-one} sum_k n_{k, m(k)}
    error = 1/n #{ i : m(k_i) != y_i },    k_i = argmax_k a_ik

Chen et al., "InfoGAN" (2016), section 7.2, who match each category to a digit; the match is Kuhn's
assignment (1955). It is found on training images and counted on test images, so that nothing is
selected on test data. One-to-one: two clusters of one class do not both count, and a class without
a cluster is all error. If each cluster might take its most frequent class, many clusters would
win whatever they are. A model's clusters use no label; the match uses those of training images.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Clusters,)
VALUES = ("error", "worst")
AT_ONCE = 2_000  # images a call


def contingency(cluster: Tensor, label: Tensor, clusters: int, classes: int) -> Tensor:
    """n_kc, the number of examples of each class in each cluster.

    cluster: integers in 0 ... clusters - 1, shape (N,). label: in 0 ... classes - 1, shape (N,).
    Returns counts, shape (clusters, classes), int64.
    """
    pair = cluster * classes + label
    return pair.bincount(minlength=clusters * classes).view(clusters, classes)


def best_match(counts: Tensor) -> Tensor:
    """The class of each cluster under the one-to-one match with most examples; -1 for none.

    counts: n_kc, shape (clusters, classes).
    Returns integers, shape (clusters,).
    """
    from scipy.optimize import linear_sum_assignment  # half a second that other stages save

    rows, columns = linear_sum_assignment(counts.numpy(), maximize=True)
    match = torch.full((len(counts),), -1)
    match[torch.from_numpy(rows)] = torch.from_numpy(columns)
    return match


def match_error(cluster: Tensor, label: Tensor, match: Tensor) -> Tensor:
    """The share of examples whose cluster's class is not theirs.

    cluster, label: integers, shape (N,). match: the class of each cluster, shape (clusters,).
    Returns shape (), float64.
    """
    return (match[cluster] != label).double().mean()


def measure(run: Run) -> Found:
    label, truth = run.train["label"], run.test["label"]
    classes = int(label.max()) + 1

    def named(x: Tensor) -> Tensor:
        parts = (run.ensemble.each(run.model.cluster_logits, x=part) for part in x.split(AT_ONCE))
        return torch.cat([*parts], dim=1)  # (R, N, K)

    both = [named(split["x"]) for split in (run.train, run.test)]
    clusters, errors = both[0].shape[-1], []
    for fitted, held in zip(*(logits.argmax(-1) for logits in both), strict=True):
        match = best_match(contingency(fitted, label, clusters, classes))
        errors.append(match_error(held, truth, match).item())
    title = "class error after the best one-to-one match"
    found = Measured(
        title=title,
        unit="share of test images",
        values=errors,
        reference=1 - truth.bincount().max().item() / len(truth),
        reference_is="all in one cluster",
        better="lower",
        least=0.0,
        most=1.0,
    )
    worst = found._replace(title=f"{title}, the worst replica", values=[max(errors)])
    return {"error": found, "worst": worst}
