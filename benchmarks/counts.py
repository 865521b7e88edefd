"""Floating-point operations and bytes that a round needs, counted from the layers' shapes.

    product      y = W x for B examples; its two gradients are products of the same size
    operations   2 x (multiply-adds) of every product; all else is not counted
    bytes        4 x (B inputs + weights + B outputs) of every product: each operand read once
                 and each result written once; pointwise functions ride along
                 + 28 per weight that Adam moves: reads w, g, m, v and writes w, m, v

How many products a layer has in a round is a matter of the algorithm, not of the program:

    pass without gradient           1
    pass of a network that moves    3: forward, gradient of W, gradient of x (not of the first)
    pass that hands a gradient on   2: forward, gradient of x
    gradient penalty                4: forward, gradient of x, and each of the two gradients of
                                    the latter (the last layer has no second one); the critics
                                    are piecewise linear, so nothing else depends on W

A program that does more, say the discriminator's gradients in the generator's step, is slower
for it, and not credited with more.
"""

from typing import NamedTuple

import torch
from torch import nn

from benchmarks.games import UpsampledConv

FLOAT = 4
ADAM = 7 * FLOAT


class Layer(NamedTuple):
    """One layer's sizes for one example."""

    inputs: int
    weights: int
    outputs: int
    flops: int


class Pass(NamedTuple):
    """Batches that go through a network, and the products of each of its layers."""

    network: str
    batches: int
    first: int
    between: int
    last: int


class Work(NamedTuple):
    """What one replica's round needs."""

    flops: int
    bytes: int


def layers(network: nn.Module, inputs: int) -> list[Layer]:
    """The layers of a network that have products, in order.

    inputs: its input's features.
    """
    found: list[Layer] = []

    def note(module, given, returned):
        x, y = given[0][0].numel(), returned[0].numel()
        if isinstance(module, nn.Linear):
            flops = 2 * x * y
        else:
            taps = 4 if getattr(module, "folded", False) else module.kernel_size[0] ** 2
            flops = 2 * y * module.in_channels * taps
        found.append(Layer(x, module.weight.numel(), y, flops))

    counted = (nn.Linear, nn.Conv2d, UpsampledConv)
    hooks = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, counted)]
    with torch.no_grad():
        network(torch.zeros(2, inputs, dtype=next(network.parameters()).dtype))
    for hook in hooks:
        hook.remove()
    return found


def passes(kind: str, k: int) -> list[Pass]:
    """Every pass of one round.

    kind: gan, vae or wgan_gp. k: steps of the discriminator or critic.
    """
    if kind == "vae":
        return [Pass("encoder", 1, 2, 3, 3), Pass("decoder", 1, 3, 3, 3)]
    judge = "critic" if kind == "wgan_gp" else "discriminator"
    found = [
        Pass("generator", k, 1, 1, 1),
        Pass(judge, 2 * k, 2, 3, 3),
        Pass(judge, 1, 2, 2, 2),
        Pass("generator", 1, 2, 3, 3),
    ]
    return [*found, Pass(judge, k, 4, 4, 3)] if kind == "wgan_gp" else found


def work(workload) -> Work:
    """Operations and bytes of one round of one replica."""
    model, batch = workload.model, workload.batch
    networks = model.networks()
    entry = {"generator": model.latent, "decoder": model.latent}
    shapes = {n: layers(net, entry.get(n, model.features)) for n, net in networks.items()}
    flops = moved = 0
    for one in passes(workload.kind, model.players()[0].steps):
        for place, layer in enumerate(shapes[one.network]):
            final = place == len(shapes[one.network]) - 1
            # A network of one layer starts and ends with it: the fewer products count.
            ends = [one.first] * (place == 0) + [one.last] * final
            products = min(ends, default=one.between) * one.batches
            flops += products * batch * layer.flops
            moved += products * (batch * (layer.inputs + layer.outputs) + layer.weights) * FLOAT
    for player in model.players():
        size = sum(p.numel() for name in player.moves for p in networks[name].parameters())
        moved += player.steps * size * ADAM
    return Work(flops, moved)
