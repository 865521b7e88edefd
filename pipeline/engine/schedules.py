"""How the learning rate and the momentum change from round to round.

    falling     lr_t = lr (1 - (1 - final) t / (T - 1))            t = 0 ... T - 1
    decaying    lr_t = lr max(decay^t, floor)
    rising      mu_t = mu_0 + (mu_n - mu_0) min(t / n, 1)

t: rounds before this one; T: rounds in all; n: rounds until the momentum has reached mu_n. The
last two are those of the published code of the first GANs: Goodfellow et al., "Generative
Adversarial Nets" (2014), https://github.com/goodfeli/adversarial, mnist.yaml.
"""

from collections.abc import Callable, Sequence
from typing import Any

Number = float | Sequence[float]  # for all replicas, or one per replica
Schedule = Callable[[int], Number]


def constant(played: int) -> float:
    """1 in every round."""
    return 1.0


def falling(rounds: int, final: Number) -> Schedule:
    """The learning-rate scale of each round: linear, from 1 to `final` in the last round."""

    def scale(played: int) -> Number:
        if isinstance(final, (int, float)):
            return 1 - (1 - final) * played / max(rounds - 1, 1)
        return [1 - (1 - f) * played / max(rounds - 1, 1) for f in final]

    return scale


def decaying(decay: float, floor: float) -> Schedule:
    """The learning-rate scale of each round: `decay` times that before, but at least `floor`."""
    return lambda played: max(decay**played, floor)


def rising(start: float, end: float, rounds: int) -> Schedule:
    """The momentum of each round: linear, from `start` to `end` after `rounds` rounds."""
    return lambda played: start + (end - start) * min(played / rounds, 1.0)


def scheduled(block: Any, rounds: int) -> dict[str, Any]:
    """The arguments of an optimizer (pipeline/engine/optimizers.py), from its block.

    block: `optimizer` of params.yaml, as pipeline/study/schema.py has it. rounds: T.
    """
    decays = block.decay < 1
    scale = decaying(block.decay, block.floor) if decays else falling(rounds, block.final)
    found = {"name": block.name, "lr": block.lr, "scale": scale}
    if block.name == "adam":
        return found | {"betas": block.betas, "eps": block.eps}
    if block.momentum_end is None:
        return found | {"momentum": block.momentum}
    rise = rising(block.momentum, block.momentum_end, block.momentum_rounds)
    return found | {"momentum": rise}
