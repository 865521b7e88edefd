"""SinGAN: a pyramid of games on one image, coarse to fine.

    scale n         y_n = G_n(z_n, up(y_n-1)),    x_n the image at that size
    discriminator   min_D  E_z[ 1/P sum_p D_p(y_n) ] - 1/P sum_p D_p(x_n)           wasserstein
                           + g E[ (|grad of 1/P sum_p D_p at x^| - 1)^2 ]      gradient_penalty
    generator       min_G  -E_z[ 1/P sum_p D_p(y_n) ]                               wasserstein
                           + w 1/n |x_n - r_n|^2                                  squared_error
    r_0 = G_0(z*, 0),    r_n = G_n(0, up(r_n-1)),    z* fixed
    noise of scale n    s_n z_n,    s_0 = 1,    s_n = s (1/n |x_n - up(r_n-1)|^2)^1/2

Shaham, Dekel & Michaeli, "SinGAN: Learning a Generative Model from a Single Natural Image" (2019),
equations 1 to 6: g = .1, w = 10, s = .1, three steps of each player, a ratio of 3/4. The scales
are trained one after another, for equal shares of the rounds, and a scale stands still once the
next begins: so r_n-1, and with it s_n, are the same in every round of scale n and ever after. What
is drawn are images whose patches are those of the one image. Networks, and how they depart:
pipeline/networks/pyramid.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.phases import Phase
from pipeline.engine.randomness import Distribution, Normal, Uniform
from pipeline.models.adversarial import gradients
from pipeline.networks import pyramid
from pipeline.networks.pyramid import FixedNoise, PatchCritic, Refiner, resized
from pipeline.objectives import gradient_penalty, wasserstein
from pipeline.objectives.patches import patch_mean
from pipeline.objectives.squared_error import squared_error
from pipeline.study.fields import Count, Fraction, NonNegative


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    width: Count  # channels of all layers
    layers: Count = 4  # L of both networks: patches of 2 L + 1 pixels
    scales: Count = 4  # N
    ratio: Fraction = 0.75  # of the sides of a scale to those of the next
    k: Count = 3  # discriminator steps per round
    generator_steps: Count = 3
    penalty: NonNegative = 0.1  # g
    reconstruction: NonNegative = 10.0  # w
    amplitude: NonNegative = 0.1  # s
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        if self.layers < 2:
            raise ValueError("layers must be at least 2")
        if min(self.sides[0]) <= 2 * self.layers:
            patch = f"a patch of {2 * self.layers + 1} pixels, larger than the coarsest scale"
            raise ValueError(f"{self.layers} layers see {patch}, {self.sides[0]}")

    @property
    def sides(self) -> list[pyramid.Shape]:
        """Height and width of each scale, the coarsest first."""
        return pyramid.sides(self.shape, self.scales, self.ratio)

    def networks(self) -> Mapping[str, nn.Module]:
        height, width = self.sides[0]
        made: dict[str, nn.Module] = {"start": FixedNoise(height * width)}
        for n in range(self.scales):
            made[f"generator_{n}"] = Refiner(self.width, self.layers)
            made[f"discriminator_{n}"] = PatchCritic(self.width, self.layers)
        return made

    def prior(self) -> Mapping[str, Distribution]:
        return self.noise(self.scales - 1)

    def noise(self, scale: int) -> dict[str, Distribution]:
        """z of all scales up to this one."""
        sizes = (height * width for height, width in self.sides[: scale + 1])
        return {f"z{n}": Normal((size,)) for n, size in enumerate(sizes)}

    def players(self) -> tuple[Player, ...]:
        found: list[Player] = []
        for n in range(self.scales):
            z = self.noise(n)
            between: Mapping[str, Distribution] = {"epsilon": Uniform(()), **z}
            judge, maker = f"discriminator_{n}", f"generator_{n}"
            loss_d, loss_g = partial(self.discriminator_loss, n), partial(self.generator_loss, n)
            found += [
                Player(judge, loss_d, (judge,), between, self.k),
                Player(maker, loss_g, (maker,), z, self.generator_steps),
            ]
        return tuple(found)

    def phases(self) -> tuple[Phase, ...]:
        share = 1 / self.scales
        pairs = ((f"discriminator_{n}", f"generator_{n}") for n in range(self.scales))
        return tuple(Phase(pair, share) for pair in pairs)

    def discriminator_loss(self, scale: int, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real = self.real(batch["x"], scale)
        _, amplitude = self.known(net, real, scale)
        fake = self.made(net, noise, scale, amplitude)

        def scores(x: Tensor) -> Tensor:
            return patch_mean(self.patch_scores(net, x, scale))

        points = gradient_penalty.between(real, fake, noise["epsilon"])
        paid = self.penalty * gradient_penalty.one_centred(gradients(scores, points))
        return {
            "wasserstein": wasserstein.discriminator_loss(scores(real), scores(fake)),
            "gradient_penalty": paid,
        }

    def generator_loss(self, scale: int, net: Nets, batch: Batch, noise: Noise) -> Terms:
        real = self.real(batch["x"], scale)
        known, amplitude = self.known(net, real, scale)
        fake = self.made(net, noise, scale, amplitude)
        start = net.start().expand_as(real) if scale == 0 else torch.zeros_like(real)
        again = self.refined(net, start, known, scale, amplitude)
        scores = patch_mean(self.patch_scores(net, fake, scale))
        weight = self.reconstruction / real.shape[-1]
        return {
            "wasserstein": wasserstein.generator_loss(scores),
            "squared_error": weight * squared_error(real, again),
        }

    def real(self, x: Tensor, scale: int) -> Tensor:
        """x_n, (B, H W of the scale)."""
        return resized(x, self.shape, self.sides[scale])

    def known(self, net: Nets, real: Tensor, scale: int) -> tuple[Tensor, Tensor]:
        """up(r_n-1), (B, H W), or 0 at the coarsest scale, and s_n, (). real: x_n."""
        if scale == 0:
            return torch.zeros_like(real), torch.ones_like(real[0, 0])
        below = self.reconstructed(net, scale - 1).expand(len(real), -1)
        known = resized(below, self.sides[scale - 1], self.sides[scale])
        return known, self.amplitude * (real - known)[0].square().mean().sqrt()

    def reconstructed(self, net: Nets, scale: int) -> Tensor:
        """r_n of a scale whose generator is finished, (1, H W)."""
        start: Tensor = net.start()
        y = self.refined(net, start, torch.zeros_like(start), 0)
        for n in range(1, scale + 1):
            y = resized(y, self.sides[n - 1], self.sides[n])
            y = self.refined(net, torch.zeros_like(y), y, n)
        return y

    def made(self, net: Nets, noise: Noise, scale: int, amplitude: Tensor | None = None) -> Tensor:
        """y_n, (B, H W of the scale). amplitude: s_n, while the scale is trained."""
        y, last = torch.zeros_like(noise["z0"]), self.sides[0]
        for n, size in enumerate(self.sides[: scale + 1]):
            u = resized(y, last, size)
            own = amplitude if n == scale else None
            y, last = self.refined(net, noise[f"z{n}"], u, n, own), size
        return y

    def refined(
        self,
        net: Nets,
        z: Tensor,
        coarser: Tensor,
        scale: int,
        amplitude: Tensor | None = None,
        shape: pyramid.Shape | None = None,
    ) -> Tensor:
        """G_n(z, u), (B, H W). shape: H and W, where they are not those of the scale."""
        made: Tensor = getattr(net, f"generator_{scale}")(
            z, coarser, shape or self.sides[scale], amplitude
        )
        return made

    def patch_scores(self, net: Nets, x: Tensor, scale: int) -> Tensor:
        """D_p of images of a scale, (B, P)."""
        scores: Tensor = getattr(net, f"discriminator_{scale}")(x, self.sides[scale])
        return scores

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        return self.made(net, noise, self.scales - 1)

    def injected(self, net: Nets, x: Tensor, noise: Noise, scale: int) -> Tensor:
        """What the scales from this one on make of an image of full size, (B, H W)."""
        last = self.sides[scale - 1] if scale else self.sides[0]
        y = resized(x, self.shape, last)
        for n in range(scale, self.scales):
            y = resized(y, last, self.sides[n])
            y, last = self.refined(net, noise[f"z{n}"], y, n), self.sides[n]
        return y

    def enlarged(self, net: Nets, x: Tensor, shape: pyramid.Shape, to: pyramid.Shape) -> Tensor:
        """An image of any size at a larger one, with the details of the finest scale, (B, H' W').

        shape: H and W of x. to: H' and W'.
        """
        y = resized(x, shape, to)
        return self.refined(net, torch.zeros_like(y), y, self.scales - 1, shape=to)
