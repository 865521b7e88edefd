"""The games of the benchmark that the study has not, or has in another shape.

    MlpGan    the GAN of pipeline/models/gan.py with hidden layers of its own for each network
    Dcgan     the same game between convolutional networks on 28 x 28 pixels
    WganGp    critic      min_C  E_z[C(G(z))] - E_x[C(x)] + 10 E_u[(|grad C(u)| - 1)^2]
              generator   min_G  -E_z[C(G(z))],    u = m x + (1 - m) G(z), m ~ U[0, 1]

They keep the contract of pipeline/models, so the engine plays them unchanged. Sources: the
shapes of MlpGan and of WganGp are those of Lindner-Noren's "PyTorch-GAN" (2018) without batch
norm; Radford et al., "DCGAN"
(2016) in the shape of "PyTorch-GAN" without dropout; Gulrajani et al., "Improved Training of
Wasserstein GANs" (2017), algorithm 1.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import nn
from torch.func import grad, vmap
from torch.nn import functional

from pipeline.engine.ensemble import Player
from pipeline.engine.randomness import Normal, Uniform
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax, non_saturating


@dataclass(frozen=True)
class Gan(ABC):
    """The GAN with the non-saturating loss, whatever its networks."""

    features: int
    latent: int

    @abstractmethod
    def networks(self):
        """The generator and the discriminator."""

    def prior(self):
        return {"z": Normal((self.latent,))}

    def players(self):
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z),
            Player("generator", self.generator_loss, ("generator",), z),
        )

    def discriminator_loss(self, net, batch, noise):
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net, batch, noise):
        fake = self.logits(net, self.sample(net, noise))
        return {"non_saturating": non_saturating.generator_loss(fake)}

    def logits(self, net, x):
        return net.discriminator(x)[:, 0]

    def sample(self, net, noise):
        return net.generator(noise["z"])


@dataclass(frozen=True)
class MlpGan(Gan):
    """Its generator and its discriminator differ in width and depth."""

    generator: tuple[int, ...] = (128, 256, 512, 1024)
    discriminator: tuple[int, ...] = (512, 256)

    def networks(self):
        generator = mlp(self.latent, *self.generator, self.features)
        return {
            "generator": generator.append(nn.Tanh()),
            "discriminator": mlp(self.features, *self.discriminator, 1),
        }


class UpsampledConv(nn.Conv2d):
    """A 3 x 3 convolution of the image at twice its size, each pixel repeated.

    folded: each of the four output parities sees only 2 x 2 of the pixels, under sums of the
    nine weights. So it is one transposed convolution of stride 2 with the 4 x 4 kernel
    w * ones(2, 2): the same function with 16 products per input pixel instead of 36.
    """

    def __init__(self, inputs: int, outputs: int, folded: bool):
        super().__init__(inputs, outputs, 3, padding=1)
        self.folded = folded

    def forward(self, x):
        if not self.folded:
            return super().forward(functional.interpolate(x, scale_factor=2.0))
        padded = functional.pad(self.weight.flip(-1, -2), (1, 1, 1, 1))
        sums = padded[..., 1:, :] + padded[..., :-1, :]
        kernel = (sums[..., 1:] + sums[..., :-1]).transpose(0, 1)
        return functional.conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)


@dataclass(frozen=True)
class Dcgan(Gan):
    """A GAN between convolutional networks; batch norm by the batch alone, always."""

    width: int = 128  # channels of the widest layers
    folded: bool = True

    def networks(self):
        n = self.width
        generator = nn.Sequential(
            nn.Linear(self.latent, n * 49),
            nn.Unflatten(1, (n, 7, 7)),
            _norm(n),
            UpsampledConv(n, n, self.folded),
            _norm(n),
            nn.LeakyReLU(0.2),
            UpsampledConv(n, n // 2, self.folded),
            _norm(n // 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(n // 2, 1, 3, padding=1),
            nn.Tanh(),
            nn.Flatten(),
        )
        discriminator = nn.Sequential(nn.Unflatten(1, (1, 28, 28)))
        channels = (1, n // 8, n // 4, n // 2, n)
        for i in range(4):
            discriminator.append(nn.Conv2d(channels[i], channels[i + 1], 3, 2, 1))
            discriminator.append(nn.LeakyReLU(0.2))
            if i:
                discriminator.append(_norm(channels[i + 1]))
        discriminator.extend([nn.Flatten(), nn.Linear(4 * n, 1)])
        return {"generator": generator, "discriminator": discriminator}


def _norm(channels):
    return nn.BatchNorm2d(channels, track_running_stats=False)


@dataclass(frozen=True)
class WganGp:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: int
    k: int = 5  # critic steps per round
    penalty: float = 10.0
    generator: tuple[int, ...] = (128, 256, 512, 1024)
    critic: tuple[int, ...] = (512, 256)

    def networks(self):
        generator = mlp(self.latent, *self.generator, self.features)
        return {
            "generator": generator.append(nn.Tanh()),
            "critic": mlp(self.features, *self.critic, 1),
        }

    def prior(self):
        return {"z": Normal((self.latent,))}

    def players(self):
        mix = {"mix": Uniform((1,))}
        return (
            Player("critic", self.critic_loss, ("critic",), self.prior() | mix, self.k),
            Player("generator", self.generator_loss, ("generator",), self.prior()),
        )

    def critic_loss(self, net, batch, noise):
        def critic(x):
            return net.critic(x[None])[0, 0]

        x, fake = batch["x"], self.sample(net, noise)
        between = noise["mix"] * x + (1 - noise["mix"]) * fake
        gradient = vmap(grad(critic))(between)
        return {
            "wasserstein": net.critic(fake)[:, 0] - net.critic(x)[:, 0],
            "penalty": self.penalty * (torch.linalg.vector_norm(gradient, dim=-1) - 1).square(),
        }

    def generator_loss(self, net, batch, noise):
        return {"wasserstein": -net.critic(self.sample(net, noise))[:, 0]}

    def sample(self, net, noise):
        return net.generator(noise["z"])
