"""Whether the map from a latent to a class settles, and how many classes are generated.

    flips      fraction of fixed z with  argmax_k a_k(G_t(z)) != argmax_k a_k(G_t'(z)),  t < t'
    entropy    H(h) = -sum_k h_k log h_k of the class frequencies h at each snapshot

Shannon (1948), section 6. Samples of the same latents are drawn at every snapshot, and the
evaluation classifier predicts their classes. Of two independent maps, 1 minus the sum of squared
frequencies would flip: 0.9 for ten equal classes. A generator has collapsed if fewer classes have
at least a thousandth of its samples than of the test images.
"""

import math

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, Series
from pipeline.metrics.histogram import PRESENT, SAMPLES, class_histogram, entropy
from pipeline.models import roles

NEEDS = (roles.Sampler,)
CLASSIFIER = "all"
SNAPSHOTS = 1
VALUES = (
    *("classes_by_round", "collapsed", "entropy", "entropy_by_round", "flip_rate"),
    *("flip_rate_by_round",),
)
FIXED = 2_000  # latents whose samples are followed


def flip_rate(before: Tensor, after: Tensor) -> Tensor:
    """The fraction of examples whose class has changed.

    before, after: the classes of the same latents' samples, integers (N,).
    Returns shape (), 0 to 1.
    """
    return (before != after).double().mean()


def measure(run: Run) -> Found:
    snapshots = [_named(run.at(i)) for i in range(len(run.snapshots))]
    named, counts = (torch.stack(parts, 1) for parts in zip(*snapshots, strict=True))
    flips = torch.vmap(torch.vmap(flip_rate))(named[:, :-1], named[:, 1:])
    entropies = torch.vmap(torch.vmap(entropy))(counts)
    present = (counts / SAMPLES >= PRESENT).sum(-1).double()
    real = class_histogram(run.class_log_probabilities(run.test["x"])).double()
    classes = (real / real.sum() >= PRESENT).sum().item()
    last = run.snapshots[-1] - run.snapshots[-2]
    settled, of_real = "a map that has settled", "the classifier on real test images"
    chance = (1 - (counts[:, -1] / SAMPLES).square().sum(-1)).mean().item()
    return {
        "flip_rate": Measured(
            title=f"latents that change their class in the last {last:,} rounds",
            unit=f"share of {FIXED:,}",
            values=flips[:, -1].tolist(),
            reference=0.0,
            reference_is=f"{settled}; {chance:.2f} where no latent stays what it was",
            better="lower",
            least=0.0,
            most=1.0,
        ),
        "entropy": Measured(
            title="class entropy at the end",
            unit="nats",
            values=entropies[:, -1].tolist(),
            reference=entropy(real).item(),
            reference_is=of_real,
            better="reference",
            least=0.0,
            most=math.log(len(real)),
        ),
        "collapsed": Measured(
            title="collapsed: classes are missing",
            unit="share of seeds",
            values=(present[:, -1] < classes).double().tolist(),
            reference=0.0,
            reference_is=f"{classes} classes, {of_real}",
            better="lower",
            share=True,
        ),
        "flip_rate_by_round": Series(
            title="latents that change their class from one snapshot to the next",
            unit=f"share of {FIXED:,}",
            rounds=run.snapshots[1:],
            values=flips.tolist(),
            reference=0.0,
            reference_is=settled,
        ),
        "entropy_by_round": Series(
            title="class entropy",
            unit="nats",
            rounds=run.snapshots,
            values=entropies.tolist(),
            reference=entropy(real).item(),
            reference_is=of_real,
        ),
        "classes_by_round": Series(
            title="classes present",
            unit=f"of {len(real)}",
            rounds=run.snapshots,
            values=present.tolist(),
            reference=float(classes),
            reference_is=of_real,
        ),
    }


def _named(run: Run) -> tuple[Tensor, Tensor]:
    """The classes of the fixed latents, (R, FIXED), and the class counts of samples, (R, K)."""
    logits = torch.stack([run.class_log_probabilities(x) for x in run.sample(SAMPLES)]).double()
    return logits[:, :FIXED].argmax(-1), torch.vmap(class_histogram)(logits)
