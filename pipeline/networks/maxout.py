"""Maxout networks, with dropout whose random numbers are passed in.

    h_i = max_j (W x + b)_ij,    j = 1 ... pieces
    x <- x 1[u < p] / p          with u uniform in [0, 1), in training

Goodfellow, Warde-Farley, Mirza, Courville & Bengio, "Maxout Networks" (2013), equations 1 and
2; Srivastava et al., "Dropout" (2014), equation 8, with inputs scaled up in training in place of
weights scaled down afterwards. Without u there is no dropout.
"""

from itertools import pairwise

from torch import Tensor, nn


class Maxout(nn.Module):
    """Maxout layers and a linear output layer: (B, widths[0]) -> (B, widths[-1])."""

    def __init__(self, *widths: int, pieces: int, kept: tuple[float, ...]):
        """widths: inputs, units of each layer, outputs. pieces: linear maps per unit.

        kept: p, the fraction of each layer's inputs that dropout keeps.
        """
        super().__init__()
        hidden = [nn.Linear(n, pieces * units) for n, units in pairwise(widths[:-1])]
        self.layers = nn.ModuleList([*hidden, nn.Linear(widths[-2], widths[-1])])
        self.pieces, self.kept = pieces, kept

    def forward(self, x: Tensor, *uniform: Tensor) -> Tensor:
        """uniform: u of each layer's inputs, (B, widths[i]); none for evaluation."""
        for i, layer in enumerate(self.layers):
            if uniform:
                x = x * (uniform[i] < self.kept[i]) / self.kept[i]
            x = layer(x)
            if layer is not self.layers[-1]:
                x = x.unflatten(-1, (-1, self.pieces)).max(-1).values
        return x
