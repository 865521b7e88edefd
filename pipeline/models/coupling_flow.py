"""Normalizing flow: an invertible network from data to normal noise, and an exact likelihood.

    player    min  -log N(f(y); 0, I) - log |det df/dy|       change_of_variables

Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP" (2017), equations 2 and 3.
Samples: x = f^-1(z), z ~ N(0, I).

Pixels are whole numbers, on which a density could grow without bound. So they are spread evenly
over their cells (dequantisation), and the loss is an upper bound on -log P(x). Where the paper
applies a logit, one fixed map for every feature, each feature has a learned histogram.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Normal, Uniform
from pipeline.networks.coupling import Flow
from pipeline.objectives import change_of_variables, dequantisation
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    couplings: Count
    width: Count
    depth: Count = 1  # hidden layers of each coupling
    levels: Index = 0  # grey levels above the lowest; 0: x has a density
    bins: Index = 0  # of each feature's histogram; 0: a scale and a shift instead

    def __post_init__(self) -> None:
        if self.features % 2:
            raise ValueError(f"a coupling needs two equal halves, not {self.features} features")
        if self.bins and not self.levels:
            raise ValueError("bins are for data in [-1, 1], on levels")

    def networks(self) -> dict[str, nn.Module]:
        flow = Flow(self.features, self.couplings, self.width, self.depth, self.bins)
        return {"flow": flow}

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.features,))}

    def likelihood_noise(self) -> Mapping[str, Distribution]:
        """The uniform position of each pixel in its cell."""
        return {"u": Uniform((self.features,))} if self.levels else {}

    def players(self) -> tuple[Player, ...]:
        return (Player("flow", self.loss, ("flow",), noise=self.likelihood_noise()),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        return {"negative_log_likelihood": self.negative_log_likelihood(net, batch, noise)}

    def negative_log_likelihood(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """-log p(x) of each example in nats, (B,); of pixels, a bound on -log P(x)."""
        x = batch["x"]
        if not self.levels:
            return change_of_variables.negative_log_likelihood(*net.flow(x))
        y = dequantisation.spread(x, noise["u"], self.levels)
        value = change_of_variables.negative_log_likelihood(*net.flow(y))
        return dequantisation.in_levels(value, self.features, self.levels)

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        y, _ = net.flow(noise["z"], True)
        return dequantisation.gathered(y, self.levels) if self.levels else y
