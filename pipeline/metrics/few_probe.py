"""Features where labels are few: a linear probe with 1, 2, 5 and 10 labels a class.

    accuracy = 1/n #{ i : argmax_c (W'h_i + b)_c = y_i },    W, b by ridge regression of few h

The GAN paper's own wish: "features from the discriminator or inference net could improve
performance of classifiers when limited labeled data is available", Goodfellow et al., "Generative
Adversarial Nets" (2014), section 6, extension 4. Draws, scaling and ridge are those of
pipeline/metrics/probe.py: each draw of labelled images is the same for every run, replica and
control. Beside a run stand pixels, as many principal axes, and its own encoder before training.
"""

import numpy as np
import torch
from torch import Tensor

from pipeline.engine.ensemble import Ensemble
from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.accuracy import accuracy
from pipeline.metrics.probe import DRAWS, RIDGE, linear_probe, scores
from pipeline.metrics.subspace import principal_axes
from pipeline.models import roles

NEEDS = (roles.Encoder,)
EACH = (1, 2, 5, 10)  # labels a class
CONTROLS = {"pixels": "raw pixels", "pca": "PCA", "untrained": "the untrained encoder"}

VALUES = tuple(
    f"{name}_{each}" for name in ("accuracy", *(f"over_{c}" for c in CONTROLS)) for each in EACH
)


def accuracy_of_few(features: Tensor, label: Tensor, x: Tensor, truth: Tensor) -> Tensor:
    """The test accuracy of a linear probe on a few labelled features.

    features: labelled, shape (n, d). label: integers in 0 ... K - 1, shape (n,), the last class
    among them. x: test features, shape (N, d). truth: their labels, shape (N,).
    Returns shape ().
    """
    classes = int(label.max()) + 1
    return accuracy(scores(linear_probe(features, label, classes, RIDGE), x), truth)


def measure(run: Run) -> Found:
    label, truth = run.train["label"], run.test["label"]
    members = [np.flatnonzero(label == c) for c in range(int(label.max()) + 1)]
    chosen = {
        each: [
            np.concatenate(
                [rng.choice(own, min(each, len(own)), replace=False) for own in members]
            )
            for rng in (np.random.default_rng([each, draw]) for draw in range(DRAWS))
        ]
        for each in EACH
    }

    def read(train: Tensor, test: Tensor) -> dict[int, float]:
        """The accuracy by labels a class, the mean over draws."""
        scale = (train - train.mean(0)).square().sum(1).mean().sqrt().clamp(min=1e-12)
        train, test = train.double() / scale, test.double() / scale
        return {
            each: torch.stack(
                [accuracy_of_few(train[rows], label[rows], test, truth) for rows in draws]
            )
            .mean()
            .item()
            for each, draws in chosen.items()
        }

    def coded(ensemble: Ensemble) -> list[dict[int, float]]:
        codes = (ensemble.each(run.model.code, x=split["x"]) for split in (run.train, run.test))
        return [read(*pair) for pair in zip(*codes, strict=True)]

    own, pixels = coded(run.ensemble), (run.train["x"], run.test["x"])
    size = run.ensemble.each(run.model.code, x=pixels[1][:1]).shape[-1]
    axes = principal_axes(pixels[0], min(size, pixels[0].shape[1]))
    base = {
        "pixels": [read(*pixels)] * len(own),
        "pca": [read(pixels[0] @ axes, pixels[1] @ axes)] * len(own),
        "untrained": coded(run.untrained),
    }
    found: dict[str, Measured] = {}
    for each in EACH:
        mean = {name: np.mean([a[each] for a in values]) for name, values in base.items()}
        title = f"linear probe, {each} label{'s' if each > 1 else ''} a class"
        found[f"accuracy_{each}"] = Measured(
            title=f"{title}: test accuracy",
            unit="share",
            values=[a[each] for a in own],
            reference=float(mean["pixels"]),
            reference_is=f"raw pixels; PCA {mean['pca']:.4f}, untrained {mean['untrained']:.4f}",
            better="higher",
            least=0.0,
            most=1.0,
        )
        for name, control in CONTROLS.items():
            found[f"over_{name}_{each}"] = Measured(
                title=f"{title}: gain over {control}",
                unit="share",
                values=[a[each] - b[each] for a, b in zip(own, base[name], strict=True)],
                reference=0.0,
                reference_is="no gain",
                better="higher",
                least=-1.0,
                most=1.0,
            )
    return found
