"""How many replicas a call takes, and which of their weights lie together."""

from collections.abc import Mapping
from itertools import groupby, pairwise

from torch import Tensor
from torch.nn.modules.conv import _ConvNd

TOGETHER = 8_200_000  # parameters of all the replicas that one call on a CPU takes,
COMPILED = 1_200_000  # and where its steps are compiled
ALONE = 2**14  # numbers of a parameter that has a gradient of its own


def groups(parameters: Mapping[str, Tensor]) -> list[list[str]]:
    """The names of parameters that lie together: each large one alone, others with neighbours."""
    alone = groupby(parameters, lambda name: parameters[name].numel() >= ALONE and name)
    return [list(names) for _, names in alone]


def parts(ensemble, values: int, chunk: int = 0, compiled: bool = False) -> list[slice]:
    """Which replicas are taken together: as few parts as need be, as even as can be.

    chunk: how many at most; 0: as many as suits the device.
    """
    most = chunk or chunk_of(ensemble, values, compiled)
    replicas = len(ensemble.seeds)
    count = -(-replicas // most)
    ends = [replicas * part // count for part in range(count + 1)]
    return [slice(*part) for part in pairwise(ends)]


def chunk_of(ensemble, values: int, compiled: bool = False) -> int:
    """Replicas a call at most: all on a GPU; on a CPU 11, or as many as have so many parameters.

    Of 32 small networks 16 a call fall out of the cache: a VAE on digits took 1.04 times as long
    a replica as ten alone do, by 11 1.005, by 8 1.01. Compiled, wide networks gain nothing
    from neighbours and take memory for them; steps that are traced alone spend more between
    products and want neighbours: of MLP VAEs with 650,000 parameters one took 7.4 ms, four 6.6
    each. Large images gain nothing from neighbours in a convolution and small ones do: with
    convolutions as many replicas as bring 2^15 values, or one.
    values: of a replica's batch. compiled: whether its steps are.
    """
    if ensemble.device.type != "cpu":
        return len(ensemble.seeds)
    parameters = sum(weights.shape[1] for weights in ensemble.weights.values())
    most = min(11, max(1, (COMPILED if compiled else TOGETHER) // parameters))
    layers = (layer for module in ensemble.modules.values() for layer in module.modules())
    if any(isinstance(layer, _ConvNd) for layer in layers):
        return min(most, max(1, 2**15 // values))
    return most
