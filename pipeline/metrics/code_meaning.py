"""Do the continuous codes turn and widen? Their correlation with slant and width of the samples.

    E f = sum p f / sum p over an image's rows i and columns j,    V_i, V_j, C_ij its covariance
    slant = C_ij / V_i,    width = sqrt( V_j - C_ij^2 / V_i )
    r_j = corr( u_j - E[u_j | c], s - E[s | c] )

with p = (x + 1) / 2 the intensity. A shear of the image by t columns per row adds t to the slant
and leaves the width: Hu, "Visual Pattern Recognition by Moment Invariants" (1962). Chen et al.,
"InfoGAN" (2016), figure 2, names rotation and width by eye. Both are compared within a category c,
since a one is less wide than a nought whatever the code does. Each value is the largest |r_j| over
the codes; beside it stands what codes that are noise reach: the same ones, moved to the next
sample.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Coded,)
VALUES = ("slant", "width")
SAMPLES = 10_000


def slant(images: Tensor) -> Tensor:
    """Columns per row by which an image leans. images: intensities, at least 0, (N, h, w).

    Returns shape (N,), NaN for an image that is dark or has a single row.
    """
    rows, both, _ = _moments(images)
    return both / rows


def width(images: Tensor) -> Tensor:
    """The standard deviation of columns around the slanted axis. images: as above.

    Returns shape (N,).
    """
    rows, both, columns = _moments(images)
    return (columns - both.square() / rows).clamp(min=0).sqrt()


def correlation_within(a: Tensor, b: Tensor, group: Tensor, groups: int) -> Tensor:
    """The correlation of a and b, each less its mean within the group.

    a, b: shape (N,). group: integers in 0 ... groups - 1, shape (N,).
    Returns shape ().
    """
    member = (group[:, None] == torch.arange(groups, device=group.device)).to(a.dtype)
    size = member.sum(0).clamp(min=1)
    a, b = (t - member @ (member.T @ t / size) for t in (a, b))
    return (a @ b) / (a.square().sum() * b.square().sum()).sqrt()


def _moments(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The variance over rows, the covariance, and the variance over columns, (N,) each."""
    mass = images.sum((1, 2))
    i = torch.arange(images.shape[1], dtype=images.dtype, device=images.device)
    j = torch.arange(images.shape[2], dtype=images.dtype, device=images.device)
    p = images / mass[:, None, None]
    i = i - (p.sum(2) @ i)[:, None]  # (N, h)
    j = j - (p.sum(1) @ j)[:, None]
    rows, columns = (p.sum(2) * i.square()).sum(1), (p.sum(1) * j.square()).sum(1)
    return rows, torch.einsum("nij,ni,nj->n", p, i, j), columns


def lacks(model: Any, dataset: Any) -> str:
    """Slant and width are an image's, and a model without codes has nothing to correlate."""
    if len(dataset.shape) != 2 or dataset.levels is None or min(dataset.shape) < 3:
        return "images, of 3 x 3 pixels at least"
    return "" if model.codes else "a model with codes: at least 1"


def measure(run: Run) -> Found:
    parts = list(run.drawn(SAMPLES))

    def told(f: Any) -> Tensor:
        return torch.cat([run.ensemble.each(lambda net, own: f(own), n) for n, _ in parts], 1)

    codes, category = told(run.model.code_values).double(), told(run.model.category)
    made = torch.cat([x for _, x in parts], 1).double().clamp(-1, 1)
    images = ((made + 1) / 2).unflatten(-1, run.dataset.shape)
    groups = int(category.max()) + 1
    found: dict[str, Measured] = {}
    for name, quantity in (("slant", slant), ("width", width)):
        shown = [quantity(replica) for replica in images]
        values, noise = (
            [
                max(abs(correlation_within(u, s, c, groups).item()) for u in own.T)
                for own, s, c in zip(moved, shown, category, strict=True)
            ]
            for moved in (codes, codes.roll(1, dims=1))
        )
        found[name] = Measured(
            title=f"{name} of samples: correlation with the best code",
            unit="|r| within a category",
            values=values,
            reference=sum(noise) / len(noise),
            reference_is="codes that are noise",
            better="higher",
            least=0.0,
            most=1.0,
        )
    return found
