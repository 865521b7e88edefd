"""Unrolled GAN: a generator that plays against the discriminator of some steps later.

    discriminator   min_D  L(D, G) = E_x[-log D(x)] + E_z[-log(1 - D(G(z)))]      minimax
    generator       min_G  E_z[-log D_K(G(z))]                                   non_saturating
           or       min_G  E_z[log(1 - D_K(G(z)))]                               minimax

    w_0 = w,    w_j+1 = w_j - eta dL/dw_j,    D_K = D(.; w_K)

Metz, Poole, Pfau & Sohl-Dickstein, "Unrolled Generative Adversarial Networks" (2017), section
2.2. The K steps are looked at and not taken: D itself moves by its own player alone. The
generator's gradient goes through all of them, so it feels what D would do about a change of G.
"""

from dataclasses import dataclass

from torch.func import grad

from pipeline.models import gan
from pipeline.study.fields import Index, Positive


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    unrolled: Index = 5  # K, steps of plain gradient descent; 0: the GAN
    inner_rate: Positive = 0.01  # eta, their size

    def generator_loss(self, net, batch, noise):
        return super().generator_loss(self.later(net, batch, noise), batch, noise)

    def later(self, net, batch, noise):
        """The networks, the discriminator K steps on, each on this batch and this noise."""

        def lowered(weights):
            terms = self.discriminator_loss(net.replace(discriminator=weights), batch, noise)
            return sum(term.mean() for term in terms.values())

        weights = net.state["discriminator"]
        for _ in range(self.unrolled):
            gradients = grad(lowered)(weights)
            weights = {name: w - self.inner_rate * gradients[name] for name, w in weights.items()}
        return net.replace(discriminator=weights)
