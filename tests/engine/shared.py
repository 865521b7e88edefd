"""Trainings of the same model share their traced rounds, as the chunks of one training do.

Tracing is most of the time of a short training, and depends on the model, the batch and the format
of numbers alone: were a seed or a replica traced, another training would differ from its own.
"""

import torch

from pipeline.engine.training import Training

_PLANS: dict = {}


def sharing(begun: Training) -> Training:
    """The training, not yet played, with the rounds that others of its model have traced."""
    key = begun.ensemble.model, begun.batch, torch.get_default_dtype()
    begun.plans = _PLANS.setdefault(key, {})
    return begun
