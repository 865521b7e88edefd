"""Interpolation between two test images: of their codes, decoded, and of their pixels."""

import torch

from pipeline.figures import Sheet, first
from pipeline.metrics.interpolation import linear, spherical
from pipeline.models import roles

NEEDS = (roles.Autoencoder,)
PAIRS = 3
NEEDS_TEST = 2 * PAIRS
STEPS = torch.linspace(0, 1, 11)
WAYS = {"linear": linear, "spherical": spherical}


def show(runs):
    x = next(iter(runs.values())).test["x"]
    return [_sheet(runs, x[k : k + 2], k) for k in range(0, 2 * PAIRS, 2)]


def _sheet(runs, ends, place):
    rows, images = ["pixels, linear"], [linear(ends[0], ends[1], STEPS)]
    for name, run in runs.items():
        codes = first(run, run.model.code, x=ends)
        for way, between in WAYS.items():
            rows.append(f"{name}, {way}")
            images.append(first(run, run.model.decode, z=between(codes[0], codes[1], STEPS)))
    return Sheet(
        title=f"From test image {place + 1} to test image {place + 2}",
        note=(
            "Top: the images themselves, cross-faded. Below, of the first seed of each run, their "
            "codes mixed along a straight line and along an arc, and decoded."
        ),
        rows=rows,
        images=torch.stack(images),
    )
