"""R1: the GAN whose discriminator pays for its gradient at the data.

    discriminator   min_D  E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
                           + gamma/2 E_x[|da/dx|^2]                     gradient_penalty
    generator       min_G  E_z[-log D(G(z))]                           non_saturating

Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018),
equation 9: where p_g = p_data the discriminator gains nothing by a gradient and pays for it, and
training converges locally. The gradient is that of the logit a, not of D.
"""

from dataclasses import dataclass

from torch.func import grad

from pipeline.models import gan
from pipeline.objectives import gradient_penalty
from pipeline.study.fields import NonNegative


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    gamma: NonNegative = 10.0

    def discriminator_loss(self, net, batch, noise):
        gradients = grad(lambda x: self.logits(net, x).sum())(batch["x"])
        penalty = self.gamma * gradient_penalty.zero_centred(gradients)
        return super().discriminator_loss(net, batch, noise) | {"gradient_penalty": penalty}
