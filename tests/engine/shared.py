"""Trainings of the same model share their traced rounds, as the chunks of one training do.

Tracing is most of the time of a short training, and depends on the model, the batch, the phases
and the format of numbers alone: were a seed traced, another training would not be as it is alone.
"""

from dataclasses import is_dataclass

import pytest
from torch.utils._pytree import tree_map

from pipeline.engine.graph import nodes
from pipeline.engine.training import Training

_PLANS: dict = {}


def sharing(begun: Training) -> Training:
    """The training, not yet played, with the rounds that others of its model have traced."""
    model = begun.ensemble.model
    assert is_dataclass(model)  # what it shows of itself is all that it is
    pieces = begun.chunks[0].weights, begun.pools
    given = tree_map(lambda t: (*t.shape[1:], t.dtype, t.device), pieces)
    how = [s.start for s in begun.stretches], sorted(begun.ensemble.settings), nodes.WIDE
    key = type(model), repr(model), begun.batch, begun.compiled, str((given, how))
    begun.plans = _PLANS.setdefault(key, {})
    return begun


@pytest.fixture
def traced_once(monkeypatch):
    """Trainings of this process trace the rounds of a model once."""
    begin = Training.__init__

    def begin_shared(self, *arguments, **named):
        begin(self, *arguments, **named)
        sharing(self)

    monkeypatch.setattr(Training, "__init__", begin_shared)
