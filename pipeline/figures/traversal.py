"""Latent traversal: the effect of one latent on an image, with the others fixed.

    z_j(t) = c_j + t s_j,    t = -2.5 ... 2.5

c is the code of the first test image and s_j the standard deviation of test codes in latent j.
The codes of a collapsed latent are all equal, so that it changes nothing.
"""

import torch

from pipeline.figures import Sheet, first
from pipeline.models import roles

NEEDS = (roles.Autoencoder,)
NEEDS_TEST = 2  # codes, to have a standard deviation
LATENTS = 10  # the most latents shown per run
STEPS = torch.linspace(-2.5, 2.5, 11)


def show(runs):
    return [_sheet(name, run) for name, run in runs.items()]


def _sheet(name, run):
    codes = first(run, run.model.code, x=run.test["x"])
    spread = codes.std(0)
    order = spread.argsort(descending=True, stable=True)[:LATENTS]
    z = codes[0] + STEPS[:, None] * spread.diag()[order][:, None]  # (latents, steps, latent)
    images = first(run, run.model.decode, z=z.flatten(0, 1))
    return Sheet(
        title=f"One latent moved at a time: {name}",
        note=(
            "From the code of the first test image, in the middle, each latent goes from -2.5 to "
            "2.5 of its standard deviations (sd) over test codes; those that vary most first."
        ),
        rows=[f"z {j + 1}, sd {spread[j]:.2g}" for j in order.tolist()],
        images=images.unflatten(0, z.shape[:2]),
    )
