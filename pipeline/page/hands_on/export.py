"""Networks for a page: layers as JSON, weights as base64 of float32, played by math.js.

    y = f_L(... f_1(x)),    f_i: W x + b, LeakyReLU, tanh, a sigmoid, or a x + b

What the page computes differs from Torch by the rounding of float32 alone: its own sums are of
float64.
"""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from pipeline.engine.ensemble import Nets
from pipeline.engine.randomness import Normal
from pipeline.models import roles
from pipeline.networks.scalar import Beside
from pipeline.results import door

DIGITS = 20  # test examples between whose codes one can walk
Layers = list[dict[str, Any]]


def stored(array: np.ndarray) -> str:
    """Numbers as base64 of little-endian float32, row by row."""
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def layers(network: nn.Module, features: int | None = None) -> Layers | None:
    """The layers of a network, as math.js plays them; None where it has others.

    features: outputs that are shown: further numbers, as a learned variance, are left out.
    """
    found: Layers = []
    for module in network if isinstance(network, nn.Sequential) else [network]:
        if isinstance(module, nn.Linear) and module.bias is not None:
            weight, bias = (t.detach().numpy() for t in (module.weight, module.bias))
            found.append({"weight": stored(weight), "bias": stored(bias), "outputs": len(bias)})
        elif isinstance(module, nn.LeakyReLU):
            found.append({"leak": module.negative_slope})
        elif isinstance(module, nn.Tanh):
            found.append({"tanh": True})
        elif not (isinstance(module, Beside) and features is not None):
            return None
    return found


def decoder(run: door.Run, seed: int) -> Layers | None:
    """From two standard normal latents to an image in [-1, 1], or None for other models."""
    prior = run.game.prior() if hasattr(run.game, "prior") else {}
    shape = run.record.data.shape
    if prior != {"z": Normal((2,))} or len(shape) != 2:
        return None
    module: Any = run.module(seed)
    features = int(np.prod(shape))
    if hasattr(module, "generator"):
        return layers(module.generator)
    if not hasattr(module, "decoder") or not hasattr(run.game, "likelihood"):
        return None
    found = layers(module.decoder, features)
    if found is None:
        return None
    if run.game.likelihood == "bernoulli":
        return [*found, {"sigmoid": True}, {"scale": 2.0, "shift": -1.0}]
    return [*found, {"tanh": True}] if run.game.output == "tanh" else found


def codes(run: door.Run, seed: int, x: np.ndarray) -> list[list[float]]:
    """Where an encoder puts examples on the plane, (n, 2); none where there is no encoder."""
    if roles.lacking(run.game, [roles.Encoder]):
        return []
    with torch.no_grad():
        networks = dict(run.module(seed).named_children())
        state: Any = {name: dict(net.named_parameters()) for name, net in networks.items()}
        found = run.game.code(Nets(networks, state), torch.from_numpy(x))
    return [[round(float(v), 5) for v in z] for z in found]


def explorers(
    names: list[str], judge: str | None, test: dict[str, Any], root: Path | str = "."
) -> dict | None:
    """What the latent explorer holds, of the runs that have two latents; None where none has.

    names: "experiment/run" of trained runs on one data set. judge: that of its classifier, where
    there is one. test: arrays x and label of its test examples.
    """
    models = []
    for name in names:
        run = door.Run(name, root)
        seed = run.seeds[0]
        if (found := decoder(run, seed)) is None:
            continue
        labels = test["label"][:DIGITS].tolist() if "label" in test else list(range(DIGITS))
        models.append(
            {
                "name": name,
                "seed": seed,
                "decoder": found,
                "shape": run.record.data.shape,
                "codes": codes(run, seed, test["x"][:DIGITS]),
                "labels": labels,
            }
        )
    return {"models": models, "judge": _judge(judge, root)} if models else None


def _judge(name, root):
    """The first replica of the classifier."""
    if name is None:
        return None
    run = door.Run(name, root)
    module: Any = run.module(run.seeds[0])
    found = layers(module.classifier)
    classes = [str(k) for k in range(run.record.data.classes or 0)]
    return found and {"network": found, "classes": classes}
