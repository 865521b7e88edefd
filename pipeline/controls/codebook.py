"""A codebook: 512 training examples, given out again and again. Sharp, true, and nothing new.

    x = c_j,    j uniform over the codebook,    c_1, ..., c_512 training examples

Gray, "Vector Quantization" (1984), calls such a set a codebook. Each replica has its own. It
loses no mode of a ring or a grid, and its samples are as good as the data: what praises it
measures no generalisation, and a generator whose latent has few pieces is hardly more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.controls import Fitted, Samples, Stored
from pipeline.engine.ensemble import Nets, Noise
from pipeline.engine.randomness import Distribution, Integers, Uniform, draw

SIZE = 512


@dataclass(frozen=True)
class Control(Samples):
    """A few training examples, drawn with repetition."""

    @property
    def size(self) -> int:
        """How many, all of them different examples."""
        return min(SIZE, len(self.train))

    def networks(self) -> dict[str, nn.Module]:
        return {"codebook": Stored(examples=(self.size, self.dataset.features))}

    def fitted(self, seed: int) -> Fitted:
        order = draw(Uniform(()), (len(self.train),), seed, "control/codebook", 0, "cpu")
        return {"codebook": {"examples": self.train[order.argsort()[: self.size]]}}

    def prior(self) -> Mapping[str, Distribution]:
        return {"j": Integers(self.size)}

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        (examples,) = net.codebook()
        return examples[noise["j"]]
