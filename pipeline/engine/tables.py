"""Numbers that change from round to round, in tables on a device, a block of rounds at a time.

A GPU should never wait for the host, and a step that is captured once is played with the arguments
that it was captured with (pipeline/engine/capture.py). So on a GPU learning rate, momentum and
progress are read from tensors that stay where they are, and are filled block by block.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pipeline.engine.inputs import Inputs
from pipeline.engine.optimizers import SGD, Adam, Optimizer
from pipeline.engine.randomness import BLOCK
from pipeline.engine.schedules import Number


class Table:
    """A number of each round of a block: (), or (r, 1) where replicas have their own."""

    def __init__(self, number: Callable[[int], Number | Tensor], device: torch.device):
        """number: of the rounds played before, for all replicas, or (r, 1)."""
        self.number, self.block = number, -1
        self.values = self._of(0).to(device)

    def _of(self, block: int) -> Tensor:
        found = [self.number(block * BLOCK + within) for within in range(BLOCK)]
        if isinstance(found[0], Tensor):
            return torch.stack([f for f in found if isinstance(f, Tensor)])
        return torch.tensor(found, dtype=torch.float32)  # as the fused kernels read a number

    def fill(self, block: int) -> None:
        """Fills the table with the numbers of a block, without waiting for the device."""
        if block != self.block:
            self.values.copy_(self._of(block), non_blocking=True)
            self.block = block

    def __call__(self, played: int) -> Tensor:
        """The number of a round, a view of the table. played: rounds before it."""
        self.fill(played // BLOCK)
        return self.values[played % BLOCK]


def here(numbers: Tensor) -> Tensor:
    """Numbers of the device, on the host."""
    return numbers.cpu()


class Paced:
    """An optimizer of pipeline/engine/optimizers.py whose steps read their numbers from tables."""

    def __init__(self, own: Optimizer, rows: slice):
        """own: its weights and what it remembers are used. rows: its replicas."""
        self.own, self.rows, self.device = own, rows, own.weights[0].device
        self.weights, self.state, self.watched = own.weights, own.state, own.watched
        # Schedules are functions of the host: what is multiplied with them must stand there too.
        self.lr = here(own.lr) if isinstance(own.lr, Tensor) else own.lr
        self.tables = [Table(self._pace, self.device)]
        self.momentum: Any = None
        if isinstance(own, SGD):
            self.momentum = own.momentum
            if callable(own.momentum):
                self.momentum = Table(own.momentum, self.device)
                self.tables.append(self.momentum)
        elif self.tables[0].values.dim() > 1 or isinstance(own.b1, Tensor):
            like: Any = {"dtype": torch.float64, "device": self.device}
            own.b1, own.b2 = (torch.as_tensor(b, **like) for b in (own.b1, own.b2))

    def _pace(self, played: int) -> Number | Tensor:
        scale: Any = self.own.scale(played)
        if not isinstance(scale, (int, float)):
            scale = torch.tensor(scale, dtype=torch.float64)[self.rows, None]
        pace: Number | Tensor = self.lr * scale
        return pace

    def fill(self, block: int) -> None:
        """Has the numbers of a block of rounds ready."""
        for table in self.tables:
            table.fill(block)

    def step(self, gradients: list[Tensor], played: int = 0) -> None:
        """One step. gradients: g, shaped as the weights. played: rounds before this one."""
        lr = self.tables[0](played)
        if isinstance(self.own, Adam):
            _adam(self.own, gradients, lr)
        else:
            _sgd(self.own, gradients, lr, self.momentum, played)


def _adam(own: Adam, gradients: list[Tensor], lr: Tensor) -> None:
    own.t += 1
    if lr.dim() or isinstance(own.b1, Tensor):
        own._step(gradients, lr)
        return
    torch._fused_adam_(
        own.weights,
        gradients,
        own.means,
        own.squares,
        [],
        [own.t] * len(gradients),
        lr=lr,
        beta1=own.b1,
        beta2=own.b2,  # type: ignore[arg-type]
        weight_decay=0.0,
        eps=own.eps,
        amsgrad=False,
        maximize=False,
    )


def _sgd(own: SGD, gradients: list[Tensor], lr: Tensor, momentum: Any, played: int) -> None:
    mu = momentum(played) if callable(momentum) else momentum
    if isinstance(mu, (int, float)) and not lr.dim():
        torch._fused_sgd_(
            own.weights,
            gradients,
            own.velocities,
            weight_decay=0.0,
            momentum=mu,
            lr=lr,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )
        return
    lr, mu = (n.to(own.weights[0].dtype) if isinstance(n, Tensor) else n for n in (lr, mu))
    for i, (w, g) in enumerate(zip(own.weights, gradients, strict=True)):
        if own.velocities:
            g = own.velocities[i].copy_(mu * own.velocities[i] + g)
        w.copy_(w - lr * g)


class Kept(Inputs):
    """Inputs of which a block can be drawn ahead; progress stands in a table."""

    def __init__(self, inputs: Inputs):
        super().__init__(inputs.training, inputs.rows)
        self.over = Table(
            lambda t: self.training.stretch(t).progress(t), self.training.ensemble.device
        )

    def block(self, players: Any, block: int) -> dict[tuple[str, int], Any]:
        """What the steps of a block draw, by player and step: indices and noise."""
        self.over.fill(block)
        steps = [(player, n) for player in players for n in range(player.steps)]
        return {(p.name, n): self._draw(p, f"{p.name}/{n}", block) for p, n in steps}

    def _progress(self, played: int) -> Tensor:
        return self.over(played).expand(self.rows.stop - self.rows.start).contiguous()
