"""Hidden layers with Gaussian noise on all that enters them.

    h_0 = x,    h_i = LeakyReLU(W_i (h_{i-1} + s_i e_i) + b_i),    y = h_L

with s_1 the deviation at the input and s_2 = ... = s_L that at hidden units: so Salimans et al.,
"Improved Techniques for Training GANs" (2016), section 5, regularise a classifier of few labels.
"""

from itertools import pairwise

from torch import Tensor, nn


class Noisy(nn.Module):
    """(B, widths[0]) -> (B, widths[-1]), the last hidden layer."""

    def __init__(self, *widths: int, at_input: float, at_hidden: float):
        """widths: inputs and hidden units. at_input, at_hidden: the deviations s."""
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))
        self.at_input, self.at_hidden = at_input, at_hidden

    def forward(self, x: Tensor, *noise: Tensor) -> Tensor:
        """noise: e of each layer, shaped like what enters it; none at all in use."""
        for place, layer in enumerate(self.layers):
            if noise:
                x = x + (self.at_hidden if place else self.at_input) * noise[place]
            x = nn.functional.leaky_relu(layer(x), 0.2)
        return x
