"""Independent categorical pixels: one die per pixel, fitted by maximum likelihood.

    p(x) = prod_j p_j(k_j),    k = levels (x + 1) / 2,    p_j = softmax(a_j)
    player    min  -log p(x)                                  cross_entropy, summed over pixels

The simplest explicit density. The minimum is where p_j(k) is the frequency of grey level k at
pixel j: Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs"
(1990), section 2. With one pixel it is a die. Samples come from the inverse of the cumulative
distribution function at a uniform number, for each pixel by itself: pixels are independent.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Uniform
from pipeline.networks.marginals import Marginals
from pipeline.objectives import cross_entropy
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    levels: Count  # above the lowest

    def networks(self) -> dict[str, nn.Module]:
        return {"marginals": Marginals(self.features, self.levels + 1)}

    def prior(self) -> Mapping[str, Distribution]:
        return {"u": Uniform((self.features,))}

    def likelihood_noise(self) -> Mapping[str, Distribution]:
        return {}

    def players(self) -> tuple[Player, ...]:
        return (Player("marginals", self.loss, ("marginals",)),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        return {"negative_log_likelihood": self.negative_log_likelihood(net, batch, noise)}

    def negative_log_likelihood(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """-log P(x) of each example, summed over pixels, in nats, (B,)."""
        level = ((batch["x"] + 1) / 2 * self.levels).round().long()
        logits = net.marginals().expand(*level.shape, -1)
        each = cross_entropy.cross_entropy(logits.flatten(0, 1), level.flatten())
        return each.view(level.shape).sum(-1)

    def distribution(self, net: Nets) -> Tensor:
        """log p_j(k), shape (features, levels + 1)."""
        return net.marginals().log_softmax(-1)

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        sums = (
            self.distribution(net).exp().cumsum(-1)[:, :-1]
        )  # the last sum is set to 1, free of rounding
        level = (noise["u"][..., None] >= sums).sum(-1)
        return 2 * level.to(sums.dtype) / self.levels - 1
