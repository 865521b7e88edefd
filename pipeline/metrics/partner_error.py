"""How far a translated image is from its true partner, and how sharp beside it.

    error    mean over test images of |y - G(x)|^2
    cycle    mean over test images of |x - F(G(x))|^2

Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks" (2017), have no partners to compare with; here each is known (pipeline/datasets/
domains.py). A small cycle error says nothing of the error: any bijection between the domains has
none. Beside a model stand what needs no training: the least-squares affine map of the training
pairs, Gauss (1809), the partner of the nearest training image, and x itself; and, without pairs,
the optimal transport between two disjoint halves, by the nearest image of the one: Villani,
"Optimal Transport" (2009), of at most TRANSPORTED images each.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, by_rows
from pipeline.metrics.sharpness import sharpness
from pipeline.models import roles

NEEDS = (roles.Translator,)
NEEDS_DATA = ("partners",)
NEEDS_EXAMPLES = {"train": 2}
VALUES = ("cycle", "error", "error_back", "sharpness", "sharpness_back")
TRANSPORTED = 1_000
PER_IMAGE = "squared units per image"


def partner_error(partner: Tensor, made: Tensor) -> Tensor:
    """Mean over images of |y - G(x)|^2, in squared units of a pixel.

    partner, made: y and G(x), shape (N, features).
    Returns shape ().
    """
    return (partner - made).square().sum(-1).mean()


def affine_map(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """W z + b of the W and b with the least sum of |y - W x - b|^2; of these the least |W|.

    x, y: pairs, shape (N, features) each. z: images to map, shape (n, features).
    Returns shape (n, features).
    """
    inverse: Tensor = torch.linalg.pinv(x - x.mean(0), rtol=1e-9)
    mapped: Tensor = (z - x.mean(0)) @ (inverse @ (y - y.mean(0))) + y.mean(0)
    return mapped


def nearest_partner(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """The partner y of the x that is nearest to z; of equally near ones the first.

    x, y: pairs, shape (N, features) each. z: shape (n, features).
    Returns shape (n, features).
    """
    return y[by_rows(lambda part: torch.cdist(part, x).argmin(1), z, len(x))]


def lacks(model: Any, dataset: Any) -> str:
    shape = dataset.shape
    return "" if len(shape) == 2 and min(shape) >= 3 else "images, of 3 x 3 pixels at least"


def measure(run: Run) -> Found:
    found = dict(_one_way(run, run.model.translate, "x", "partner", ""))
    if isinstance(run.model, roles.TwoWay):
        found |= _one_way(run, run.model.translate_back, "partner", "x", "_back")
        x = run.test["x"]

        def round_trip(net: Any, x: Tensor) -> Tensor:
            there: Tensor = run.model.translate(net, x)
            back: Tensor = run.model.translate_back(net, there)
            return back

        found["cycle"] = Measured(
            title="cycle error: A to B and back to A",
            unit=PER_IMAGE,
            values=_errors(x, run.ensemble.each(round_trip, x=x)),
            reference=0.0,
            reference_is="any bijection between the domains, right or wrong",
            better="lower",
            least=0.0,
        )
    return found


def _one_way(run: Run, f: Any, source: str, target: str, suffix: str) -> Found:
    """Of one direction: the arrays of a split that are its inputs and its targets."""
    x, y = (run.train[name].double() for name in (source, target))
    z, partner = (run.test[name].double() for name in (source, target))
    made = run.ensemble.each(f, x=run.test[source]).double()
    others = {
        "x itself": z,
        "partner of the nearest x": nearest_partner(x, y, z),
        "optimal transport of unpaired halves": _transported(x, y, z),
    }
    told = "; ".join(f"{n}: {partner_error(partner, o).item():.4g}" for n, o in others.items())
    way = "B to A" if suffix else "A to B"

    def sharp(images: Tensor) -> Tensor:
        return sharpness(images.unflatten(-1, run.dataset.shape)).mean(-1)

    return {
        f"error{suffix}": Measured(
            title=f"squared distance to the true partner, {way}",
            unit=PER_IMAGE,
            values=_errors(partner, made),
            reference=partner_error(partner, affine_map(x, y, z)).item(),
            reference_is=f"least-squares affine map of the pairs; {told}",
            better="lower",
            least=0.0,
        ),
        f"sharpness{suffix}": Measured(
            title=f"sharpness of translated images, {way}",
            unit="over that of the true partners",
            values=(sharp(made) / sharp(partner)).tolist(),
            reference=1.0,
            reference_is="the true partners",
            better="reference",
            least=0.0,
        ),
    }


def _errors(target: Tensor, made: Tensor) -> list[float]:
    return [partner_error(target.double(), replica.double()).item() for replica in made]


def _transported(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """What optimal transport maps the x nearest to z to: every second x, to every other y."""
    from scipy.optimize import linear_sum_assignment  # 0.3 s that other stages need not pay

    size = min(len(x) // 2, TRANSPORTED)
    a, b = x[0::2][:size], y[1::2][:size]
    _, chosen = linear_sum_assignment(torch.cdist(a, b).square().numpy())
    return nearest_partner(a, b[torch.from_numpy(chosen)], z)
