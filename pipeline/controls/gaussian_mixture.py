"""A mixture of Gaussians with full covariances, fitted by expectation maximisation.

    p(x) = sum_k w_k N(x; m_k, S_k)

Dempster, Laird & Rubin (1977), by scikit-learn; K and what is added to the diagonal are those with
the highest likelihood of validation examples. Grey pixels are spread evenly over their cells, so
that the density is one of level and noise and its -log a bound on -log P(x) in units of one level
(Theis, van den Oord & Bethge, "A note on the evaluation of generative models", 2016, section 3.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.controls import Fitted, Stored
from pipeline.engine.ensemble import Batch, Nets, Noise
from pipeline.engine.randomness import Distribution, Normal, Uniform, draw

COMPONENTS = (1, 2, 4, 8, 16, 32)
ADDED = (1e-6, 0.03, 0.3)  # to the diagonal, in squared units of the data or of a grey level
SPREAD = 4  # times that each training image is spread over its cells
NEVER = -1e4  # log weight of a component that is not there


@dataclass(frozen=True)
class Control:
    """A density, or one of grey levels that are spread."""

    dataset: Any
    train: Tensor  # (N, features)
    validation: Tensor

    @property
    def levels(self) -> int:
        """Grey levels above the lowest; 0 where p is a density of points."""
        return self.dataset.levels or 0

    def networks(self) -> dict[str, nn.Module]:
        k, d = max(COMPONENTS), self.dataset.features
        return {"mixture": Stored(log_weights=(k,), means=(k, d), whitening=(k, d, d))}

    def fitted(self, seed: int) -> Fitted:
        from sklearn.mixture import GaussianMixture  # a second, and only this control pays it

        times = SPREAD if self.levels else 1
        x, held = (
            self._placed(split.repeat(times, 1), seed, name).double().numpy()
            for name, split in (("train", self.train), ("validation", self.validation))
        )
        kinds = [(k, added) for k in COMPONENTS for added in ADDED if k <= len(x)]
        made = [
            GaussianMixture(k, reg_covar=added, max_iter=40, random_state=seed).fit(x)
            for k, added in kinds
        ]
        best = max(made, key=lambda mixture: mixture.score(held))
        absent = max(COMPONENTS) - len(best.weights_)
        d = self.dataset.features
        found = {
            "log_weights": (np.full(absent, NEVER), np.log(best.weights_)),
            "means": (np.zeros((absent, d)), best.means_),
            "whitening": (np.tile(np.eye(d), (absent, 1, 1)), best.precisions_cholesky_),
        }
        return {
            "mixture": {n: torch.from_numpy(np.concatenate(parts)) for n, parts in found.items()}
        }

    def _placed(self, x: Tensor, seed: int, name: str) -> Tensor:
        """Points as they are; grey levels somewhere in their cells."""
        u = draw(Uniform((x.shape[1],)), (len(x),), seed, f"control/spread/{name}", 0, "cpu")
        return self._spread(x, u)

    def _spread(self, x: Tensor, u: Tensor) -> Tensor:
        return ((x + 1) / 2 * self.levels).round() + u if self.levels else x

    def likelihood_noise(self) -> Mapping[str, Distribution]:
        return {"u": Uniform((self.dataset.features,))} if self.levels else {}

    def negative_log_likelihood(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        log_weights, means, whitening = net.mixture()
        x = self._spread(batch["x"], noise.get("u", batch["x"]))
        far = torch.einsum("bkd,kde->bke", x[:, None] - means, whitening).square().sum(-1)
        volume = whitening.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        each = log_weights + volume - far / 2 - x.shape[-1] * log(2 * pi) / 2
        return -each.logsumexp(-1)

    def prior(self) -> Mapping[str, Distribution]:
        return {"k": Uniform(()), "e": Normal((self.dataset.features,))}

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        log_weights, means, whitening = net.mixture()
        k = (noise["k"][..., None] >= log_weights.exp().cumsum(-1)[:-1]).sum(-1)
        # y - m = e W^-1, as (y - m) W is white.
        turned = torch.linalg.inv(whitening)[k]
        y = means[k] + torch.einsum("be,bed->bd", noise["e"], turned)
        if not self.levels:
            return y
        return 2 * y.floor().clamp(0, self.levels) / self.levels - 1
