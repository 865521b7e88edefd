"""Residual generator and discriminator of images of a class: BigGAN's, in small.

    generator       z_0 -> (H, W) / 2^n -> block_1(z_1, c) -> ... -> block_n(z_n, c) -> (H, W)
      block         x -> conv(relu(norm(conv(up(relu(norm(x)))))) + conv_1(up(x))
    discriminator   (H, W) -> block_1 -> ... -> (H, W) / 2^n,    h = sum over places of relu
      block         x -> mean(conv(relu(conv(relu(x))))) + mean(conv_1(x))
      score         psi(h) + e_c . h                       with projection
                    psi_2(relu(psi_1(h, c)))               without

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), appendix B, figure 15: z in n + 1 parts, of which each block sees its own beside an
embedding of the class that all blocks share; `norm` is pipeline/networks/class_norm.py. Miyato &
Koyama, "cGANs with Projection Discriminator" (2018), equation 3 and figure 1d: h and e_c meet in a
product; without it they are put side by side at the end, figure 1b. Every layer with a weight may
be spectrally normalised (pipeline/networks/spectral.py). Departure: no attention.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from pipeline.networks.class_norm import ClassNorm
from pipeline.networks.spectral import normalised


class Layer(nn.Module):
    """A linear layer or a convolution, spectrally normalised or as it is."""

    u: Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d, spectral: bool):
        super().__init__()
        self.layer, self.spectral = layer, spectral
        if spectral:
            self.register_buffer("u", torch.randn(len(layer.weight)))

    def forward(self, x: Tensor, keep: bool) -> Tensor:
        """keep: whether to store u, so that the next call goes on with the power iteration."""
        if not self.spectral:
            plain: Tensor = self.layer(x)
            return plain
        weight, u = normalised(self.layer.weight, self.u)
        if keep:
            self.u.copy_(u)
        found: Tensor = functional_call(self.layer, {"weight": weight}, x)
        return found


class Up(nn.Module):
    """A block of the generator: (B, inputs, H, W) -> (B, outputs, 2 H, 2 W)."""

    def __init__(self, inputs: int, outputs: int, given: int, spectral: bool):
        """given: numbers that the norms are told; 0: none."""
        super().__init__()
        self.norm_1, self.norm_2 = ClassNorm(inputs, given), ClassNorm(outputs, given)
        # Without a bias, which the norm after it would cancel.
        self.conv_1 = Layer(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), spectral)
        self.conv_2 = Layer(nn.Conv2d(outputs, outputs, 3, padding=1), spectral)
        self.beside = Layer(nn.Conv2d(inputs, outputs, 1), spectral)

    def forward(
        self, x: Tensor, e: Tensor, kept: bool, keep: bool
    ) -> tuple[Tensor, dict[str, tuple[Tensor, Tensor]]]:
        """The output and the moments of both norms."""
        h, first = self.norm_1(x, e, kept)
        h, second = self.norm_2(self.conv_1(_doubled(h.relu()), keep), e, kept)
        made = self.conv_2(h.relu(), keep) + self.beside(_doubled(x), keep)
        return made, {"norm_1": first, "norm_2": second}


class Generator(nn.Module):
    """z, (B, latent), and a one-hot class, (B, K), to images, (B, H W) in [-1, 1]."""

    def __init__(
        self,
        latent: int,
        classes: int,
        channels: int,
        shape: tuple[int, ...],
        depth: int,
        class_norm: bool,
        spectral: bool,
        embedding: int = 16,
    ):
        """latent: a multiple of n + 1 where class_norm. channels: c, of all layers. depth: n.

        class_norm: whether class and z enter by the norms; else both enter at the first layer.
        """
        super().__init__()
        if len(shape) != 2 or any(side % 2**depth for side in shape):
            sides = f"sides that are multiples of {2**depth}: {shape}"
            raise ValueError(f"{depth} doublings need {sides}")
        if class_norm and latent % (depth + 1):
            parts = f"{depth + 1} parts, one for each block and one before"
            raise ValueError(f"latent = {latent} must be a multiple of {depth + 1}: {parts}")
        self.class_norm, self.depth, self.channels = class_norm, depth, channels
        self.smallest = tuple(side // 2**depth for side in shape)
        part = latent // (depth + 1) if class_norm else latent
        self.embedding = Layer(nn.Linear(classes, embedding, bias=False), False)
        inputs = part if class_norm else part + embedding
        size = channels * self.smallest[0] * self.smallest[1]
        self.first = Layer(nn.Linear(inputs, size), spectral)
        given = embedding + part if class_norm else 0
        self.blocks = nn.ModuleList(Up(channels, channels, given, spectral) for _ in range(depth))
        self.norm = ClassNorm(channels, 0)
        self.last = Layer(nn.Conv2d(channels, 1, 3, padding=1), spectral)

    def forward(
        self, z: Tensor, label: Tensor, kept: bool = False, keep: bool = False
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Images, and the moments that were used, {buffer's name: value}.

        kept: whether to use stored moments. keep: whether to store the power iterations.
        """
        e = self.embedding(label, False)
        start, *parts = z.chunk(self.depth + 1, -1) if self.class_norm else [z] * (self.depth + 1)
        told = start if self.class_norm else torch.cat([start, e], -1)
        h = self.first(told, keep).unflatten(1, (self.channels, *self.smallest))
        moments: dict[str, Tensor] = {}
        for i, (block, part) in enumerate(zip(self.blocks, parts, strict=True)):
            h, found = block(h, torch.cat([e, part], -1), kept, keep)
            for name, (mean, variance) in found.items():
                own = f"blocks.{i}.{name}"
                moments |= {f"{own}.mean": mean, f"{own}.variance": variance}
        h, (mean, variance) = self.norm(h, e, kept)
        moments |= {"norm.mean": mean, "norm.variance": variance}
        return self.last(h.relu(), keep).tanh().flatten(1), moments


class Down(nn.Module):
    """A block of the discriminator: (B, inputs, H, W) -> (B, outputs, H / 2, W / 2)."""

    def __init__(self, inputs: int, outputs: int, spectral: bool, first: bool):
        """first: whether its input is an image, which no ReLU may cut."""
        super().__init__()
        self.first = first
        self.conv_1 = Layer(nn.Conv2d(inputs, outputs, 3, padding=1), spectral)
        self.conv_2 = Layer(nn.Conv2d(outputs, outputs, 3, padding=1), spectral)
        self.beside = Layer(nn.Conv2d(inputs, outputs, 1), spectral)

    def forward(self, x: Tensor, keep: bool) -> Tensor:
        h = x if self.first else x.relu()
        h = self.conv_2(self.conv_1(h, keep).relu(), keep) + self.beside(x, keep)
        return nn.functional.avg_pool2d(h, 2)


class Discriminator(nn.Module):
    """Images, (B, H W), and a one-hot class, (B, K), to scores, (B,)."""

    def __init__(
        self,
        classes: int,
        channels: int,
        shape: tuple[int, ...],
        depth: int,
        projection: bool,
        spectral: bool,
    ):
        """channels: c, of all layers. depth: n."""
        super().__init__()
        self.shape, self.projection = shape, projection
        self.blocks = nn.ModuleList(
            Down(1 if i == 0 else channels, channels, spectral, i == 0) for i in range(depth)
        )
        # A last bias has no gradient within the margins of a hinge: both terms cancel.
        self.score = Layer(nn.Linear(channels, 1, bias=False), spectral)
        if projection:
            self.classes = Layer(nn.Linear(classes, channels, bias=False), spectral)
        else:
            self.joined = Layer(nn.Linear(channels + classes, channels), spectral)

    def forward(self, x: Tensor, label: Tensor, keep: bool = False) -> Tensor:
        h = x.unflatten(1, (1, *self.shape))
        for block in self.blocks:
            h = block(h, keep)
        h = h.relu().sum((2, 3))
        if self.projection:
            return self.score(h, keep)[:, 0] + (self.classes(label, keep) * h).sum(-1)
        joined = self.joined(torch.cat([h, label], -1), keep)
        return self.score(joined.relu(), keep)[:, 0]


def _doubled(x: Tensor) -> Tensor:
    """Each pixel as 2 by 2."""
    return x.repeat_interleave(2, -1).repeat_interleave(2, -2)
