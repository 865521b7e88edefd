"""Samples of each requested class: one row per class, the same latents in every row.

    x_ck = G(z_k, c)

Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014), figure 2.
"""

import torch

from pipeline.figures import Sheet
from pipeline.models import roles

NEEDS = (roles.Conditional,)
COLUMNS = 10


def show(runs):
    return [_sheet(name, run) for name, run in runs.items()]


def _sheet(name, run):
    distributions = run.model.prior()
    noise = run.ensemble.noise(distributions, (COLUMNS,), "shown")
    classes = range(distributions["label"].below)
    asked = [noise | {"label": torch.full_like(noise["label"], c)} for c in classes]
    images = [run.ensemble.each(run.model.sample, each)[0] for each in asked]
    return Sheet(
        title=f"Asked for each class: {name}",
        note="Each row is one requested class, each column one z. First seed.",
        rows=[f"requested: {c}" for c in classes],
        images=torch.stack(images),
    )
