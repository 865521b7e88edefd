"""What the codes of a generator show: one row a category, and each number moved from -1 to 1.

    categories    x_ck = G(z_k, c, u_k)
    number j      x_ct = G(z, c, u),    u_j = t from -1 to 1, all else fixed

Chen et al., "InfoGAN: Interpretable Representation Learning by Information Maximizing Generative
Adversarial Nets" (2016), figure 2. First seed.
"""

import torch

from pipeline.figures import Sheet
from pipeline.models import roles

NEEDS = (roles.Coded,)
COLUMNS = 12


def show(runs):
    return [sheet for name, run in runs.items() for sheet in _sheets(name, run)]


def _sheets(name, run):
    distributions = run.model.prior()
    noise = run.ensemble.noise(distributions, (COLUMNS,), "shown")
    categories = range(distributions["component"].below)
    yield Sheet(
        title=f"Categories: {name}",
        note="Each row is one category, each column one z.",
        rows=[f"category {c}" for c in categories],
        images=torch.stack([_drawn(run, noise, c) for c in categories]),
    )
    one = {key: values[:, :1].expand_as(values).clone() for key, values in noise.items()}
    for j in range(noise["code"].shape[-1] if "code" in noise else 0):
        moved = one | {"code": one["code"].clone()}
        moved["code"][:, :, j] = torch.linspace(0, 1, COLUMNS)  # u = 2 code - 1
        yield Sheet(
            title=f"Number {j + 1} from -1 to 1: {name}",
            note="Each row is one category; all but this number is fixed.",
            rows=[f"category {c}" for c in categories],
            images=torch.stack([_drawn(run, moved, c) for c in categories]),
        )


def _drawn(run, noise, category):
    asked = noise | {"component": torch.full_like(noise["component"], category)}
    return run.ensemble.each(run.model.sample, asked)[0]
