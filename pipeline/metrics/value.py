"""The value of the game, and the discriminator's distance from D = 1/2.

    V(D, G) = E_x[ log D(x) ] + E_z[ log(1 - D(G(z))) ],    D = 1 / (1 + exp(-a))

Goodfellow et al., "Generative Adversarial Nets" (2014), equation 1. At the optimum of the
game D = 1/2 everywhere and V = -log 4 = -1.386 (theorem 1). The converse is false: D = 1/2 gives
V = -log 4 for every generator, so V does not replace a measure of the samples.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from pipeline.metrics import Found, Measured, Run
from pipeline.models import roles

NEEDS = (roles.Discriminator, roles.Sampler)
VALUES = ("distance_from_half", "game")
SAMPLES = 10_000


def value(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """V(D, G), with both expectations estimated by means, in nats.

    real_logits: the discriminator's logits a of real examples, shape (N,).
    fake_logits: its logits of generated examples, shape (M,).
    Returns shape ().
    """
    return logsigmoid(real_logits).mean() + logsigmoid(-fake_logits).mean()


def distance_from_half(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The mean of |D - 1/2| over real and over generated examples, with equal weight: 0 to 1/2.

    real_logits: the discriminator's logits a of real examples, shape (N,).
    fake_logits: its logits of generated examples, shape (M,).
    Returns shape ().
    """
    # s(a) - 1/2 = tanh(a/2) / 2, which is accurate near D = 1/2.
    real, fake = (logits / 2 for logits in (real_logits, fake_logits))
    return (real.tanh().abs().mean() + fake.tanh().abs().mean()) / 4


def measure(run: Run) -> Found:
    real = run.logits(run.test["x"])
    fake = run.logits(run.sample(SAMPLES))
    optimum = "the optimum of the game, p_g = p_data"
    return {
        "game": Measured(
            title="V(D, G)",
            unit="nats",
            values=torch.vmap(value)(real, fake).tolist(),
            reference=-math.log(4),
            reference_is=f"-log 4, {optimum}",
            better="reference",
        ),
        "distance_from_half": Measured(
            title="mean |D - 1/2|",
            unit="probability",
            values=torch.vmap(distance_from_half)(real, fake).tolist(),
            reference=0.0,
            reference_is=optimum,
            better="lower",
            least=0.0,
            most=0.5,
        ),
    }
