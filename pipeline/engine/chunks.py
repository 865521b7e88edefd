"""How many replicas a call takes, and which of their weights lie together."""

from collections.abc import Mapping
from itertools import groupby, pairwise
from typing import Any

from torch import Tensor
from torch.nn.modules.conv import _ConvNd

TOGETHER = 8_200_000  # parameters of all the replicas that one call on a CPU takes,
COMPILED = 1_200_000  # and where its steps are compiled
ALONE = 2**14  # numbers of a parameter that has a gradient of its own


def groups(parameters: Mapping[str, Tensor]) -> list[list[str]]:
    """The names of parameters that lie together: each large one alone, others with neighbours."""
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

    A GPU takes all. A CPU takes 11, or as many as have so many parameters in all: 16 of 32 small
    networks fall out of the cache. A VAE on digits took 1.04 times as long per replica as among
    ten, in chunks of 11 1.005 times, in chunks of 8 1.01. Wide networks that are compiled gain
    nothing from neighbours and take memory for them. Traced ones spend more between products and
    do gain: of MLP VAEs with 650,000 parameters one took 7.4 ms, four took 6.6 ms each. In a
    convolution small images gain from neighbours and large ones do not: there a chunk brings 2^15
    values, or is one replica.

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
