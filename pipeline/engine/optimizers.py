"""The optimizers that a run may name, each element by element.

    SGD     v <- mu v + g,   w <- w - lr v                               v = 0 at first
    Adam    m <- b1 m + (1 - b1) g,   s <- b2 s + (1 - b2) g^2           m = s = 0 at first
            w <- w - lr m / (1 - b1^t) / ( sqrt(s / (1 - b2^t)) + eps )

No step mixes elements, so one optimizer moves R stacked replicas as R optimizers would. (Clipping
the norm of a gradient would mix them.) Each step is Torch's fused kernel, a single pass over
weights, gradients and memory, called without torch.optim's class around it: on networks of a few
units that class took 30 us per step, where a step of ten replicas on digits takes 75 in all.

Sutskever et al., "On the importance of initialization and momentum" (2013); Kingma & Ba, "Adam"
(2015), algorithm 1, with eps added after the corrected root.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor


class SGD:
    """Gradient descent with momentum."""

    def __init__(self, weights: list[Tensor], lr: float, momentum: float = 0.0):
        """weights: what it moves, in place. momentum: mu in [0, 1)."""
        self.weights, self.lr, self.momentum = weights, lr, momentum
        self.velocities = [torch.zeros_like(w) for w in weights] if momentum else []

    def step(self, gradients: list[Tensor], scale: float = 1.0) -> None:
        """One step. gradients: g, shaped as the weights. scale: what lr is multiplied by."""
        torch._fused_sgd_(
            self.weights,
            gradients,
            self.velocities,
            weight_decay=0.0,
            momentum=self.momentum,
            lr=self.lr * scale,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )

    def state(self) -> dict[str, Tensor]:
        """What it remembers, by name: the tensors themselves."""
        return {f"velocity/{i}": v for i, v in enumerate(self.velocities)}


class Adam:
    """Adaptive moment estimation."""

    def __init__(
        self,
        weights: list[Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        """weights: what it moves, in place. betas: b1 and b2 in [0, 1)."""
        self.weights, self.lr, self.betas, self.eps = weights, lr, betas, eps
        self.t = torch.zeros((), dtype=torch.float32, device=weights[0].device)
        self.means = [torch.zeros_like(w) for w in weights]
        self.squares = [torch.zeros_like(w) for w in weights]

    def step(self, gradients: list[Tensor], scale: float = 1.0) -> None:
        """One step. gradients: g, shaped as the weights. scale: what lr is multiplied by."""
        self.t += 1
        torch._fused_adam_(
            self.weights,
            gradients,
            self.means,
            self.squares,
            [],
            [self.t] * len(gradients),
            lr=self.lr * scale,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=0.0,
            eps=self.eps,
            amsgrad=False,
            maximize=False,
        )

    def state(self) -> dict[str, Tensor]:
        """What it remembers, by name: the tensors themselves."""
        means = {f"mean/{i}": m for i, m in enumerate(self.means)}
        return means | {f"square/{i}": s for i, s in enumerate(self.squares)} | {"t": self.t}


Optimizer = SGD | Adam


def optimizer(name: str, **arguments: Any) -> Callable[[list[Tensor]], Optimizer]:
    """Makes an optimizer of a list of weights.

    name: "adam" or "sgd". arguments: those of its class.
    """
    kind: Callable[..., Optimizer] = {"adam": Adam, "sgd": SGD}[name]
    return partial(kind, **arguments)
