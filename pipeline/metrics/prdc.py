"""Fidelity and diversity of samples, apart from each other, by nearest neighbours.

    B_k(s)      the ball around s that reaches to its k-th nearest neighbour in its own sample
    precision   share of generated y that lie in the ball of some real x
    recall      share of real x that lie in the ball of some generated y
    density     1/k times the mean number of balls of real x that a generated y lies in
    coverage    share of real x in whose ball some generated y lies

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
NEIGHBOURS = 5


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
    Returns two of shape (): 0 or above, about 1 for real examples; and from 0 to 1.
    """
    nearest = by_rows(lambda rows: _distances(rows, y).amin(-1), x, y.numel())
    return _around(y, x, k).mean() / k, (nearest <= _radius(x, k)).to(x.dtype).mean()


def _around(points: Tensor, centres: Tensor, k: int) -> Tensor:
    """How many of the centres' balls each point lies in, their edges included."""
    radius, width = _radius(centres, k), centres.numel()
    return by_rows(
        lambda rows: (_distances(rows, centres) <= radius).to(rows.dtype).sum(-1), points, width
    )


def _radius(x: Tensor, k: int) -> Tensor:
    # The nearest of all is the point itself, so its k-th neighbour is the k + 1-th.
    return by_rows(lambda rows: _distances(rows, x).kthvalue(k + 1).values, x, x.numel())


def _distances(x: Tensor, y: Tensor) -> Tensor:
    """|x - y|, shape (n, m), from differences: both ends of a tie come out alike."""
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
        )
        for i, (name, (title, unit, better)) in enumerate(told.items())
    }
