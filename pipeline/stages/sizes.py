"""Whether a run fits: its networks in memory, and its batch with what is normalised over it.

    weights, their gradient and the optimizer's two moments    4 x 4 bytes x parameters x replicas

is the least that a training holds at once. A normalisation subtracts the mean of the numbers that
it is computed over; of a single number nothing is left: y = g (x - x) / sqrt(0 + eps) + b = b, so
that a sample does not depend on its latents. Batch norm has batch x places numbers a channel, the
others those of one example alone.
"""

from collections.abc import Iterable
from math import prod
from typing import Any

import torch
from torch import nn

from pipeline import models
from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.execution import machine
from pipeline.networks.batch_norm import BatchNorm
from pipeline.study import reader
from pipeline.study.schema import Study

COPIES, BYTES = 4, 4
OWN = (nn.modules.instancenorm._InstanceNorm, nn.GroupNorm, nn.LayerNorm)  # of each example
ALL = (BatchNorm, nn.modules.batchnorm._BatchNorm)  # of a batch
GIB = 2**30


def check(settings: Study, experiments: Iterable[str]) -> None:
    """Raises a line for each run of these experiments that cannot fit; it takes a second."""
    problems = []
    for e in experiments:
        for r, run in settings.experiments[e].runs.items():
            with torch.device("meta"):  # what a model tries to build takes no memory
                model = models.build(run.model, run.arguments, settings.data[run.data])
            problems += unfit(model, run, f"experiments.{e}.runs.{r}")
    if problems:
        raise reader.refused(reader.FILE, problems)


def unfit(model: Any, run: Any, where: str) -> list[str]:
    """The lines of `check` on a run that cannot fit. where: its path in params.yaml."""
    try:
        with torch.device("meta"):
            networks = model.networks()
        count = sum(p.numel() for network in networks.values() for p in network.parameters())
    except RuntimeError as error:  # sizes whose product is no number of bytes
        return [f"{where}.arguments: networks too large ({str(error).splitlines()[0]})"]
    seeds, there = len(run.train.seeds), machine.memory()
    asked = COPIES * BYTES * count * seeds
    if there is not None and asked > there:
        return [
            f"{where}: {seeds} replicas of {count:,} parameters need {asked / GIB:.1f} GiB with "
            f"their gradients and optimizer, and this job has {there / GIB:.1f}; "
            "lower the width or the number of seeds"
        ]
    kinds = {type(m) for network in networks.values() for m in network.modules()}
    batch = run.train.batch
    if any(issubclass(k, OWN) for k in kinds) or (
        batch == 1 and any(issubclass(k, ALL) for k in kinds)
    ):
        return [f"{where}.train.batch: {line}" for line in _single(model, batch)]
    return []


def _single(model: Any, batch: int) -> list[str]:
    """Lines on normalisations in a model that are computed over a single number."""
    ensemble = Ensemble(model, [0])
    found: set[str] = set()

    def look(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        shape = inputs[0].shape  # (B, channels, places ...)
        over = prod(shape[2:])
        if isinstance(module, ALL):
            over *= shape[0]
        elif isinstance(module, nn.GroupNorm):
            over *= shape[1] // module.num_groups
        elif isinstance(module, nn.LayerNorm):
            over = prod(module.normalized_shape)
        if over == 1:
            found.add(type(module).__name__)

    hooks = [
        module.register_forward_pre_hook(look)
        for network in ensemble.modules.values()
        for module in network.modules()
        if isinstance(module, (*OWN, *ALL))
    ]
    state = {n: {k: t[0] for k, t in own.items()} for n, own in ensemble.state.items()}
    net = Nets(ensemble.modules, state)
    for player in model.players():
        noise = ensemble.noise(player.noise, (batch,), "check")
        x = {"x": torch.zeros(batch, model.features), "label": torch.zeros(batch).long()}
        try:
            player.loss(net, x, {name: values[0] for name, values in noise.items()})
        except (LookupError, RuntimeError, ValueError):
            continue  # its batches are of another kind, and nothing is known
    for hook in hooks:
        hook.remove()
    return [
        f"{name} over a single number leaves nothing of it; take a larger batch or fewer halvings"
        for name in sorted(found)
    ]
