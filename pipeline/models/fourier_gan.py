"""A relativistic GAN whose discriminator sees waves of a point beside the point.

    a(x) = MLP(x, a_j sin(w_j x), a_j cos(w_j x))                                networks/fourier

The game is that of relativistic_gan.py. Twenty-five modes that are a 160th of the plane wide ask
of a discriminator a steep and a wide view at once. An MLP of the point alone leaves modes
2 to 5 standard deviations off their places; with waves from 12.6 units long to .8 they are
found. Tancik et al., "Fourier Features Let Networks Learn High Frequency Functions in Low
Dimensional Domains" (2020), for the features; the game with them is this study's.
"""

from dataclasses import dataclass

from torch import nn

from pipeline.models import relativistic_gan
from pipeline.networks.fourier import Fourier, width
from pipeline.networks.mlp import mlp
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model(relativistic_gan.Model):
    """Everything here is written for one replica; the ensemble adds the others."""

    octaves: Count = 5  # J, waves of each coordinate

    def networks(self):
        seen, hidden = width(self.features, self.octaves), (self.width,) * self.depth
        networks = super().networks()
        networks["discriminator"] = nn.Sequential(Fourier(self.octaves), *mlp(seen, *hidden, 1))
        networks["discriminator"][-1].bias = None  # it cancels: only differences of a count
        return networks
