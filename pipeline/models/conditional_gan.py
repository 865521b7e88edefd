"""Conditional GAN: both players are told the class.

    discriminator   min_D  E_(x,y)[-log D(x, y)] + E_(z,c)[-log(1 - D(G(z, c), c))]    minimax
    generator       min_G  E_(z,c)[-log D(G(z, c), c)]                               non_saturating
           or       min_G  E_(z,c)[log(1 - D(G(z, c), c))]                            minimax

Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014), equation 2. The class enters
both as a one-hot vector beside the first input. It must be asked for as often as it occurs: c
is drawn from r, here uniform, and with p(y) the classes of the data the generator's criterion is

    C >= -log 4 + 2 JSD( p(y), r(y) )

whatever it draws. Digits are uniform to within sampling, where the floor lies 6e-5 above -log 4.
"""

from dataclasses import dataclass, field

import torch

from pipeline.engine.randomness import Integers
from pipeline.models import gan
from pipeline.objectives import minimax


@dataclass(frozen=True)
class Model(gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    classes: int = field(kw_only=True)  # K

    def networks(self):
        networks = super().networks()
        for network, inputs in (
            ("generator", self.latent + self.components),
            ("discriminator", self.features),
        ):
            networks[network][0] = torch.nn.Linear(inputs + self.classes, self.width)
        return networks

    def prior(self):
        return super().prior() | {"label": Integers(self.classes)}

    def asked(self, noise):
        """The class that each example was to be of, shape (B,)."""
        return noise["label"]

    def discriminator_loss(self, net, batch, noise):
        real = self.logits(net, self.with_class(batch["x"], batch["label"]))
        return {"minimax": minimax.discriminator_loss(real, self.fake_logits(net, noise))}

    def generator_loss(self, net, batch, noise):
        loss = gan.GENERATOR_LOSSES[self.generator_objective]
        return {self.generator_objective: loss(self.fake_logits(net, noise))}

    def fake_logits(self, net, noise):
        return self.logits(net, self.with_class(self.sample(net, noise), self.asked(noise)))

    def latents(self, noise):
        return self.with_class(super().latents(noise), self.asked(noise))

    def with_class(self, x, label):
        """x, and after it the class as a one-hot vector, shape (B, ... + classes)."""
        classes = torch.arange(self.classes, device=x.device)
        chosen = label[:, None] == classes  # one_hot looks at values: it cannot be traced
        return torch.cat([x, chosen.to(x.dtype)], dim=-1)
