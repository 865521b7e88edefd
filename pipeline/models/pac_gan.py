"""PacGAN: a discriminator of m examples together.

    discriminator   min_D  E[-log D(x_1, ..., x_m)]
                           + E[-log(1 - D(G(z_1), ..., G(z_m)))]      minimax
    generator       min_G  E[-log D(G(z_1), ..., G(z_m))]            non_saturating
           or       min_G  E[log(1 - D(G(z_1), ..., G(z_m)))]        minimax

Lin, Khetan, Fanti & Oh, "PacGAN: The power of two samples in generative adversarial networks"
(2018), section 2. A pack is all real or all generated, so the game is between p^m and p_g^m. Of
two generators at the same distance from p, the one that lacks modes is told apart more easily. A
batch of B examples is B / m packs; a term is the mean over packs, one number.
D: (B / m, m features) -> logits.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.models.adversarial import GeneratorObjective, MlpGame, generator_terms
from pipeline.networks.mlp import mlp
from pipeline.objectives import minimax
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(MlpGame):
    """Everything here is written for one replica; the ensemble adds the others."""

    k: Count = 1  # discriminator steps per round
    generator_objective: GeneratorObjective = "non_saturating"
    pack: Count = 2  # m; divides the batch (pipeline/stages/check.py)

    def networks(self) -> dict[str, nn.Sequential]:
        hidden = (self.width,) * self.depth
        return self.mlps() | {"discriminator": mlp(self.pack * self.features, *hidden, 1)}

    def pair(self) -> tuple[Player, Player]:
        z = self.prior()
        return (
            Player("discriminator", self.discriminator_loss, ("discriminator",), z, self.k),
            Player("generator", self.generator_loss, ("generator",), z, self.generator_steps),
        )

    def discriminator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real, made = self.pack_logits(net, batch["x"]), self.sample(net, noise)
        loss = minimax.discriminator_loss(real, self.pack_logits(net, made))
        return {"minimax": loss.mean()}

    def generator_loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        fake = self.pack_logits(net, self.sample(net, noise))
        terms = generator_terms(self.generator_objective, fake)
        return {name: term.mean() for name, term in terms.items()}

    def pack_logits(self, net: Nets, x: Tensor) -> Tensor:
        """One logit per m consecutive examples, shape (B // m,); the remainder is left out."""
        packs = len(x) // self.pack
        return net.discriminator(x[: packs * self.pack].reshape(packs, -1))[:, 0]
