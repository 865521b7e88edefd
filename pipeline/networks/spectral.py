"""Networks whose every weight matrix has the largest singular value 1.

    v = W' u / |W' u|,    u <- W v / |W v|,    W / (u' W v)

Miyato, Kataoka, Koyama & Yoshida, "Spectral Normalization for Generative Adversarial Networks"
(2018), algorithm 1. One round of the power iteration is enough because u is kept and W moves
little between two steps; u' W v is at most the largest singular value, so that of the result is
at least 1, and 1 once u has turned to it. In gradients u and v count as constants (equation 9).
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call

WEIGHTED = nn.Linear, nn.Conv2d  # whose first axis are the outputs


def normalised(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """A weight divided by its largest singular value, as one round of iteration finds it.

    weight: shape (outputs, ...); all axes but the first are the inputs.
    u: about the first left singular vector, of any length but 0, shape (outputs,).
    Returns W / (u' W v) and the next u, of length 1.
    """
    matrix = weight.detach().flatten(1)
    v = nn.functional.normalize(u @ matrix, dim=0)
    u = nn.functional.normalize(matrix @ v, dim=0)
    return weight / (u @ weight.flatten(1) @ v), u


class Spectral(nn.Module):
    """Layers one after another, those with a weight spectrally normalised."""

    def __init__(self, layers: nn.Sequential):
        super().__init__()
        self.layers = layers
        for i, layer in enumerate(layers):
            if isinstance(layer, WEIGHTED):
                self.register_buffer(f"u{i}", torch.randn(len(layer.weight)))

    def forward(self, x: Tensor, keep: bool = False) -> Tensor:
        """What the layers make of x.

        keep: whether the next call starts where the iteration of this one ended. Else the call
        changes nothing, and as often as it is made it gives the same.
        """
        for i, layer in enumerate(self.layers):
            if not isinstance(layer, WEIGHTED):
                x = layer(x)
                continue
            start = self.get_buffer(f"u{i}")
            weight, u = normalised(layer.weight, start)
            x = functional_call(layer, {"weight": weight}, x)
            if keep:
                start.copy_(u)
        return x
