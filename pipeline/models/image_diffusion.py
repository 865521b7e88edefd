"""Diffusion of images: a U-Net that predicts the noise, and samples by removing it in steps.

    player    min  | e - e'(x_t, t) |^2                       noise_prediction

x_t = sqrt(A_t) x_0 + sqrt(1 - A_t) e with t uniform in 1 ... T, as in diffusion.py, whose network
knows nothing of where a pixel lies. Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models"
(2020), equation 14, algorithms 1 and 2; DDIM: Song, Meng & Ermon (2021), equation 12. Network:
pipeline/networks/small_images.py; it predicts what the best guess for noise of such a signal,
x_t sqrt(1 - A_t), leaves of e. Pixels are clipped to [-1, 1] in each estimate of x_0 while
sampling, as in the published code of the paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution, Integers, Normal
from pipeline.networks.small_images import TimedUNet
from pipeline.objectives import diffusion_process, noise_prediction
from pipeline.objectives.diffusion_process import clean, noise_of, noised, reverse_step
from pipeline.study.fields import Count


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    width: Count  # channels at the size of the image
    steps: Count = 100  # T
    schedule: Literal["linear", "cosine", "log_snr"] = "cosine"
    sampler: Literal["ancestral", "ddim"] = "ancestral"
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.networks()  # raises on a shape that cannot be halved twice

    def networks(self) -> dict[str, nn.Module]:
        return {"denoiser": TimedUNet(self.shape, self.width)}

    def prior(self) -> Mapping[str, Distribution]:
        """x_T, and the noise of every step."""
        x, steps = Normal((self.features,)), Normal((self.steps, self.features))
        return {"x": x, "steps": steps} if self.sampler == "ancestral" else {"x": x}

    def players(self) -> tuple[Player, ...]:
        noise: dict[str, Distribution] = {
            "e": Normal((self.features,)),
            "step": Integers(self.steps),
        }
        return (Player("denoiser", self.loss, ("denoiser",), noise=noise),)

    def loss(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        x, e, step = batch["x"], noise["e"], noise["step"]
        log_snr = self.log_snr(x)[step][:, None]
        predicted = self.predicted(net, noised(x, e, log_snr), step, log_snr)
        return {"noise_prediction": noise_prediction.squared_error(e, predicted)}

    def log_snr(self, x: Tensor) -> Tensor:
        """l_1 ... l_T, shape (T,), on the device and of the type of x."""
        log_snr = diffusion_process.log_snr_schedule(self.schedule, self.steps, x.device)
        return log_snr.to(x.dtype)

    def predicted(self, net: Nets, xt: Tensor, step: Tensor, log_snr: Tensor) -> Tensor:
        """The predicted noise e', (B, features). step: t - 1, (B,). log_snr: l_t, () or (B, 1)."""
        left = net.denoiser(xt, (step + 1) / self.steps)
        return (-log_snr).sigmoid().sqrt() * xt + left

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """From x_T in T steps to an image."""
        xt, log_snr = noise["x"], self.log_snr(noise["x"])
        for i in reversed(range(self.steps)):
            everyone = torch.full(xt.shape[:1], i, device=xt.device)
            e = self.predicted(net, xt, everyone, log_snr[i])
            e = noise_of(xt, clean(xt, e, log_snr[i]).clamp(-1.0, 1.0), log_snr[i])
            before = log_snr[i - 1] if i else torch.full_like(log_snr[i], torch.inf)
            drawn = self.sampler == "ancestral"
            fresh = noise["steps"][:, i] if drawn else torch.zeros_like(e)
            xt = reverse_step(xt, e, fresh, log_snr[i], before, eta=float(drawn))
        return xt
