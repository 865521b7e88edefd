"""Fidelity and diversity of samples, measured separately by nearest neighbours.

    B_k(s)      the ball around s that reaches to its k-th nearest neighbour in its own sample
    precision   fraction of generated y that lie in the ball of some real x
    recall      fraction of real x that lie in the ball of some generated y
    density     1/k times the mean number of balls of real x that contain a generated y
    coverage    fraction of real x whose ball contains some generated y

Kynkaanniemi, Karras, Laine, Lehtinen & Aila, "Improved Precision and Recall Metric for Assessing
Generative Models" (2019), equations 1 and 2; Naeem, Oh, Uh, Choi & Yoo, "Reliable Fidelity and
Diversity Metrics for Generative Models" (2020), equations 4 and 6, with k = 5 as there. The
features are those of the Frechet distance. A single generated outlier has a huge ball and raises
recall; density and coverage use the balls of real examples alone.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, by_rows
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "images"
VALUES = ("coverage", "density", "precision", "recall")
NEIGHBOURS = 5
NEEDS_EXAMPLES = {"test": NEIGHBOURS + 1, "validation": NEIGHBOURS + 1}


def precision_recall_knn(x: Tensor, y: Tensor, k: int = NEIGHBOURS) -> tuple[Tensor, Tensor]:
    """Precision and recall of generated examples.

    x: real examples, shape (n, d). y: generated ones, shape (m, d). k: below n and m.
    Returns two of shape (), each from 0 to 1.
    """
    precise, recalled = _around(y, x, k) > 0, _around(x, y, k) > 0
    return precise.to(x.dtype).mean(), recalled.to(x.dtype).mean()


def density_coverage(x: Tensor, y: Tensor, k: int = NEIGHBOURS) -> tuple[Tensor, Tensor]:
    """Density and coverage of generated examples.

    x: real examples, shape (n, d). y: generated ones, shape (m, d). k: below n.
    Returns two of shape (): density, at least 0 and about 1 for real examples; coverage, 0 to 1.
    """
    nearest = by_rows(lambda rows: _distances(rows, y).amin(-1), x, y.numel())
    return _around(y, x, k).mean() / k, (nearest <= _radius(x, k)).to(x.dtype).mean()


def _around(points: Tensor, centres: Tensor, k: int) -> Tensor:
    """The number of the centres' closed balls that contain each point."""
    radius, width = _radius(centres, k), centres.numel()
    return by_rows(
        lambda rows: (_distances(rows, centres) <= radius).to(rows.dtype).sum(-1), points, width
    )


def _radius(x: Tensor, k: int) -> Tensor:
    # The nearest of all is the point itself, so its k-th neighbour is the k + 1-th.
    return by_rows(lambda rows: _distances(rows, x).kthvalue(k + 1).values, x, x.numel())


def _distances(x: Tensor, y: Tensor) -> Tensor:
    """|x - y|, shape (n, m), from differences, so that ties are exact."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def measure(run: Run) -> Found:
    real, fresh = run.features(run.test["x"]), run.features(run.validation["x"])
    made = [run.features(x) for x in run.sample(len(fresh))]
    floors = *precision_recall_knn(real, fresh), *density_coverage(real, fresh)
    values = [(*precision_recall_knn(real, x), *density_coverage(real, x)) for x in made]
    told = {
        "precision": ("precision of samples", "share of samples near a test example", "higher"),
        "recall": ("recall of samples", "share of test examples near a sample", "higher"),
        "density": ("density of samples", "test examples' balls around one, / k", "reference"),
        "coverage": ("coverage by samples", "share of test examples' balls", "higher"),
    }
    return {
        name: Measured(
            title=title,
            unit=f"{unit}; k = {NEIGHBOURS}",
            values=[replica[i].item() for replica in values],
            reference=floors[i].item(),
            reference_is=f"as many validation examples, n = {len(fresh):,}",
            better=better,
            least=0.0,
            most=None if name == "density" else 1.0,
        )
        for i, (name, (title, unit, better)) in enumerate(told.items())
    }
