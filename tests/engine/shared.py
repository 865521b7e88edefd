"""Trainings of the same model share their traced rounds, as the chunks of one training do.

Tracing is most of the time of a short training, and depends on the model, the batch, the phases
and the format of numbers alone: were a seed traced, another training would not be as it is alone.
"""

from dataclasses import is_dataclass

import torch

from pipeline.engine.graph import nodes
from pipeline.engine.training import Training

_PLANS: dict = {}


def sharing(begun: Training) -> Training:
    """The training, not yet played, with the rounds that others of its model have traced."""
    model = begun.ensemble.model
    assert is_dataclass(model)  # what it shows of itself is all that it is
    what = type(model), repr(model), begun.batch, begun.compiled
    how = tuple(s.start for s in begun.stretches), torch.get_default_dtype(), nodes.WIDE
    pieces = str([[t.shape[1:] for t in own] for own in begun.chunks[0].weights.values()])
    begun.plans = _PLANS.setdefault((*what, *how, pieces), {})
    return begun
