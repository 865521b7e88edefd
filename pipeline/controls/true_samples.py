"""True samples: the best that there is, and how far from its reference each number then is.

    x = m_k + s e,    k uniform,  e ~ N(0, I)

where the data's law is a known mixture (Lin et al., "PacGAN", 2018, section 4.1); else validation
examples, with repetition.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.controls import Samples
from pipeline.engine.ensemble import Nets, Noise
from pipeline.engine.randomness import Distribution, Integers, Normal


@dataclass(frozen=True)
class Control(Samples):
    """The data's own law, or examples that no training has seen."""

    @property
    def known(self) -> bool:
        """Whether the law is a mixture of equal isotropic modes."""
        return hasattr(self.dataset, "means") and hasattr(self.dataset, "scale")

    def prior(self) -> Mapping[str, Distribution]:
        if self.known:
            return {"k": Integers(len(self.dataset.means)), "e": Normal((self.dataset.features,))}
        return {"k": Integers(len(self.validation))}

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        if not self.known:
            return self.validation[noise["k"]]
        means = torch.as_tensor(self.dataset.means, dtype=noise["e"].dtype)
        return means[noise["k"]] + self.dataset.scale * noise["e"]
