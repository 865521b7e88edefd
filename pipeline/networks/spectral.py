"""Spectral normalisation: networks whose weight matrices all have largest singular value 1.

    v = W' u / |W' u|,    u <- W v / |W v|,    W / (u' W v)

Miyato, Kataoka, Koyama & Yoshida, "Spectral Normalization for Generative Adversarial Networks"
(2018), algorithm 1. One power iteration per step is enough, because u is kept and W changes little
between two steps. u' W v is at most the largest singular value, so the result's is at least 1, and
exactly 1 once u has converged. In gradients u and v count as constants (equation 9).
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call

WEIGHTED = nn.Linear, nn.Conv2d  # layers whose weight has the outputs as its first axis


def normalised(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """A weight divided by its largest singular value, as estimated by one power iteration.

    weight: W, shape (outputs, ...); all axes but the first are the inputs.
    u: an estimate of the first left singular vector, of any nonzero length, shape (outputs,).
    Returns W / (u' W v) and the next u, of length 1.
    """
    matrix = weight.detach().flatten(1)
    v = nn.functional.normalize(u @ matrix, dim=0)
    u = nn.functional.normalize(matrix @ v, dim=0)
    return weight / (u @ weight.flatten(1) @ v), u


class Spectral(nn.Module):
    """A sequence of layers, those with a weight spectrally normalised."""

    def __init__(self, layers: nn.Sequential):
        super().__init__()
        self.layers = layers
        for i, layer in enumerate(layers):
            if isinstance(layer, WEIGHTED):
                self.register_buffer(f"u{i}", torch.randn(len(layer.weight)))

    def forward(self, x: Tensor, keep: bool = False) -> Tensor:
        """The output for x.

        keep: whether to store u, so that the next call continues the power iteration. Else the
        call has no side effect, and repeated calls give the same output.
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
