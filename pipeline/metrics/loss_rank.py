"""Whether a critic's loss tells how good the samples are, so that nobody need look at them.

    W_1(p_data, p_g) >= E_x f(x) - E_z f(G(z)) = -L,    f of gradient at most 1
    JSD(p_data, p_g) >= (log 4 + V) / 2 = (log 4 - L) / 2
    rho = correlation of the ranks of two rows of numbers, a tie having its mean rank

Arjovsky, Chintala & Bottou, "Wasserstein GAN" (2017), equation 2 and figures 3 and 4; Goodfellow
et al., "Generative Adversarial Nets" (2014), theorem 1; Spearman, "The Proof and Measurement of
Association between Two Things" (1904). L is the critic's loss without its penalty, on validation
images that no player has seen and on latents that are alike at every snapshot; a critic that is no
discriminator of the 2014 game has -L for its estimate. Over the snapshots of one training, but for
the first, at which nothing is trained, it is ranked against the Frechet distance to the test
images and against their coverage: 1 is a loss that falls whenever samples get better.
"""

import math

import torch
from torch import Tensor

from pipeline.metrics import Measured, Series
from pipeline.metrics.frechet import frechet_distance
from pipeline.metrics.prdc import density_coverage

NEEDS = ("discriminator_loss", "discriminator_player", "sample")
CLASSIFIER = "images"
SNAPSHOTS = 3
SAMPLES = 500  # at each snapshot: 500 snapshots of ten seeds are a quarter of a million images
PENALTY = "gradient_penalty"


def ranks(x: Tensor) -> Tensor:
    """Each number's place from 1 for the least; equal ones share the mean of their places.

    x: shape (n,).
    Returns shape (n,), NaN where any number is.
    """
    below, equal = x < x[:, None], x == x[:, None]
    places = below.sum(-1) + (equal.sum(-1) + 1) / 2
    return torch.where(x.isnan().any(), math.nan, places.to(x.dtype))


def spearman(x: Tensor, y: Tensor) -> Tensor:
    """The rank correlation of two rows of numbers; NaN where the numbers of one are all equal.

    x, y: shape (n,).
    Returns shape (), from -1 to 1.
    """
    a, b = (r - r.mean() for r in (ranks(x), ranks(y)))
    return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()


def jensen_shannon_estimate(loss: Tensor) -> Tensor:
    """What a minimax loss says that the JSD is at least, in nats.

    loss: of the discriminator, -V, any shape.
    Returns its shape; 0 where D knows nothing.
    """
    return (math.log(4) - loss) / 2


def measure(run):
    real = run.features(run.test["x"])
    rows = [_snapshot(run.at(i), real) for i in range(len(run.snapshots))]
    estimates, distances, coverages = torch.stack(rows, -1)
    floor = run.features(run.validation["x"])
    of = "JSD" if "minimax" in _terms(run) else "W₁, up to the critic's gradient"
    told = {
        "frechet": ("the Fréchet distance", distances),
        "coverage": ("coverage", -coverages),
    }
    found: dict[str, Measured | Series] = {
        f"spearman_{name}": Measured(
            title=f"rank correlation of the loss with {title}, over {len(rows) - 1} snapshots",
            unit="1: the loss falls as samples get better",
            values=torch.vmap(spearman)(estimates[:, 1:], worse[:, 1:]).tolist(),
            reference=1.0,
            reference_is="a loss that orders the snapshots as quality does",
            better="higher",
        )
        for name, (title, worse) in told.items()
    }
    series = {
        "loss": ("the critic's estimate on validation images", of, estimates, 0.0, "p_g = p_data"),
        "frechet": (
            "Fréchet distance of samples",
            "squared logits of the evaluation classifier",
            distances,
            frechet_distance(real, floor).item(),
            "validation images",
        ),
        "coverage": (
            "coverage by samples",
            "share of test images",
            coverages,
            density_coverage(real, floor)[1].item(),
            "validation images",
        ),
    }
    return found | {
        f"{name}_by_round": Series(title, unit, run.snapshots, values.tolist(), reference, told)
        for name, (title, unit, values, reference, told) in series.items()
    }


def _snapshot(run, real):
    """The critic's estimate, the Frechet distance and the coverage of each replica, (3, R)."""
    terms = _terms(run)
    loss = torch.stack([t.double() for name, t in terms.items() if name != PENALTY]).sum(0)
    made = [run.features(x) for x in run.sample(SAMPLES)]
    return torch.stack(
        [
            jensen_shannon_estimate(loss) if "minimax" in terms else -loss,
            torch.stack([frechet_distance(real, x) for x in made]),
            torch.stack([density_coverage(real, x)[1] for x in made]),
        ]
    )


def _terms(run):
    """The discriminator's terms in every replica, (R,) each, on the validation images."""
    player, batch = run.model.discriminator_player(), run.validation
    noise = run.ensemble.noise(player.noise, (len(batch["x"]),), "evaluate/loss_rank")

    def means(net, noise):
        return {name: term.mean() for name, term in player.loss(net, batch, noise).items()}

    return run.ensemble.each(means, noise)
