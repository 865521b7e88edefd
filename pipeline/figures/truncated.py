"""Samples as their latents are cut off: one row a bound, the same latents in every row.

    x_bk = G(T_b(z_k), c_k),    |T_b(z)| <= b

Brock, Donahue & Simonyan, "Large Scale GAN Training" (2019), figure 2a.
"""

import torch

from pipeline.engine.randomness import Normal
from pipeline.figures import Sheet
from pipeline.metrics.truncation import truncated
from pipeline.metrics.truncation_curve import BOUNDS
from pipeline.models import roles

NEEDS = (roles.Sampler,)
COLUMNS = 16


def show(runs):
    cut = {name: run for name, run in runs.items() if isinstance(_latents(run), Normal)}
    return [_sheet(name, run) for name, run in cut.items()]


def _latents(run):
    return run.model.prior().get("z")


def _sheet(name, run):
    noise = run.ensemble.noise(run.model.prior(), (COLUMNS,), "shown")
    rows = {"all latents": noise}
    for bound in BOUNDS.values():
        rows[f"within {bound:g}"] = noise | {"z": truncated(noise["z"], bound)}
    images = [run.ensemble.each(run.model.sample, own)[0] for own in rows.values()]
    return Sheet(
        title=f"Truncated latents: {name}",
        note="Each column is one latent, cut off at the row's number of deviations. First seed.",
        rows=list(rows),
        images=torch.stack(images),
    )
