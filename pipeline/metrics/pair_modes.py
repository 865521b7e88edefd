"""Which of the classes of several digits in a row the samples lose, named digit by digit.

    mode of x      (argmax_k of the evaluation classifier's logits of each part),  K = 10^P modes
    lost           modes of which the share h_k of samples is below p_k / 4, as in `coverage`
    modes hit      modes of which there is a sample
    reverse KL     KL( h || p ) = sum_k h_k log(h_k / p_k),  h the shares of samples by mode

Metz, Poole, Pfau & Sohl-Dickstein, "Unrolled Generative Adversarial Networks" (2017), section
3.3.1; Lin, Khetan, Fanti & Oh, "PacGAN: The power of two samples in generative adversarial
networks" (2018), section 4.2, at 26,000 samples of three digits, 26 per mode. They take p
uniform (pair_kl_uniform). pair_kl takes it from the classifier's names of the test digits, p_ab =
q_a q_b, since the parts are independent, so that the classifier's errors and the data's own
imbalance stand on both sides. True samples have (K - 1) / 2n on average, .0190 at 2,600 pairs.
A classifier that errs once in fifty hits some modes that are not there, and it names noise too:
what is hit is no measure of loss, and a KL hardly feels it. Where a mode expects 26 true samples,
6 or fewer come with a chance of 3e-6.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run
from pipeline.metrics.coverage import LOST, modes_lost
from pipeline.metrics.histogram import class_histogram, kl
from pipeline.models import roles

NEEDS = (roles.Sampler,)
NEEDS_DATA = ("parts",)
CLASSIFIER = "all"
VALUES = ("lost", "modes_hit", "no_mode_lost", "reverse_kl", "reverse_kl_uniform")
PER_MODE = 26  # samples


def modes_named(counts: Tensor) -> Tensor:
    """How many modes have a sample.

    counts: samples by mode, shape (K,).
    Returns shape (), 0 to K.
    """
    return (counts > 0).to(counts.dtype).sum()


def joint_shares(shares: Tensor, parts: int) -> Tensor:
    """The shares of all combinations of independent parts, the first part's class slowest.

    shares: of the classes of one part, shape (k,). parts: how many P.
    Returns shape (k^P,).
    """
    joint = shares
    for _ in range(parts - 1):
        joint = (joint[:, None] * shares).flatten()
    return joint


def measure(run: Run) -> Found:
    modes = run.dataset.classes
    count = PER_MODE * modes
    blocks = [
        torch.stack(
            [class_histogram(run.class_log_probabilities(replica).double()) for replica in x]
        )
        for _, x in run.drawn(count)
    ]
    counts = torch.stack(blocks).sum(0)
    parts = run.dataset.parts(run.test["x"])
    digits = torch.cat(parts).unique(dim=0)  # of the test split, each once
    named = class_histogram(run.classifier.class_log_probabilities(digits).double())
    true = joint_shares(named / named.sum(), len(parts))
    uniform = torch.full_like(true, 1 / modes)
    floor = (modes - 1) / (2 * count)
    lost = [modes_lost(c, true).item() for c in counts]
    return {
        "lost": Measured(
            title="modes lost",
            unit=f"of {modes:,}",
            values=lost,
            reference=0.0,
            reference_is=f"true samples; a mode with under {LOST:g} of its share is lost",
            better="lower",
            least=0.0,
            most=float(modes),
        ),
        "no_mode_lost": Measured(
            title="no mode lost",
            unit="share of seeds",
            values=[float(k == 0) for k in lost],
            reference=1.0,
            reference_is="true samples",
            better="higher",
            share=True,
        ),
        "reverse_kl": Measured(
            title="reverse KL of the modes to those of test digits",
            unit="nats",
            values=[kl(c, true).item() for c in counts],
            reference=floor,
            reference_is=f"true samples, n = {count:,}: (K - 1) / 2n",
            better="lower",
            least=0.0,
        ),
        "reverse_kl_uniform": Measured(
            title="reverse KL of the modes to uniform",
            unit="nats",
            values=[kl(c, uniform).item() for c in counts],
            reference=floor + kl(true, uniform).item(),
            reference_is=f"true samples, n = {count:,}: (K - 1) / 2n, and the test digits' own",
            better="lower",
            least=0.0,
        ),
        "modes_hit": Measured(
            title="modes hit by a sample: no measure of loss",
            unit=f"of {modes:,}, at {count:,} samples",
            values=[modes_named(c).item() for c in counts],
            reference=float((1 - (1 - true) ** count).sum()),
            reference_is="true samples",
            better="higher",
            least=0.0,
            most=float(modes),
        ),
    }
