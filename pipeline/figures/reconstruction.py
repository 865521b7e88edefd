"""Test images, and their reconstructions by each run."""

import torch

from pipeline.figures import Sheet, first
from pipeline.models import roles

NEEDS = (roles.Autoencoder,)
COLUMNS = 16


def show(runs):
    x = next(iter(runs.values())).test["x"][:COLUMNS]
    made = [first(run, run.model.reconstruct, x=x) for run in runs.values()]
    return [
        Sheet(
            title="Reconstructions",
            note=f"The first {len(x)} test images; what the first seed of each run gives back.",
            rows=["test data", *runs],
            images=torch.stack([x, *made]),
        )
    ]
