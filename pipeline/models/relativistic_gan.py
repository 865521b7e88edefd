"""The relativistic GAN with a price on the gradient at data and at samples.

    discriminator   min_D  E[-log s(a(x) - a(G(z)))]                             relativistic
                           + gamma/2 E_x[|da/dx|^2] + gamma/2 E_z[|da/dG(z)|^2]   gradient_penalty
    generator       min_G  E[-log s(a(G(z)) - a(x))]                             relativistic

Huang, Gokaslan, Kuleshov & Tompkin, "The GAN is dead; long live the GAN! A Modern GAN Baseline"
(2024), equations 2 and 3. With both penalties training converges locally; with the one at the
data alone the gradient at samples may grow without bound, as it does in the paper's section 2.
"""

from dataclasses import dataclass
from typing import Literal

from torch.func import grad

from pipeline.models import gan
from pipeline.objectives import gradient_penalty, relativistic
from pipeline.study.fields import NonNegative


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    generator_objective: Literal["relativistic"] = "relativistic"  # type: ignore[assignment]
    gamma: NonNegative = 10.0

    def networks(self):
        networks = super().networks()
        networks["discriminator"][-1].bias = None  # it cancels: only differences of a count
        return networks

    def discriminator_loss(self, net, batch, noise):
        x, made = batch["x"], self.sample(net, noise)
        real, fake = self.logits(net, x), self.logits(net, made)
        gradients = grad(lambda x: self.logits(net, x).sum())
        penalties = [gradient_penalty.zero_centred(gradients(place)) for place in (x, made)]
        return {
            "relativistic": relativistic.discriminator_loss(real, fake),
            "gradient_penalty": self.gamma * sum(penalties),
        }

    def generator_loss(self, net, batch, noise):
        real, fake = self.logits(net, batch["x"]), self.logits(net, self.sample(net, noise))
        return {"relativistic": relativistic.generator_loss(real, fake)}
