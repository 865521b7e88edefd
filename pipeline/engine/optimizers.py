"""The optimizers that a run may name; each works element by element.

    SGD     v <- mu v + g,   w <- w - lr v                               initially v = 0
    Adam    m <- b1 m + (1 - b1) g,   s <- b2 s + (1 - b2) g^2           initially m = s = 0
            w <- w - lr m / (1 - b1^t) / ( sqrt(s / (1 - b2^t)) + eps )

No step mixes elements, so one optimizer moves R stacked replicas as R optimizers would. (Clipping
the norm of a gradient would mix them.) Each step is Torch's fused kernel, a single pass over
weights, gradients and optimizer state, called without torch.optim's class around it: on networks
of a few units that class takes 30 us per step, where a step of ten replicas on digits takes 75 us
in all.

Hyperparameters may differ between replicas: a list with one number per replica. The fused kernels
take one number for all, so such a step evaluates the formula itself, over the stacked weights.

Sutskever et al., "On the importance of initialization and momentum" (2013); Kingma & Ba, "Adam"
(2015), algorithm 1, with eps added after the corrected root.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pipeline.engine.schedules import Number, Schedule, constant

ALL = slice(None)


def _own(number: Number, rows: slice, like: Tensor) -> Tensor | float:
    """A number for all replicas unchanged; one number per replica as a column, (r, 1)."""
    if isinstance(number, (int, float)):
        return number
    return torch.tensor(number, dtype=torch.float64, device=like.device)[rows, None]


class SGD:
    """Gradient descent with momentum."""

    def __init__(
        self,
        weights: list[Tensor],
        lr: Number,
        momentum: Number | Schedule = 0.0,
        scale: Schedule = constant,
        rows: slice = ALL,
    ):
        """weights: changed in place, (r, P_i) each. lr: learning rate. momentum: mu in [0, 1).

        scale: the factor on lr in each round. rows: the position of the r replicas among R.
        momentum may be a schedule, a function of the rounds played.
        """
        self.weights, self.scale, self.rows = weights, scale, rows
        self.lr = _own(lr, rows, weights[0])
        self.momentum = momentum if callable(momentum) else _own(momentum, rows, weights[0])
        self.velocities = [] if momentum == 0 else [torch.zeros_like(w) for w in weights]

    def step(self, gradients: list[Tensor], played: int = 0) -> None:
        """One step. gradients: g, shaped as the weights. played: rounds before this one."""
        lr = self.lr * _own(self.scale(played), self.rows, self.weights[0])
        mu = self.momentum
        if isinstance(lr, (int, float)) and isinstance(mu, (int, float)):
            torch._fused_sgd_(
                self.weights,
                gradients,
                self.velocities,
                weight_decay=0.0,
                momentum=mu,
                lr=lr,
                dampening=0.0,
                nesterov=False,
                maximize=False,
                is_first_step=False,
            )
            return
        mu = _own(mu(played), self.rows, self.weights[0]) if callable(mu) else mu
        dtype = self.weights[0].dtype
        lr, mu = (n.to(dtype) if isinstance(n, Tensor) else n for n in (lr, mu))
        for i, (w, g) in enumerate(zip(self.weights, gradients, strict=True)):
            if self.velocities:
                g = self.velocities[i].copy_(mu * self.velocities[i] + g)
            w.copy_(w - lr * g)

    def state(self) -> dict[str, Tensor]:
        """What it remembers, by name: the tensors themselves."""
        return {f"velocity/{i}": v for i, v in enumerate(self.velocities)}

    def watched(self) -> list[Tensor]:
        """Tensors of which one is not finite for ever once a gradient or its memory is not."""
        return self.weights


class Adam:
    """Adaptive moment estimation."""

    def __init__(
        self,
        weights: list[Tensor],
        lr: Number,
        betas: Sequence[Any] = (0.9, 0.999),
        eps: float = 1e-8,
        scale: Schedule = constant,
        rows: slice = ALL,
    ):
        """weights: changed in place, (r, P_i) each. betas: b1 and b2 in [0, 1), or R such pairs.

        lr: learning rate. scale: the factor on lr in each round. rows: the position of the r
        replicas among R.
        """
        self.weights, self.eps, self.scale, self.rows = weights, eps, scale, rows
        pairs = not isinstance(betas[0], (int, float))
        b1, b2 = map(list, zip(*betas, strict=True)) if pairs else betas
        self.lr = _own(lr, rows, weights[0])
        self.b1, self.b2 = (_own(beta, rows, weights[0]) for beta in (b1, b2))
        self.t = torch.zeros((), dtype=torch.float32, device=weights[0].device)
        self.means = [torch.zeros_like(w) for w in weights]
        self.squares = [torch.zeros_like(w) for w in weights]

    def step(self, gradients: list[Tensor], played: int = 0) -> None:
        """One step. gradients: g, shaped as the weights. played: rounds before this one."""
        self.t += 1
        lr = self.lr * _own(self.scale(played), self.rows, self.weights[0])
        b1, b2 = self.b1, self.b2
        if isinstance(lr, Tensor) or isinstance(b1, Tensor) or isinstance(b2, Tensor):
            self._step(gradients, lr)
            return
        torch._fused_adam_(
            self.weights,
            gradients,
            self.means,
            self.squares,
            [],
            [self.t] * len(gradients),
            lr=lr,
            beta1=b1,
            beta2=b2,
            weight_decay=0.0,
            eps=self.eps,
            amsgrad=False,
            maximize=False,
        )

    def _step(self, gradients: list[Tensor], lr: Tensor | float) -> None:
        """The formula, where a number differs between replicas."""
        t = self.t.double()
        kept = [b if isinstance(b, Tensor) else t.new_tensor(b) for b in (self.b1, self.b2)]
        fresh = [1 - b for b in kept]
        pace, root = lr / (1 - kept[0] ** t), (1 - kept[1] ** t).rsqrt()
        dtype = self.weights[0].dtype
        (b1, b2), (c1, c2) = [b.to(dtype) for b in kept], [c.to(dtype) for c in fresh]
        pace, root = pace.to(dtype), root.to(dtype)
        for w, g, m, s in zip(self.weights, gradients, self.means, self.squares, strict=True):
            m.copy_(b1 * m + c1 * g)
            s.copy_(b2 * s + c2 * g * g)
            w.copy_(w - pace * m / (s.sqrt() * root + self.eps))

    def state(self) -> dict[str, Tensor]:
        """What it remembers, by name: the tensors themselves."""
        means = {f"mean/{i}": m for i, m in enumerate(self.means)}
        return means | {f"square/{i}": s for i, s in enumerate(self.squares)} | {"t": self.t}

    def watched(self) -> list[Tensor]:
        """Tensors of which one is not finite for ever once a gradient or its memory is not.

        The square of a gradient may overflow where the weights do not: they only stop.
        """
        return [*self.weights, *self.squares]


Optimizer = SGD | Adam


def optimizer(name: str, **arguments: Any) -> Callable[..., Optimizer]:
    """A function that makes an optimizer from a list of weights and the rows of their replicas.

    name: "adam" or "sgd". arguments: those of its class.
    """
    kind: Callable[..., Optimizer] = {"adam": Adam, "sgd": SGD}[name]
    return partial(kind, **arguments)
