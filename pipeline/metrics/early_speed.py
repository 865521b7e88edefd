"""How fast samples improve early, while the discriminator tells them from data easily.

    mean of d^2(t_i) over the snapshots  0 < t_i <= T / 5

Goodfellow et al., "Generative Adversarial Nets" (2014), section 3: early in learning, when G is
poor, log(1 - D(G(z))) saturates, and -log D(G(z)) gives it much stronger gradients. d is the
Frechet distance to the test images (metric `frechet`); its mean over the first fifth of the
training is low where it falls early. The latents are the same at every snapshot.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, Series
from pipeline.metrics.frechet import frechet_distance
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "images"
PARTS = SNAPSHOTS = 5  # parts of a training: the first one is early, and a snapshot is at its end
NEEDS_EXAMPLES = {"test": 2, "validation": 2}
VALUES = ("frechet", "frechet_by_round")


def early_mean(values: Tensor, rounds: Tensor) -> Tensor:
    """The mean over the snapshots of the first fifth of a training, without that at round 0.

    values: a number at each snapshot, shape (M,). rounds: those of the snapshots, 0 to T, (M,).
    Returns shape (), in the unit of the values.
    """
    return values[(rounds > 0) & (PARTS * rounds <= rounds[-1])].mean()


def measure(run: Run) -> Found:
    real, fresh = (run.features(split["x"]) for split in (run.test, run.validation))
    snapshots = [run.at(i).sample(len(fresh)) for i in range(len(run.snapshots))]
    rows = [[frechet_distance(real, run.features(x)) for x in made] for made in snapshots]
    distances, rounds = torch.tensor(rows, dtype=torch.float64).T, torch.tensor(run.snapshots)
    images = run.dataset.levels is not None
    unit = "squared logits of the evaluation classifier" if images else "squared data units"
    floor, floor_is = frechet_distance(real, fresh).item(), "as many validation images"
    return {
        "frechet": Measured(
            title="Fréchet distance of samples, mean over the first fifth of training",
            unit=unit,
            values=[early_mean(replica, rounds).item() for replica in distances],
            reference=floor,
            reference_is=floor_is,
            better="lower",
            least=0.0,
        ),
        "frechet_by_round": Series(
            title="Fréchet distance of samples",
            unit=unit,
            rounds=run.snapshots,
            values=distances.tolist(),
            reference=floor,
            reference_is=floor_is,
            log=True,
        ),
    }
