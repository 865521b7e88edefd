"""Chunks: how many replicas one call advances, and which of their weights share a tensor."""

from collections.abc import Mapping
from itertools import groupby, pairwise
from typing import Any

from torch import Tensor
from torch.nn.modules.conv import _ConvNd

TOGETHER = 8_200_000  # the most parameters in one chunk on a CPU, over all its replicas,
COMPILED = 1_200_000  # and the same where the steps are compiled
ALONE = 2**14  # elements from which a parameter has a gradient tensor of its own


def groups(parameters: Mapping[str, Tensor]) -> list[list[str]]:
    """The names of the parameters in each tensor: a large one alone, small ones side by side."""
    alone = groupby(parameters, lambda name: parameters[name].numel() >= ALONE and name)
    return [list(names) for _, names in alone]


def chunks(ensemble: Any, values: int, chunk: int = 0, compiled: bool = False) -> list[slice]:
    """The replicas of each chunk: as few chunks as possible, of sizes as equal as possible.

    values: numbers in the batch of one replica.
    chunk: the largest number of replicas in a chunk; 0: what suits the device.
    compiled: whether the steps are compiled.
    """
    most = chunk or chunk_of(ensemble, values, compiled)
    replicas = len(ensemble.seeds)
    count = -(-replicas // most)
    ends = [replicas * i // count for i in range(count + 1)]
    return [slice(*rows) for rows in pairwise(ends)]


def chunk_of(ensemble: Any, values: int, compiled: bool = False) -> int:
    """The largest number of replicas in a chunk that suits the device.

    A GPU takes all replicas. A CPU takes at most 11, and at most TOGETHER (or COMPILED) parameters
    in all: larger chunks fall out of the cache. Of 32 VAEs on digits, each takes 1.04 times as
    long in chunks of 16 as one of ten does, 1.005 times in chunks of 11, 1.01 times in chunks of
    8. Wide compiled networks gain nothing from a larger chunk, which only costs memory. Traced
    ones spend more time between their matrix products and do gain: of MLP VAEs with 650,000
    parameters, one takes 7.4 ms per step, four take 6.6 ms each. Convolutions gain on small images
    and not on large ones: there a chunk holds at most 2^15 input values, or one replica.

    values: numbers in the batch of one replica. compiled: whether the steps are compiled.
    """
    if ensemble.device.type != "cpu":
        replicas: int = len(ensemble.seeds)
        return replicas
    parameters: int = sum(int(weights.shape[1]) for weights in ensemble.weights.values())
    most = min(11, max(1, (COMPILED if compiled else TOGETHER) // parameters))
    layers = (layer for module in ensemble.modules.values() for layer in module.modules())
    if any(isinstance(layer, _ConvNd) for layer in layers):
        return min(most, max(1, 2**15 // values))
    return most
