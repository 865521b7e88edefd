"""What is drawn as training goes on: one row a snapshot, the same latents in every row.

    x_tk = G_t(z_k),    t the rounds played

Karras, Aila, Laine & Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and
Variation" (2018), figure 1: of a model that grows, images of 4 by 4 become finer by the stage.
"""

import torch

from pipeline.figures import Sheet
from pipeline.models import roles

NEEDS = (roles.Sampler,)
COLUMNS, ROWS = 12, 10


def show(runs):
    return [_sheet(name, run) for name, run in runs.items() if run.snapshots]


def _sheet(name, run):
    count = len(run.snapshots)
    places = sorted({round(k * (count - 1) / (ROWS - 1)) for k in range(ROWS)})
    noise = run.ensemble.noise(run.model.prior(), (COLUMNS,), "shown")
    images = []
    for place in places:
        then = run.at(place)
        images.append(then.ensemble.each(then.model.sample, noise)[0])
    return Sheet(
        title=f"Growth: {name}",
        note="Each row is a moment of training, each column one latent. First seed.",
        rows=[f"{run.snapshots[place]:,} rounds" for place in places],
        images=torch.stack(images),
    )
