"""Per-replica settings: numbers of a model that differ between the replicas of one run.

A field of a model that holds a PerReplica (pipeline/study/fields.py) has a number of its own in
every replica. Inside a loss, and inside whatever `Ensemble.each` calls, the engine puts the
replica's own number in its place, as a tensor of shape (). Networks, players and priors are made
once for all replicas, so there such a field cannot be used: a TypeError says so.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from pipeline.study.fields import PerReplica


def settings(model: Any, device: torch.device) -> dict[str, Tensor]:
    """The fields that differ between replicas, (R,) each."""
    found = {f.name: getattr(model, f.name) for f in fields(model)} if is_dataclass(model) else {}
    return {
        name: torch.tensor(value.numbers, dtype=torch.get_default_dtype(), device=device)
        for name, value in found.items()
        if isinstance(value, PerReplica)
    }


def with_settings(model: Any, own: Mapping[str, Tensor]) -> Any:
    """The model of one replica: the same with its own numbers."""
    if not own:
        return model
    replica = copy(model)
    for name, number in own.items():
        object.__setattr__(replica, name, number)  # a model is frozen
    return replica


def fault(model: Any) -> str | None:
    """Why a field of the model cannot differ between replicas; None where it can, or none does."""
    if not settings(model, torch.device("cpu")):
        return None
    try:
        networks = model.networks()
        if hasattr(model, "prior"):
            model.prior()
        for player in model.players():
            if player.project:
                player.project(torch.zeros(1, 1))
    except TypeError as error:
        return str(error)
    for network in networks.values():
        for layer in network.modules():
            if any(isinstance(value, PerReplica) for value in vars(layer).values()):
                return f"a {type(layer).__name__} is made with it, once for all replicas"
    return None
