"""Diffusion: a network that predicts the noise in data, and samples by removing noise in steps.

    player    min  | e - e'(x_t, t) |^2                       noise_prediction
    bound     -log p(x_0) <= L_0 + L_1 + ... + L_T            diffusion_process, gaussian_kl
    L_0       -log N(x_0; x_0', (1 - A_1) I), or the mass of each pixel's bin

x_t = sqrt(A_t) x_0 + sqrt(1 - A_t) e with t uniform in 1 ... T; x_0' is the estimate of x_0 that
follows from e'. Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models" (2020), equations 5,
11, 13 and 14, algorithms 1 and 2; DDIM: Song, Meng & Ermon (2021), equation 12. The reverse steps
have the variance of q(x_t-1 | x_t, x_0); schedules: pipeline/objectives/diffusion_process.py.

Departure, for pixels on a grid of levels g_k: the network gives logits a_k of each pixel's level,
from its surroundings, and Bayes' rule adds the likelihood of the pixel's own noisy value,

    x_0' = sum_k g_k softmax_k( a_k - (x_t - sqrt(A_t) g_k)^2 / (2 (1 - A_t)) )

so that e' need not learn where the grid is (Austin et al., "Structured Denoising Diffusion
Models in Discrete State-Spaces", 2021, section 3.3, predict such logits). levels = 0: e' itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers, Normal
from pipeline.networks.timed import Timed
from pipeline.objectives import (
    diffusion_process,
    discretised_gaussian,
    gaussian,
    gaussian_kl,
    noise_prediction,
)
from pipeline.objectives.diffusion_process import clean, noise_of, noised, reverse_step, step_kl
from pipeline.study.fields import Count, Index


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    width: Count
    depth: Count = 2  # hidden layers
    steps: Count = 100  # T
    schedule: Literal["linear", "cosine", "log_snr"] = "log_snr"
    levels: Index = 0  # grey levels above the lowest; 0: x has a density
    sampler: Literal["ancestral", "ddim"] = "ancestral"

    def networks(self) -> dict[str, nn.Module]:
        outputs = self.features * (self.levels + 1)
        return {"denoiser": Timed(self.features, *(self.width,) * self.depth, outputs)}

    def prior(self) -> Mapping[str, Distribution]:
        """x_T, and the noise of every step."""
        x, steps = Normal((self.features,)), Normal((self.steps, self.features))
        return {"x": x, "steps": steps} if self.sampler == "ancestral" else {"x": x}

    def likelihood_noise(self) -> Mapping[str, Distribution]:
        """One draw of e per step of the bound."""
        return {"e": Normal((self.steps, self.features))}

    def players(self) -> tuple[Player, ...]:
        noise: dict[str, Distribution] = {
            "e": Normal((self.features,)),
            "step": Integers(self.steps),
        }
        return (Player("denoiser", self.loss, ("denoiser",), noise=noise),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, e, step = batch["x"], noise["e"], noise["step"]
        log_snr = self.log_snr(x)[step][:, None]
        xt = noised(x, e, log_snr)
        predicted = self.predicted(net, xt, step, log_snr)
        return {"noise_prediction": noise_prediction.squared_error(e, predicted)}

    def log_snr(self, x: Tensor) -> Tensor:
        """l_1 ... l_T, shape (T,), on the device and of the type of x."""
        log_snr = diffusion_process.log_snr_schedule(self.schedule, self.steps, x.device)
        return log_snr.to(x.dtype)

    def predicted(self, net: Nets, xt: Tensor, step: Tensor, log_snr: Tensor) -> Tensor:
        """The predicted noise e', (B, features). step: t - 1, (B,). log_snr: l_t, () or (B, 1)."""
        out = net.denoiser(xt, (step + 1) / self.steps)
        if not self.levels:
            return out
        grid = torch.linspace(-1, 1, self.levels + 1, dtype=xt.dtype, device=xt.device)
        alone = noise_of(xt[..., None], grid, log_snr[..., None])
        logits = out.unflatten(-1, (self.features, -1)) - alone.square() / 2
        x = (logits.softmax(-1) * grid).sum(-1)
        return noise_of(xt, x, log_snr)

    def negative_log_likelihood(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """The bound on -log p(x_0) of each example, from one draw of e per step, in nats, (B,)."""
        x, log_snr = batch["x"], self.log_snr(batch["x"])
        total = self.last_term(x, log_snr)
        for i in range(self.steps):
            e = noise["e"][:, i]
            xt = noised(x, e, log_snr[i])
            predicted = self.predicted(net, xt, self.everyone(i, x), log_snr[i])
            if i:
                total = total + step_kl(e, predicted, log_snr[i], log_snr[i - 1])
            else:
                total = total + self.decoder_term(x, xt, predicted, log_snr[0])
        return total

    def last_term(self, x: Tensor, log_snr: Tensor) -> Tensor:
        """L_T = KL( q(x_T | x_0) || N(0, I) ), in nats, (B,)."""
        mean = log_snr[-1].sigmoid().sqrt() * x
        log_variance = logsigmoid(-log_snr[-1]).expand_as(x)
        return gaussian_kl.kl_to_standard_normal(mean, log_variance)

    def decoder_term(self, x: Tensor, xt: Tensor, predicted: Tensor, log_snr: Tensor) -> Tensor:
        """L_0 = -log p(x_0 | x_1), in nats, (B,)."""
        mean = clean(xt, predicted, log_snr)
        log_variance = logsigmoid(-log_snr)
        if not self.levels:
            return gaussian.negative_log_likelihood(x, mean, log_variance)
        likelihood = discretised_gaussian.negative_log_likelihood
        return likelihood(x, mean, log_variance, self.levels)

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """From x_T in T steps to the mean of p(x_0 | x_1)."""
        xt, log_snr = noise["x"], self.log_snr(noise["x"])
        for i in reversed(range(self.steps)):
            e = self.predicted(net, xt, self.everyone(i, xt), log_snr[i])
            before = log_snr[i - 1] if i else log_snr.new_tensor(torch.inf)
            if self.sampler == "ancestral":
                xt = reverse_step(xt, e, noise["steps"][:, i], log_snr[i], before, eta=1.0)
            else:
                xt = reverse_step(xt, e, torch.zeros_like(e), log_snr[i], before, eta=0.0)
        return xt

    def everyone(self, step: int, x: Tensor) -> Tensor:
        """The same step for every example, (B,)."""
        return torch.full(x.shape[:1], step, device=x.device)
