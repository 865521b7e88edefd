"""The decoder of a run with two latents, over the plane of its codes.

    z_jk = (F_1^-1(u_j), F_2^-1(u_k)),    u_j = (j - 1/2) / J

F_i is the distribution function of the test codes in latent i, so that each step across or down
contains equally many of them. Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), figure
4, where F is that of the prior; the codes of an autoencoder follow no prior.
"""

import torch

from pipeline.figures import Sheet, first
from pipeline.models import roles

NEEDS = (roles.Autoencoder,)
SIDE = 15
MIDDLES = (torch.arange(SIDE) + 0.5) / SIDE


def show(runs):
    codes = {name: first(run, run.model.code, x=run.test["x"]) for name, run in runs.items()}
    return [
        Sheet(
            title=f"The plane of two latents: {name}",
            note=(
                f"Decoded at {SIDE} even quantiles of the test codes in each latent: z 1 across, "
                "z 2 upwards, its quantile beside it. First seed."
            ),
            rows=[f"{u:.2f}" for u in MIDDLES.flip(0).tolist()],
            images=_images(runs[name], plane),
        )
        for name, plane in codes.items()
        if plane.shape[1] == 2
    ]


def _images(run, codes):
    across, up = codes.quantile(MIDDLES, dim=0).T
    z = torch.cartesian_prod(up.flip(0), across).flip(1)  # row by row, from the top
    return first(run, run.model.decode, z=z).unflatten(0, (SIDE, SIDE))
