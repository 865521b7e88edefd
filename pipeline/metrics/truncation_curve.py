"""The truncation curve: quality and diversity as latents are cut off more and more.

    at bound b    samples of T_b(z), |T_b(z)| <= b (pipeline/metrics/truncation.py), the same z
    distance_b    Frechet distance to test images
    fidelity_b    precision,    diversity_b    recall: pipeline/metrics/prdc.py
    bearing       ratio of distance at the least bound to that without one

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), section 3.1 and figure 2: a curve of one network, over bounds from 2 to .04. The last value
asks what their orthogonal regularisation is for: how little a generator loses outside the latents
that it was trained on.
"""

from typing import Any

import torch

from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.frechet import frechet_distance
from pipeline.metrics.prdc import NEIGHBOURS, precision_recall_knn
from pipeline.metrics.truncation import lacks as lacks
from pipeline.metrics.truncation import truncated
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "images"
NEEDS_EXAMPLES = {"test": NEIGHBOURS + 1, "validation": NEIGHBOURS + 1}
BOUNDS = {"2": 2.0, "1": 1.0, "05": 0.5, "025": 0.25, "004": 0.04}  # standard deviations

VALUES = (
    "bearing",
    *(f"{name}_{b}" for name in ("distance", "fidelity", "diversity") for b in ("whole", *BOUNDS)),
)


def bearing(cut: Any, whole: Any) -> Any:
    """How many times as far samples of cut latents are as others; 1: no farther.

    cut, whole: distances, above 0, of any one shape.
    """
    return cut / whole


def measure(run: Run) -> Found:
    real, count = run.features(run.test["x"]), len(run.validation["x"])
    fresh = run.features(run.validation["x"])
    noises = [noise for noise, _ in run.drawn(count)]

    def told(bound: float | None) -> torch.Tensor:
        """Distance, precision and recall of each replica, (R, 3)."""
        rows = [
            noise if bound is None else noise | {"z": truncated(noise["z"], bound)}
            for noise in noises
        ]
        made = torch.cat([run.ensemble.each(run.model.sample, noise) for noise in rows], dim=1)
        found = []
        for x in made:
            seen = run.features(x)
            pair = precision_recall_knn(real, seen)
            found.append([frechet_distance(real, seen).item(), *(v.item() for v in pair)])
        return torch.tensor(found, dtype=torch.float64)

    floors = [frechet_distance(real, fresh).item(), *precision_recall_knn(real, fresh)]
    whole = told(None)
    curves = {name: told(bound) for name, bound in BOUNDS.items()}
    titles = (
        ("distance", "Frechet distance", "squared logits of the evaluation classifier", "lower"),
        ("fidelity", "precision", f"share; k = {NEIGHBOURS}", "higher"),
        ("diversity", "recall", f"share; k = {NEIGHBOURS}", "higher"),
    )
    found = {}
    for bound, rows in ({"whole": whole} | curves).items():
        within = "all latents" if bound == "whole" else f"latents within {BOUNDS[bound]:g}"
        for i, (name, title, unit, better) in enumerate(titles):
            found[f"{name}_{bound}"] = Measured(
                title=f"{title}, {within}",
                unit=unit,
                values=rows[:, i].tolist(),
                reference=float(floors[i]),
                reference_is="as many validation images",
                better=better,
                least=0.0,
                most=None if name == "distance" else 1.0,
            )
    least = min(BOUNDS, key=BOUNDS.__getitem__)
    found["bearing"] = Measured(
        title=f"Frechet distance of latents within {BOUNDS[least]:g} over that of all",
        unit="ratio",
        values=bearing(curves[least][:, 0], whole[:, 0]).tolist(),
        reference=1.0,
        reference_is="no farther",
        better="lower",
        least=0.0,
    )
    return found
