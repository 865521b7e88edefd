"""Completed images: is the digit still the same, are completions various, and are they real?

    kept         share of completions that the classifier names as the whole image is labelled
    diversity    mean over missing pixels of the variance of completions, over that of test images
    precision, recall, density, coverage    of completed images: pipeline/metrics/prdc.py

Goodfellow et al., "Generative Adversarial Nets" (2014), section 6, extension 3. Each test image
has a mask of its own, the same for all runs and replicas, of one of the three kinds of
pipeline/models/completing.py, and DRAWS completions. The true image keeps its label, and has no
diversity; what one part leaves open, no number here says: `completion` does, of a Gaussian.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.engine.ensemble import Nets
from pipeline.engine.randomness import draw
from pipeline.metrics import FROZEN_SEED, Found, Measured, Run
from pipeline.metrics.prdc import NEIGHBOURS, density_coverage, precision_recall_knn
from pipeline.models import roles

NEEDS = (roles.Completer,)
CLASSIFIER = "images"
NEEDS_EXAMPLES = {"test": NEIGHBOURS + 1, "validation": NEIGHBOURS + 1}
VALUES = ("coverage", "density", "diversity", "kept", "precision", "recall")
DRAWS = 4  # completions of an image
TITLES = {"precision": "higher", "recall": "higher", "density": "reference", "coverage": "higher"}


def completion_diversity(draws: Tensor, mask: Tensor, x: Tensor) -> Tensor:
    """The variance of completions where something is missing, over that of examples there.

    draws: shape (K, N, d), K at least 2. mask: 1 where an entry is known, shape (N, d).
    x: the examples, shape (N, d).
    Returns shape (): 0 where all draws are alike, about 1 where they are independent examples.
    """
    missing = 1 - mask
    own = (draws.var(0) * missing).sum()
    return own / (x.var(0) * missing).sum()


def lacks(model: Any, dataset: Any) -> str:
    images = len(dataset.shape) == 2 and dataset.levels is not None
    return "" if images else "images"


def measure(run: Run) -> Found:
    x, label = run.test["x"], run.test["label"]
    seeds = {
        name: draw(distribution, (len(x),), FROZEN_SEED, f"completion/{name}", 0, x.device)
        for name, distribution in run.model.mask_noise().items()
    }
    mask = run.model.mask(seeds)

    def completed(net: Nets, noise: dict[str, Tensor]) -> Tensor:
        made: Tensor = run.model.complete(net, x, mask, noise)
        return made

    parts = []
    for block in range(DRAWS):
        noise = run.ensemble.noise(run.model.completion_noise(), (len(x),), "completion", block)
        parts.append(run.ensemble.each(completed, noise))
    draws = torch.stack(parts, dim=1)  # (R, DRAWS, N, d)

    def named(images: Tensor) -> float:
        right = run.class_log_probabilities(images).argmax(-1) == label
        return right.double().mean().item()

    kept = [sum(named(one) for one in own) / DRAWS for own in draws]
    various = [completion_diversity(own.double(), mask.double(), x.double()) for own in draws]
    found = {
        "kept": Measured(
            "completed images that keep their class",
            "share of completions",
            kept,
            named(x),
            "the whole images",
            "higher",
            least=0.0,
            most=1.0,
        ),
        "diversity": Measured(
            "variance of completions where pixels are missing",
            "of test images' there",
            [value.item() for value in various],
            1.0,
            "independent images; one completion for each: 0",
            "reference",
            least=0.0,
        ),
    }
    real, fresh = run.features(x), run.features(run.validation["x"])
    floors = *precision_recall_knn(real, fresh), *density_coverage(real, fresh)
    rows = []
    for own in draws:  # of one completion of each image: as many as there are test images
        seen = run.features(own[0])
        rows.append((*precision_recall_knn(real, seen), *density_coverage(real, seen)))
    for i, (name, better) in enumerate(TITLES.items()):
        found[name] = Measured(
            f"{name} of completed images",
            f"k = {NEIGHBOURS}",
            [row[i].item() for row in rows],
            floors[i].item(),
            f"as many validation images, n = {len(fresh):,}",
            better,
            least=0.0,
            most=None if name == "density" else 1.0,
        )
    return found
