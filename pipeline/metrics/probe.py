"""Probes: the accuracy of simple classifiers on a model's codes, with few labels and with all.

    W, b = argmin sum_i |W'x_i + b - e(y_i)|^2 + ridge |W|^2,    e the unit vectors of classes
    votes of class c = #{ neighbours of class c among the k nearest }

Hoerl & Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems" (1970),
equation 2.1; Cover & Hart, "Nearest Neighbor Pattern Classification" (1967). The encoder is
frozen. Few labels means FEW training images per class, drawn DRAWS times; the draws are the same
for every run, replica and control, and test accuracies are averaged over them. All features are
scaled so that the mean squared distance of a training image from the mean is 1.

Independent components (ICA) are whitened and rotated principal axes (Hyvarinen & Oja, "Independent
component analysis: algorithms and applications", 2000, section 5.2). A rotation changes neither
ridge regression nor distances, so ICA scores exactly as whitened axes do.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from pipeline.datasets import sizes
from pipeline.engine.ensemble import Ensemble
from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.accuracy import accuracy
from pipeline.metrics.subspace import principal_axes
from pipeline.models import roles

NEEDS = (roles.Encoder,)
VALUES = (
    *("linear_all", "linear_all_over_pixels", "linear_few", "linear_few_over_pca"),
    *("linear_few_over_pixels", "linear_few_over_untrained", "neighbours_all"),
    *("neighbours_all_over_pixels", "neighbours_few", "neighbours_few_over_pca"),
    *("neighbours_few_over_pixels", "neighbours_few_over_untrained"),
)
FEW, DRAWS = 2, 20  # labelled images per class, and the number of draws
RIDGE = 0.1
NEIGHBOURS = {"few": 1, "all": 5}
TITLES = {
    "linear_few": f"linear probe, {FEW} labels per class",
    "linear_all": "linear probe, all labels",
    "neighbours_few": f"nearest neighbour, {FEW} labels per class",
    "neighbours_all": f"{NEIGHBOURS['all']} nearest neighbours, all labels",
}
BASELINES = {
    "pixels": "raw pixels",
    "pca": "PCA",
    "untrained": "the untrained encoder",
}
GAINS = {name: BASELINES if name.endswith("few") else ("pixels",) for name in TITLES}


def linear_probe(features: Tensor, label: Tensor, classes: int, ridge: float) -> Tensor:
    """Ridge regression of one-hot labels on features and a constant.

    features: shape (n, d). label: integers (n,). classes: K. ridge: above 0, not on the constant.
    Returns weights, shape (d + 1, K), with those of the constant in the last row.
    """
    target = one_hot(label, classes).to(features.dtype)
    x, y = features - features.mean(0), target - target.mean(0)
    weights = torch.linalg.solve(x.T @ x + ridge * torch.eye(x.shape[1]).to(x), x.T @ y)
    return torch.cat([weights, target.mean(0, True) - features.mean(0, True) @ weights])


def scores(weights: Tensor, features: Tensor) -> Tensor:
    """The outputs of a linear probe; the largest is its prediction.

    weights: those of linear_probe, shape (d + 1, K). features: shape (N, d).
    Returns shape (N, K).
    """
    return features @ weights[:-1] + weights[-1]


def neighbour_votes(features: Tensor, label: Tensor, classes: int, x: Tensor, k: int) -> Tensor:
    """The votes of the k nearest neighbours for their classes; ties go to the nearer ones.

    features: labelled examples, shape (n, d). label: integers (n,). classes: K.
    x: examples to be classified, shape (N, d). k: neighbours, in 1 ... n.
    Returns shape (N, K): a vote counts 1, plus a bonus for nearness of at most 1/2 in total.
    """
    exact = "donot_use_mm_for_euclid_dist"  # expanded squares would cancel
    distance = torch.cdist(x, features, compute_mode=exact)
    near = distance.topk(k, largest=False, sorted=True).indices
    rank = torch.arange(k, dtype=x.dtype, device=x.device)
    votes = 1 + (k - rank) / (k * (k + 1))
    return (one_hot(label[near], classes) * votes[:, None]).sum(1)


def lacks(model: Any, dataset: Any) -> str:
    """Labels that are drawn must be there, and be shared by examples."""
    least = max(FEW * dataset.classes, NEIGHBOURS["all"])
    train = sizes(dataset).get("train", least)
    return "" if train >= least else f"{FEW} training examples a class, {least:,} in all"


def measure(run: Run) -> Found:
    label, truth = run.train["label"], run.test["label"]
    by_class = [np.flatnonzero(label == c) for c in range(int(label.max()) + 1)]
    draws = []
    for draw in range(DRAWS):
        rng = np.random.default_rng([FEW, draw])
        few = [rng.choice(c, min(FEW, len(c)), replace=False) for c in by_class if len(c)]
        draws.append(np.concatenate(few))

    def read(train: Tensor, test: Tensor) -> dict[str, float]:
        """The accuracies of both probes. train, test: features of these images."""
        return _accuracies(train, test, label, truth, draws)

    def coded(ensemble: Ensemble) -> list[dict[str, float]]:
        codes = (ensemble.each(run.model.code, x=split["x"]) for split in (run.train, run.test))
        return [read(*pair) for pair in zip(*codes, strict=True)]

    own, untrained = coded(run.ensemble), coded(run.untrained)
    pixels = run.train["x"], run.test["x"]
    k = min(run.ensemble.each(run.model.code, x=pixels[1][:1]).shape[-1], pixels[0].shape[1])
    axes = principal_axes(pixels[0], k)
    turned = [x @ axes for x in pixels]
    white = [x / turned[0].std(0) for x in turned]
    fixed = {"pixels": read(*pixels), "pca": read(*turned), "ica": read(*white)}
    found: dict[str, Measured] = {}
    for name, title in TITLES.items():
        base = {key: [a[name]] * len(own) for key, a in fixed.items()}
        base["untrained"] = [a[name] for a in untrained]
        told = {key: f"{np.mean(values):.4f}" for key, values in base.items()}
        found[name] = Measured(
            title=f"{title}: test accuracy",
            unit="share",
            values=[a[name] for a in own],
            reference=base["pixels"][0],
            reference_is=f"raw pixels; of rank {k}: PCA {told['pca']}, ICA {told['ica']}, "
            f"untrained encoder {told['untrained']}",
            better="higher",
            least=0.0,
            most=1.0,
        )
        for key in GAINS[name]:
            found[f"{name}_over_{key}"] = Measured(
                title=f"{title}: gain over {BASELINES[key]}",
                unit="share",
                values=[a[name] - b for a, b in zip(own, base[key], strict=True)],
                reference=0.0,
                reference_is="no gain",
                better="higher",
                least=-1.0,
                most=1.0,
            )
    return found


def _accuracies(
    train: Tensor, test: Tensor, label: Tensor, truth: Tensor, draws: list[np.ndarray]
) -> dict[str, float]:
    """Test accuracy of both probes with few labels, averaged over draws, and with all."""
    classes = int(label.max()) + 1
    scale = (train - train.mean(0)).square().sum(1).mean().sqrt()
    train, test = train.double() / scale, test.double() / scale
    found: dict[str, list[float]] = {name: [] for name in TITLES}
    everything = [np.arange(len(train))]
    for labels, sets in {"few": draws, "all": everything}.items():
        for chosen in sets:
            x, y = train[chosen], label[chosen]
            linear = scores(linear_probe(x, y, classes, RIDGE), test)
            votes = neighbour_votes(x, y, classes, test, NEIGHBOURS[labels])
            found[f"linear_{labels}"].append(accuracy(linear, truth).item())
            found[f"neighbours_{labels}"].append(accuracy(votes, truth).item())
    return {name: float(np.mean(values)) for name, values in found.items()}
