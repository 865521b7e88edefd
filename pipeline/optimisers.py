"""The optimisers that a run may name, each element by element.

That is what lets one optimiser move R stacked replicas as R optimisers would: no step looks
across elements, so none looks across replicas. Clipping a gradient's norm would.
"""

from collections.abc import Callable
from functools import partial

import torch


def optimiser(name: str, **arguments) -> Callable[[list], torch.optim.Optimizer]:
    """Makes a Torch optimiser of a list of parameters.

    name: "adam" or "sgd". arguments: those of torch.optim.Adam or torch.optim.SGD.
    """
    kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[name]
    # fused: one pass over weights, gradients and moments instead of ten.
    return partial(kind, fused=True, **arguments)
