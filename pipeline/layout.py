"""How many replicas a call takes, and which of their weights lie together."""

from collections.abc import Mapping
from itertools import groupby

from torch import Tensor
from torch.nn.modules.conv import _ConvNd

TOGETHER = 8_200_000  # parameters of all the replicas that one call on a CPU takes,
COMPILED = 1_200_000  # and where its steps are compiled
ALONE = 2**14  # numbers of a parameter that has a slope of its own


def groups(parameters: Mapping[str, Tensor]) -> list[list[str]]:
    """The names of parameters that lie together: each large one alone, others with neighbours."""
    alone = groupby(parameters, lambda name: parameters[name].numel() >= ALONE and name)
    return [list(names) for _, names in alone]


def chunk_of(ensemble, values: int, compiled: bool = False) -> int:
    """Replicas a call: all on a GPU; on a CPU 16, or as many as have so many parameters.

    Compiled, wide networks gain nothing from neighbours and take memory for them: an MLP GAN of
    two million parameters took 18.5 ms a round on one core of two, with three others 18.8.
    Steps that are traced alone spend more between products and want neighbours: 20.5 against
    19.3, an MLP VAE of 650,000 7.4 against 6.6. Large images gain nothing from neighbours in a
    convolution and small ones do: with convolutions as many replicas as bring 2^15 values, or one.
    values: of a replica's batch. compiled: whether its steps are.
    """
    if ensemble.device.type != "cpu":
        return len(ensemble.seeds)
    parameters = sum(weights.shape[1] for weights in ensemble.weights.values())
    most = min(16, max(1, (COMPILED if compiled else TOGETHER) // parameters))
    layers = (layer for module in ensemble.modules.values() for layer in module.modules())
    if any(isinstance(layer, _ConvNd) for layer in layers):
        return min(most, max(1, 2**15 // values))
    return most
