"""The nearest neighbour of a test image among all training images, by codes: has it its class?

    accuracy = 1/n #{ i : y_j(i) = y_i },    j(i) = argmin_j |E(x_i) - E(x_j)|^2

Cover & Hart, "Nearest Neighbor Pattern Classification" (1967); Donahue, Krahenbuhl & Darrell,
"Adversarial Feature Learning" (2017), table 1. It is a weak yardstick without its controls: on
MNIST raw pixels have 96.91 % and an untrained encoder 96.84 %, BiGAN 97.39. So the gain over raw
pixels, over as many principal axes, and over the run's own encoder before training stand beside.
Few labels and linear probes: pipeline/metrics/probe.py.
"""

from torch import Tensor

from pipeline.engine.ensemble import Ensemble
from pipeline.metrics import Found, Measured, Run, by_rows
from pipeline.metrics.subspace import principal_axes
from pipeline.models import roles

NEEDS = (roles.Encoder,)
VALUES = ("accuracy", "over_pca", "over_pixels", "over_untrained")
CONTROLS = {"pixels": "raw pixels", "pca": "PCA", "untrained": "the untrained encoder"}


def nearest_label(features: Tensor, label: Tensor, x: Tensor) -> Tensor:
    """The label of the nearest example to each row of x.

    features: labelled examples, shape (n, d). label: integers (n,). x: shape (N, d).
    Returns integers, shape (N,).
    """
    centre = features.mean(0)  # |a|^2 - 2 a b loses digits where all points are far from 0
    known = (features - centre).double()
    half = known.square().sum(1) / 2

    def nearest(rows: Tensor) -> Tensor:
        return label[(half - (rows - centre).double() @ known.T).argmin(1)]

    return by_rows(nearest, x, len(features))


def share_right(predicted: Tensor, label: Tensor) -> Tensor:
    """The fraction of examples whose predicted label is theirs, shape (), float64."""
    return (predicted == label).double().mean()


def measure(run: Run) -> Found:
    train, test = run.train, run.test

    def right(known: Tensor, asked: Tensor) -> float:
        return share_right(nearest_label(known, train["label"], asked), test["label"]).item()

    def coded(ensemble: Ensemble) -> list[float]:
        codes = (ensemble.each(run.model.code, x=split["x"]) for split in (train, test))
        return [right(*pair) for pair in zip(*codes, strict=True)]

    own = coded(run.ensemble)
    latent = run.ensemble.each(run.model.code, x=test["x"][:1]).shape[-1]
    axes = principal_axes(train["x"], min(latent, train["x"].shape[1]))
    pixels = right(train["x"], test["x"])
    base = {
        "pixels": [pixels] * len(own),
        "pca": [right(train["x"] @ axes, test["x"] @ axes)] * len(own),
        "untrained": coded(run.untrained),
    }
    title, unit = "nearest neighbour, all labels", "share"
    mean = {name: sum(values) / len(values) for name, values in base.items()}
    told = f"raw pixels; PCA {mean['pca']:.4f}, untrained encoder {mean['untrained']:.4f}"
    found = {
        "accuracy": Measured(
            title=f"{title}: test accuracy",
            unit=unit,
            values=own,
            reference=pixels,
            reference_is=told,
            better="higher",
            least=0.0,
            most=1.0,
        ),
    }
    for name, control in CONTROLS.items():
        gain = [a - b for a, b in zip(own, base[name], strict=True)]
        found[f"over_{name}"] = Measured(
            title=f"{title}: gain over {control}",
            unit=unit,
            values=gain,
            reference=0.0,
            reference_is="no gain",
            better="higher",
            least=-1.0,
            most=1.0,
        )
    return found
