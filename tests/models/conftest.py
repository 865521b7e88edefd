"""Rounds of these tests are played as they are written: what a model's losses say is asked.

Tracing is four fifths of the time of a training of a few rounds. That a traced round has the
values of the plain one is asked in tests/engine, and of every run in tests/test_runs.py.
"""

import pytest
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

from pipeline.engine import rounds
from pipeline.engine.graph.hoist import Plan, arguments
from pipeline.engine.graph.trace import Traced, trace

FEW = 60  # calls of a step, after which it is traced: a plain one takes a twentieth of the tracing


def plain(players, gradients, weights, buffers, given, compiled):
    """The plan of a round (pipeline/engine/graph/hoist.py): nothing hoisted, nothing traced."""
    steps = {}
    for player in players:
        own = arguments(player, weights, buffers, *given[player.name, 0])
        steps[player.name] = step(gradients[player.name], own)
    return Plan(None, steps)


def step(gradients, own):
    taken = tree_flatten(own)[1]
    made = tree_flatten(gradients(*own))[1]
    calls, traced = [0], []

    def run(*leaves):
        calls[0] += 1
        if calls[0] > FEW:
            traced[:] = traced or [trace(gradients, *tree_unflatten(leaves, taken)).run]
            return traced[0](*leaves)
        return tree_leaves(gradients(*tree_unflatten(leaves, taken)))

    return Traced(None, run, made)


@pytest.fixture(autouse=True)
def rounds_are_plain(request, monkeypatch):
    """But where a file says TRACED."""
    if not getattr(request.module, "TRACED", False):
        monkeypatch.setattr(rounds, "plan", plain)
