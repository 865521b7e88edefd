"""Samples of the same latents during training: does the map from z to x settle?

    x_m = G_m(z),    z drawn once, G_m the generator at snapshot m

One row per snapshot, one column per latent.
"""

import torch

from pipeline.figures import Sheet
from pipeline.models import roles

NEEDS = (roles.Sampler,)
COLUMNS = 10
ROWS = 11  # the most snapshots shown, including the first and the last


def show(runs):
    return [_sheet(name, run) for name, run in runs.items() if run.snapshots]


def _sheet(name, run):
    last = len(run.snapshots) - 1
    chosen = sorted({round(last * k / (ROWS - 1)) for k in range(ROWS)})
    # The first seed: a stream gives the same latents at every snapshot.
    images = [run.at(m).ensemble.sample(COLUMNS, "shown")[0] for m in chosen]
    return Sheet(
        title=f"The same {COLUMNS} latents through training: {name}",
        note="Each column is one z, drawn once; downwards the rounds. First seed.",
        rows=[f"round {run.snapshots[m]:,}" for m in chosen],
        images=torch.stack(images),
    )
