"""Test images, what every seed of each run makes of them, and their true partners.

    rows:  x,  y,  G_1(x), G_2(x), ...

A wrong bijection is seen as such: a column whose image is sharp and of another class. All seeds
are shown, up to SEEDS.
"""

import torch

from pipeline.figures import Sheet
from pipeline.models import roles

NEEDS = (roles.Translator,)
COLUMNS, SEEDS = 16, 10


def show(runs):
    return [
        sheet
        for name, run in runs.items()
        for sheet in (
            _sheet(name, run, run.model.translate, ("x", "partner"), "A to B"),
            *(
                [_sheet(name, run, run.model.translate_back, ("partner", "x"), "B to A")]
                if isinstance(run.model, roles.TwoWay)
                else []
            ),
        )
    ]


def _sheet(name, run, f, ends, way):
    source, target = (run.test[end][:COLUMNS] for end in ends)
    made = run.ensemble.each(f, x=source)[:SEEDS]
    return Sheet(
        title=f"Translated from {way}: {name}",
        note=(
            f"The first {len(source)} test images, their true partners, and below what each seed "
            "makes of the images."
        ),
        rows=["input", "true partner", *(f"seed {seed}" for seed in run.seeds[:SEEDS])],
        images=torch.stack([source, target, *made]),
    )
