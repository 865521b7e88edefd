"""An ensemble on a GPU for metrics that compute on the host.

What metrics ask of networks is computed where the networks are; their inputs come from the host,
and results and noise go there. So a metric need not know of the device, and none of its own
arithmetic moves. Where a likelihood takes hundreds of draws, these are made on the device and come
back as one number an image (`by_draw` of pipeline/metrics).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_map

from pipeline.engine.ensemble import ALL, Ensemble
from pipeline.engine.randomness import Distribution


class OnDevice(Ensemble):
    """The replicas of a run, seen from the host."""

    def each(self, f: Callable[..., Any], *inputs: Any, **shared: Any) -> Any:
        there = tree_map(self._there, (inputs, shared))
        found = super().each(f, *there[0], **there[1])
        return tree_map(lambda v: here(v) if isinstance(v, Tensor) else v, found)

    def noise(
        self,
        distributions: Mapping[str, Distribution],
        count: tuple[int, ...],
        stream: str,
        block: int = 0,
        rows: slice = ALL,
    ) -> dict[str, Tensor]:
        drawn = super().noise(distributions, count, stream, block, rows)
        return {name: here(values) for name, values in drawn.items()}

    def _there(self, value: Any) -> Any:
        return value.to(self.device) if isinstance(value, Tensor) else value


def here(tensor: Tensor) -> Tensor:
    """A tensor of the device, on the host."""
    return tensor.cpu()


def ensemble(model: Any, seeds: Sequence[int], device: str) -> Ensemble:
    """The replicas of a model on a device, as metrics take them."""
    return Ensemble(model, seeds) if device == "cpu" else OnDevice(model, seeds, device)
