"""A network from image to image: down to few pixels, and up again.

    down    h_i = LeakyReLU(conv(h_i-1)),          (H, W) / 2^i, c 2^(i-1) channels, i = 1 ... n
    up      u_i-1 = ReLU(conv'(u_i | h_i)),        u_n = none; with skips h_i is appended to u_i
    out     tanh(conv'(u_1 | h_1)),                (H, W), one channel

Ronneberger, Fischer & Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation"
(2015), as Isola, Zhu, Zhou & Efros, "Image-to-Image Translation with Conditional Adversarial
Networks" (2017), section 3.2.1, use it: convolutions of 4 by 4 pixels and stride 2. Without skips
it is an encoder and a decoder, the generator of Kim et al. (2017). Departure: no normalisation
between the few layers, so that an output depends on its own input alone.
"""

import torch
from torch import Tensor, nn


class UNet(nn.Module):
    """(B, images H W) -> (B, H W) in [-1, 1]."""

    def __init__(
        self,
        shape: tuple[int, ...],
        channels: int,
        depth: int,
        skips: bool = True,
        images: int = 1,
    ):
        """shape: H and W, multiples of 2^depth. channels: c, after the first convolution.
        depth: n, halvings. skips: whether each layer up sees the layer down of its size.
        images: of which the input consists, one after another; each is a channel.
        """
        super().__init__()
        if len(shape) != 2 or any(side % 2**depth for side in shape):
            sides = f"sides that are multiples of {2**depth}: {shape}"
            raise ValueError(f"{depth} halvings need {sides}")
        self.skips = skips
        widths = [images, *(channels * 2**i for i in range(depth))]
        self.unflatten = nn.Unflatten(1, (images, *shape))
        self.down = nn.ModuleList(
            nn.Conv2d(widths[i], widths[i + 1], 4, stride=2, padding=1) for i in range(depth)
        )
        outputs = [1, *widths[1:-1]]
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(
                widths[i + 1] * (2 if skips and i < depth - 1 else 1),
                outputs[i],
                4,
                stride=2,
                padding=1,
            )
            for i in range(depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        h = self.unflatten(x)
        seen: list[Tensor] = []
        for layer in self.down:
            h = nn.functional.leaky_relu(layer(h), 0.2)
            seen.append(h)
        for i in reversed(range(len(self.up))):
            if self.skips and i < len(self.up) - 1:
                h = torch.cat([h, seen[i]], dim=1)
            h = self.up[i](h)
            if i:
                h = h.relu()
        return h.tanh().flatten(1)
