"""Whether a critic's loss measures sample quality: their rank correlation during training.

    W_1(p_data, p_g) >= E_x f(x) - E_z f(G(z)) = -L,    f of gradient at most 1
    JSD(p_data, p_g) >= (log 4 + V) / 2 = (log 4 - L) / 2
    rho = correlation of the ranks of two sequences, ties having their mean rank

Arjovsky, Chintala & Bottou, "Wasserstein GAN" (2017), equation 2 and figures 3 and 4; Goodfellow
et al., "Generative Adversarial Nets" (2014), theorem 1; Spearman, "The Proof and Measurement of
Association between Two Things" (1904). L is the critic's loss without its penalty, on validation
images that no player has seen, and on the same latents at every snapshot. For a discriminator it
is -V, from its log-odds alone, without the other terms of its loss. A critic's estimate is -L,
which bounds W_1 only for a Wasserstein critic. Over the snapshots of one training, without the
untrained first one, the estimate is ranked against the Frechet distance to the test images and
against their coverage: 1 is a loss that falls whenever samples improve.
"""

import math

import torch
from torch import Tensor

from pipeline.engine.ensemble import Nets, Noise
from pipeline.metrics import Found, Measured, Run, Series
from pipeline.metrics.frechet import frechet_distance
from pipeline.metrics.prdc import NEIGHBOURS, density_coverage
from pipeline.metrics.value import value
from pipeline.models import roles

NEEDS = (roles.Game, roles.Sampler)
CLASSIFIER = "images"
SNAPSHOTS = 3
NEEDS_EXAMPLES = {"test": NEIGHBOURS + 1, "validation": 2}
VALUES = (
    *("coverage_by_round", "frechet_by_round", "loss_by_round", "spearman_coverage"),
    *("spearman_frechet",),
)
SAMPLES = 500  # per snapshot: with 50 snapshots and ten seeds, 250,000 to classify
PENALTY, STREAM = "gradient_penalty", "evaluate/loss_rank"


def ranks(x: Tensor) -> Tensor:
    """The rank of each number, from 1 for the smallest; ties have their mean rank.

    x: shape (n,).
    Returns shape (n,), NaN where any number is.
    """
    below, equal = x < x[:, None], x == x[:, None]
    places = below.sum(-1) + (equal.sum(-1) + 1) / 2
    return torch.where(x.isnan().any(), math.nan, places.to(x.dtype))


def spearman(x: Tensor, y: Tensor) -> Tensor:
    """The rank correlation of two sequences; NaN where all numbers of one are equal.

    x, y: shape (n,).
    Returns shape (), from -1 to 1.
    """
    a, b = (r - r.mean() for r in (ranks(x), ranks(y)))
    return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()


def jensen_shannon_estimate(loss: Tensor) -> Tensor:
    """(log 4 - L) / 2, the lower bound on the JSD from a minimax loss, in nats.

    loss: L = -V of the discriminator, any shape.
    Returns the same shape; 0 at D = 1/2.
    """
    return (math.log(4) - loss) / 2


def measure(run: Run) -> Found:
    real = run.features(run.test["x"])
    rows = [_snapshot(run.at(i), real) for i in range(len(run.snapshots))]
    estimates, distances, coverages = torch.stack(rows, -1)
    floor = run.features(run.validation["x"])
    of, none, none_is = _distance(run)
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
            least=-1.0,
            most=1.0,
        )
        for name, (title, worse) in told.items()
    }
    series: dict[str, tuple[str, str, Tensor, float | None, str]] = {
        "loss": ("the critic's estimate on validation images", of, estimates, none, none_is),
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


def _snapshot(run: Run, real: Tensor) -> Tensor:
    """The critic's estimate, the Frechet distance and the coverage of each replica, (3, R)."""
    made = [run.features(x) for x in run.sample(SAMPLES)]
    return torch.stack(
        [
            _estimate(run),
            torch.stack([frechet_distance(real, x) for x in made]),
            torch.stack([density_coverage(real, x)[1] for x in made]),
        ]
    )


def _estimate(run: Run) -> Tensor:
    """The discriminator's or critic's estimate on the validation images, (R,)."""
    model, x = run.model, run.validation["x"]
    if not isinstance(run.model, roles.Discriminator):
        terms = _terms(run).items()
        return -torch.stack([t.double() for name, t in terms if name != PENALTY]).sum(0)
    noise = run.ensemble.noise(model.prior(), (len(x),), STREAM)

    def logits(net: Nets, noise: Noise) -> tuple[Tensor, Tensor]:
        return model.logits(net, x), model.logits(net, model.sample(net, noise))

    return jensen_shannon_estimate(-torch.vmap(value)(*run.ensemble.each(logits, noise)).double())


def _distance(run: Run) -> tuple[str, float | None, str]:
    """The name of the estimated distance, its value for p_g = p_data, and that value's name."""
    if isinstance(run.model, roles.Discriminator):
        return "JSD", 0.0, "p_g = p_data"
    if "wasserstein" in _terms(run):
        return "W₁, up to the critic's gradient", 0.0, "p_g = p_data"
    return "minus the loss", None, ""


def _terms(run: Run) -> dict[str, Tensor]:
    """The discriminator's loss terms in each replica on the validation images, (R,) each."""
    player, batch = run.model.pair()[0], run.validation
    noise = run.ensemble.noise(player.noise, (len(batch["x"]),), STREAM)

    def means(net: Nets, noise: Noise) -> dict[str, Tensor]:
        return {name: term.mean() for name, term in player.loss(net, batch, noise).items()}

    found: dict[str, Tensor] = run.ensemble.each(means, noise)
    return found
