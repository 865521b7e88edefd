"""Autoencoder: an encoder and a decoder that together reproduce their input.

    player    min  |x - y|^2,  y = c + D(E(x - c))                          squared_error
           or min  -sum_i [ p_i log s(a_i) + (1 - p_i) log(1 - s(a_i)) ]    bernoulli
                   p = (x + 1) / 2,  a = D(E(x - c)),  y = 2 s(a) - 1
             and   |x - c|^2                                                squared_error

Rumelhart, Hinton & Williams, "Learning Internal Representations by Error Propagation" (1986);
Hinton & Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks" (2006), for
both losses. Grey pixels are read as probabilities, so the lowest cross-entropy is not 0. c is
the mean image, learned at the same time: images that are not centred pull every code towards it
(LeCun et al., "Efficient BackProp", 1998, section 4.3). Encoder: (B, features) -> (B, latent)
codes; decoder: (B, latent) -> (B, features). Labels are not used.

An autoencoder is not a generative model: nothing in its loss says how codes are distributed.
`sample` decodes N(0, I) all the same, like a VAE's prior, so that the result can be measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal
from pipeline.networks import convolutional
from pipeline.networks.constant import Constant
from pipeline.networks.mlp import mlp
from pipeline.objectives import bernoulli
from pipeline.objectives.squared_error import squared_error
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    shape: tuple[int, ...]
    latent: Count
    network: Literal["linear", "mlp", "convolutional"]
    width: Count = 64  # hidden units, or channels after the first convolution
    depth: Count = 1  # hidden layers of each network of an mlp
    loss: Literal["squared_error", "bernoulli"] = "squared_error"

    def __post_init__(self) -> None:
        self.networks()  # raises on a shape that the convolutions cannot halve twice

    def networks(self) -> dict[str, nn.Module]:
        features, latent, hidden = self.features, self.latent, (self.width,) * self.depth
        match self.network:
            case "linear":
                encoder, decoder = mlp(features, latent), mlp(latent, features)
            case "mlp":
                encoder, decoder = mlp(features, *hidden, latent), mlp(latent, *hidden, features)
            case "convolutional":
                encoder = convolutional.encoder(self.shape, self.width, latent)
                decoder = convolutional.decoder(latent, self.width, self.shape)
        return {"centre": Constant(features), "encoder": encoder, "decoder": decoder}

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,))}

    def players(self) -> tuple[Player, ...]:
        return (Player("autoencoder", self.error, moves=("centre", "encoder", "decoder")),)

    def error(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, centre = batch["x"], net.centre()
        decoded = net.decoder(net.encoder(x - centre.detach()))
        if self.loss == "squared_error":
            error = squared_error(x - centre.detach(), decoded)
        else:
            error = bernoulli.negative_log_likelihood((x + 1) / 2, decoded)
        return {self.loss: error, "mean": squared_error(x, centre)}

    def code(self, net: Nets, x: Tensor) -> Tensor:
        """The code of each image, (B, latent)."""
        return net.encoder(x - net.centre())

    def decode(self, net: Nets, z: Tensor) -> Tensor:
        """The image of each code, in the units of the data."""
        decoded = net.decoder(z)
        if self.loss == "squared_error":
            return net.centre() + decoded
        return 2 * decoded.sigmoid() - 1

    def reconstruct(self, net: Nets, x: Tensor) -> Tensor:
        return self.decode(net, self.code(net, x))

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return self.decode(net, noise["z"])
