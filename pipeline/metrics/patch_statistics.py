"""Whether samples have the patches of the one image that was learned, and are not that image.

    distance_s   mean over directions u of W_1 of { u . p },    p all s x s patches of a sample,
                 against those of the image;  |u| = 1,  s = 3, 5, 7
    diversity    mean over pixels of sd over samples, over the image's own sd over pixels
    new          share of samples of which distance_7 is at most that of the image's two halves,
                 and whose pixels are APART or more of the image's sd from those of the image

Shaham, Dekel & Michaeli, "SinGAN: Learning a Generative Model from a Single Natural Image" (2019),
sections 3 and 4: samples are to have the image's patches at every scale, and the diversity is
theirs; their distance is Frechet's in features of one layer (SIFID), which needs a network of
photographs. Rabin, Peyre, Delon & Bernot, "Wasserstein Barycenter and its Application to Texture
Mixing" (2011), for the sliced distance, in units of a pixel; its directions are the same
everywhere. Beside it stand two crops of the image, its left and its right half. A copy of the
image has distance 0 and diversity 0, noise has diversity and no patches: neither is new.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_DATA = ("one_image",)
VALUES = (
    *("distance_3", "distance_5", "distance_7", "diversity"),
    *("excess_3", "excess_5", "excess_7", "new"),
)
SAMPLES = 50
SIDES = (3, 5, 7)  # pixels of a patch
DIRECTIONS = 64
APART = 0.5  # of the image's deviation: two unrelated images are 1.4 of it apart


def patches(image: Tensor, side: int) -> Tensor:
    """All patches of an image, row by row, ((H - s + 1) (W - s + 1), s^2).

    image: shape (H, W). side: s, at most H and W.
    """
    return image.unfold(0, side, 1).unfold(1, side, 1).reshape(-1, side * side)


def sliced_wasserstein(x: Tensor, y: Tensor, directions: Tensor) -> Tensor:
    """The mean over directions of the Wasserstein-1 distance of two projected samples.

    x, y: samples of one size, shape (n, d) each. directions: of length 1, shape (m, d).
    Returns shape (), in the unit of x.
    """
    ordered = [(sample @ directions.T).sort(0).values for sample in (x, y)]
    return (ordered[0] - ordered[1]).abs().mean()


def diversity(x: Tensor, image: Tensor) -> Tensor:
    """How much samples differ from each other, over how much the image varies.

    x: samples, two or more, shape (n, features). image: shape (features,), not constant.
    Returns shape (): 0 for copies of one image.
    """
    return x.std(0, correction=0).mean() / image.std(correction=0)


def lacks(model: Any, dataset: Any) -> str:
    shape = dataset.shape
    enough = len(shape) == 2 and min(shape[0], shape[1] // 2) >= max(SIDES)
    return "" if enough else f"images of {max(SIDES)} by {2 * max(SIDES)} pixels at least"


def measure(run: Run) -> Found:
    shape = run.dataset.shape
    image = run.train["x"][0].double()
    page, half = image.view(shape), shape[1] // 2
    crops = page[:, :half], page[:, shape[1] - half :]
    made = run.sample(SAMPLES).double()
    kept = {side: _directions(side) for side in SIDES}

    def distance(one: Tensor, other: Tensor, side: int) -> float:
        return sliced_wasserstein(patches(one, side), patches(other, side), kept[side]).item()

    found, floors, by_side = dict[str, Measured](), {}, {}
    for side in SIDES:
        floors[side] = distance(*crops, side)
        by_side[side] = [
            [distance(x.view(shape), page, side) for x in replica] for replica in made
        ]
        found[f"distance_{side}"] = Measured(
            title=f"patches of {side} x {side} pixels: distance to those of the image",
            unit="of a pixel, 2 from black to white",
            values=[sum(values) / len(values) for values in by_side[side]],
            reference=floors[side],
            reference_is="the left and the right half of the image",
            better="lower",
            least=0.0,
        )
        found[f"excess_{side}"] = found[f"distance_{side}"]._replace(
            title=f"patches of {side} x {side} pixels: distance over that of the image's halves",
            unit="ratio",
            values=[sum(values) / len(values) / floors[side] for values in by_side[side]],
            reference=1.0,
        )
    others = run.validation["x"].double()
    found["diversity"] = Measured(
        title="diversity of samples",
        unit="of the image's deviation over its pixels",
        values=[diversity(replica, image).item() for replica in made],
        reference=diversity(others, image).item(),
        reference_is=f"{len(others)} further images; copies of one: 0",
        better="reference",
        least=0.0,
    )
    largest, far = max(SIDES), APART * image.std(correction=0)
    new = [
        [
            near <= floors[largest] and bool((x - image).square().mean().sqrt() >= far)
            for near, x in zip(distances, replica, strict=True)
        ]
        for distances, replica in zip(by_side[largest], made, strict=True)
    ]
    found["new"] = Measured(
        title="new samples with the image's patches",
        unit=f"share of {SAMPLES} samples",
        values=[sum(own) / len(own) for own in new],
        reference=0.0,
        reference_is="copies of the image, and noise",
        better="higher",
        least=0.0,
        most=1.0,
    )
    return found


def _directions(side: int) -> Tensor:
    rng = np.random.default_rng([side, DIRECTIONS])
    drawn = torch.from_numpy(rng.standard_normal((DIRECTIONS, side * side)))
    lengths: Tensor = torch.linalg.vector_norm(drawn, dim=1, keepdim=True)
    return drawn / lengths
