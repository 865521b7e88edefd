"""Residual generator and discriminator of examples of a class: BigGAN's, in small.

    generator       h = W_0 z_0,    block i: h + W relu(norm(W' relu(norm(h)))) of z_i and e_c
                    x = tanh( W_x relu(norm(h)) + b )
    discriminator   h = W_0 x,      block: h + W relu(W' relu(h)),      then relu(h)
    score           w . h + e_c . h                with projection
                    w . relu(W_j (h, c))           without

Brock, Donahue & Simonyan, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(2019), appendix B, figure 15: z in n + 1 parts, of which each block sees its own beside an
embedding of the class that all blocks share; `norm` is pipeline/networks/class_norm.py. Miyato &
Koyama, "cGANs with Projection Discriminator" (2018), equation 3 and figure 1d: h and e_c meet in a
product; without it they are put side by side at the end, figure 1b. Every layer may be spectrally
normalised (pipeline/networks/spectral.py). Layers before a norm have no bias, which it would
cancel. Departure: layers are dense, for images so small that a convolution has little to gain.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from pipeline.networks.class_norm import ClassNorm
from pipeline.networks.spectral import normalised


class Layer(nn.Module):
    """A linear layer, spectrally normalised or as it is."""

    u: Tensor

    def __init__(self, inputs: int, outputs: int, spectral: bool, bias: bool = True):
        super().__init__()
        self.layer, self.spectral = nn.Linear(inputs, outputs, bias=bias), spectral
        if spectral:
            self.register_buffer("u", torch.randn(outputs))

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


class NormedBlock(nn.Module):
    """A block of the generator: (B, units) to (B, units)."""

    def __init__(self, units: int, given: int, spectral: bool):
        """given: numbers that the norms are told; 0: none."""
        super().__init__()
        self.norm_1, self.norm_2 = ClassNorm(units, given), ClassNorm(units, given)
        self.layer_1 = Layer(units, units, spectral, bias=False)
        self.layer_2 = Layer(units, units, spectral, bias=False)

    def forward(
        self, x: Tensor, e: Tensor, kept: bool, keep: bool
    ) -> tuple[Tensor, dict[str, tuple[Tensor, Tensor]]]:
        """The output, and the moments of both norms."""
        h, first = self.norm_1(x, e, kept)
        h, second = self.norm_2(self.layer_1(h.relu(), keep), e, kept)
        return x + self.layer_2(h.relu(), keep), {"norm_1": first, "norm_2": second}


class Generator(nn.Module):
    """z, (B, latent), and a one-hot class, (B, K), to examples, (B, features) in [-1, 1]."""

    def __init__(
        self,
        latent: int,
        classes: int,
        units: int,
        features: int,
        depth: int,
        class_norm: bool,
        spectral: bool,
        embedding: int = 16,
    ):
        """latent: a multiple of n + 1 where class_norm. depth: n, blocks.

        class_norm: whether class and z enter by the norms; else both enter at the first layer.
        """
        super().__init__()
        if class_norm and latent % (depth + 1):
            parts = f"{depth + 1} parts, one for each block and one before"
            raise ValueError(f"latent = {latent} must be a multiple of {depth + 1}: {parts}")
        self.class_norm, self.depth = class_norm, depth
        part = latent // (depth + 1) if class_norm else latent
        self.embedding = Layer(classes, embedding, False, bias=False)
        inputs = part if class_norm else part + embedding
        self.first = Layer(inputs, units, spectral, bias=False)
        given = embedding + part if class_norm else 0
        self.blocks = nn.ModuleList(NormedBlock(units, given, spectral) for _ in range(depth))
        self.norm = ClassNorm(units, 0)
        self.last = Layer(units, features, spectral)

    def forward(
        self, z: Tensor, label: Tensor, kept: bool = False, keep: bool = False
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Examples, and the moments that were used, {buffer's name: value}.

        kept: whether to use stored moments. keep: whether to store the power iterations.
        """
        e = self.embedding(label, False)
        start, *parts = z.chunk(self.depth + 1, -1) if self.class_norm else [z] * (self.depth + 1)
        told = start if self.class_norm else torch.cat([start, e], -1)
        h = self.first(told, keep)
        moments: dict[str, Tensor] = {}
        for i, (block, part) in enumerate(zip(self.blocks, parts, strict=True)):
            h, found = block(h, torch.cat([e, part], -1), kept, keep)
            for name, (mean, variance) in found.items():
                own = f"blocks.{i}.{name}"
                moments |= {f"{own}.mean": mean, f"{own}.variance": variance}
        h, (mean, variance) = self.norm(h, e, kept)
        moments |= {"norm.mean": mean, "norm.variance": variance}
        return self.last(h.relu(), keep).tanh(), moments


class Block(nn.Module):
    """A block of the discriminator: (B, units) to (B, units)."""

    def __init__(self, units: int, spectral: bool):
        super().__init__()
        self.layer_1, self.layer_2 = (Layer(units, units, spectral) for _ in range(2))

    def forward(self, x: Tensor, keep: bool) -> Tensor:
        return x + self.layer_2(self.layer_1(x.relu(), keep).relu(), keep)


class Discriminator(nn.Module):
    """Examples, (B, features), and a one-hot class, (B, K), to scores, (B,)."""

    def __init__(
        self,
        classes: int,
        units: int,
        features: int,
        depth: int,
        projection: bool,
        spectral: bool,
    ):
        """depth: n, blocks."""
        super().__init__()
        self.projection = projection
        self.first = Layer(features, units, spectral)
        self.blocks = nn.ModuleList(Block(units, spectral) for _ in range(depth))
        # A last bias has no gradient within the margins of a hinge: both terms cancel.
        self.score = Layer(units, 1, spectral, bias=False)
        if projection:
            self.classes = Layer(classes, units, spectral, bias=False)
        else:
            self.joined = Layer(units + classes, units, spectral)

    def forward(self, x: Tensor, label: Tensor, keep: bool = False) -> Tensor:
        h = self.features(x, keep)
        if self.projection:
            return self.score(h, keep)[:, 0] + (self.classes(label, keep) * h).sum(-1)
        joined = self.joined(torch.cat([h, label], -1), keep)
        return self.score(joined.relu(), keep)[:, 0]

    def features(self, x: Tensor, keep: bool = False) -> Tensor:
        """h of each example, (B, units)."""
        h = self.first(x, keep)
        for block in self.blocks:
            h = block(h, keep)
        return h.relu()
