"""A GAN, and then a network that predicts z from x = G(z): the GAN paper's own learned inference.

    discriminator   min_D  E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax           phase 1
    generator       min_G  E_z[-log D(G(z))]                            non_saturating    phase 1
           or       min_G  E_z[log(1 - D(G(z)))]                        minimax
    encoder         min_E  E_(z,e) |z - E(G(z) + s e)|^2                squared_error     phase 2

Goodfellow et al., "Generative Adversarial Nets" (2014), section 6, extension 2: "training an
auxiliary network to predict z given x", after the generator is finished, as the wake-sleep
algorithm does when it sleeps (Hinton, Dayan, Frey & Neal, 1995). The best E is the posterior mean
E[z | x]: for a linear generator W z + b it is W'(W W' + s^2 I)^-1 (x - b), the pseudo-inverse
where s = 0. E never sees an example of the data, so that it is only as good on them as G is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.phases import Phase
from pipeline.engine.randomness import Distribution, Normal
from pipeline.models.adversarial import GeneratorObjective, Output, generator_terms
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax
from pipeline.objectives.squared_error import squared_error
from pipeline.study.fields import Count, Fraction, Index, NonNegative


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count
    width: Count
    depth: Index = 2  # hidden layers of each network; 0: linear
    k: Count = 1  # discriminator steps per round
    generator_steps: Count = 1
    generator_objective: GeneratorObjective = "non_saturating"
    output: Output = "linear"
    noise: NonNegative = 0.0  # s, added to the samples that E is shown
    inference_share: Fraction = 0.3  # of the rounds, the last ones, in which only E is trained

    def networks(self) -> dict[str, nn.Sequential]:
        hidden = (self.width,) * self.depth
        generator = mlp(self.latent, *hidden, self.features)
        if self.output == "tanh":
            generator.append(nn.Tanh())
        return {
            "generator": generator,
            "discriminator": mlp(self.features, *hidden, 1),
            "encoder": mlp(self.features, *hidden, self.latent),
        }

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,))}

    def phases(self) -> tuple[Phase, ...]:
        game = Phase(("discriminator", "generator"), 1 - self.inference_share)
        return game, Phase(("encoder",), self.inference_share)

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def players(self) -> tuple[Player, ...]:
        shaken: dict[str, Distribution] = {**self.prior(), "e": Normal((self.features,))}
        return (*self.pair(), Player("encoder", self.encoder_loss, ("encoder",), shaken))

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return net.generator(noise["z"])

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {"minimax": minimax.discriminator_loss(real, fake)}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.logits(net, self.sample(net, noise))
        return generator_terms(self.generator_objective, fake)

    def encoder_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x = self.sample(net, noise) + self.noise * noise["e"]
        return {"squared_error": squared_error(noise["z"], net.encoder(x))}

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        return net.discriminator(x)[:, 0]

    def code(self, net: Nets, x: Tensor) -> Tensor:
        """The latent that is predicted of each example, (B, latent)."""
        return net.encoder(x)

    def decode(self, net: Nets, z: Tensor) -> Tensor:
        return net.generator(z)

    def reconstruct(self, net: Nets, x: Tensor) -> Tensor:
        return self.decode(net, self.code(net, x))
