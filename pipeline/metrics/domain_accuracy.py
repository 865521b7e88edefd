"""Whether one generator for several domains reaches the one that is asked for, and its image.

    accuracy   share of G(x, c) whose nearest training image is of domain c
    kept       share whose nearest training image of domain c has the class of x
    error      mean of |x^(c) - G(x, c)|^2,    x^(c) the true partner of x in domain c

over all test images x of all domains c' and all c other than c'. Choi et al., "StarGAN: Unified
Generative Adversarial Networks for Multi-Domain Image-to-Image Translation" (2018), section 5.4,
classify the translated images by a network; here the nearest training image does: Cover & Hart,
"Nearest neighbor pattern classification" (1967). It exists without a training of its own, and what
it calls right of true partners stands beside.
"""

from itertools import permutations

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.label_kept import STORED, nearest_label
from pipeline.metrics.partner_error import partner_error
from pipeline.models import roles

NEEDS = (roles.MultiDomain,)
NEEDS_DATA = ("domains",)
VALUES = ("error", "kept", "reached")


def domain_accuracy(named: Tensor, asked: Tensor) -> Tensor:
    """The share of images that are named as the domain that was asked for.

    named, asked: integers, shape (n,).
    Returns shape (), 0 to 1.
    """
    return (named == asked).double().mean()


def measure(run: Run) -> Found:
    model, count = run.model, run.dataset.domains
    test = [run.test[f"domain{k}"] for k in range(count)]
    stored = [run.train[f"domain{k}"][: STORED // count] for k in range(count)]
    domain = torch.arange(count).repeat_interleave(len(stored[0]))
    label = run.train["label"][: STORED // count]

    def judged(c: int, images: Tensor) -> list[float]:
        """Of translated test images: domain reached, class kept, error to the true partner."""
        reached = nearest_label(images, torch.cat(stored), domain)
        kept = nearest_label(images, stored[c], label)
        return [
            domain_accuracy(reached, torch.full_like(reached, c)).item(),
            domain_accuracy(kept, run.test["label"]).item(),
            partner_error(test[c].double(), images.double()).item(),
        ]

    rows: list[list[list[float]]] = []
    for source, c in permutations(range(count), 2):
        asked = torch.full((len(test[source]),), c)
        made = run.ensemble.each(model.to_domain, x=test[source], domain=asked)
        rows.append([judged(c, images) for images in made])
    found = torch.tensor(rows, dtype=torch.float64).mean(0)  # (R, 3)
    true = torch.tensor([judged(c, test[c]) for c in range(count)]).mean(0)
    still = [judged(c, test[source]) for source, c in permutations(range(count), 2)]
    stays = torch.tensor(still, dtype=torch.float64).mean(0)
    return {
        name: Measured(
            title=title,
            unit=unit,
            values=found[:, i].tolist(),
            reference=true[i].item(),
            reference_is=f"the true partners; x itself: {stays[i].item():.4g}",
            better=better,
            least=0.0,
            most=1.0 if unit == "share" else None,
        )
        for i, (name, title, unit, better) in enumerate(
            (
                ("reached", "translated images of the domain asked for", "share", "higher"),
                ("kept", "translated images that keep their class", "share", "higher"),
                (
                    "error",
                    "squared distance to the true partner, over all pairs of domains",
                    "squared units per image",
                    "lower",
                ),
            )
        )
    }
