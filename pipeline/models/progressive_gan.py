"""A progressively grown GAN: both networks begin with small images and grow, stage by stage.

    image of stage i    I_i = a G_i(z) + (1 - a) up(G_i-1(z)),    x_i = a x + (1 - a) up(down(x))
    discriminator       min_D  E_(x,z)[ D(I_i) - D(x_i) ]                           wasserstein
                               + g E[ (|grad D(x^)| - 1)^2 ]                   gradient_penalty
    generator           min_G  E_z[ -D(I_i) ]                                       wasserstein

x of the sides of stage i by means of its pixels; D, too, is faded: a of its newest layers, 1 - a
of what it was before on down(x). a rises from 0 to 1 over the first half of a stage, `fade`, and
the first stage has none. Karras, Aila, Laine & Lehtinen, "Progressive Growing of GANs for Improved
Quality, Stability, and Variation" (2018), sections 2 and A, with the loss of Gulrajani et al.
(2017), g = 10. All stages have equal shares of the rounds. With `grow: false` the same networks
are trained at full size from the start: the control. Departures: each stage has optimizers of its
own, which forget the moments of the last; no average of weights unless `average` asks for one.
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
from pipeline.networks.growing import Judge, Maker, doubled, halved
from pipeline.objectives import gradient_penalty, wasserstein
from pipeline.study.fields import Count, Fraction, NonNegative


@dataclass(frozen=True)
class Model:
    """Everything here is written for one replica; the ensemble adds the others."""

    features: int
    latent: Count
    width: Count  # channels of all layers
    stages: Count = 2
    k: Count = 1  # discriminator steps per round
    fade: Fraction = 0.5  # share of a stage in which a rises
    penalty: NonNegative = 10.0  # g
    grow: bool = True  # whether the stages are trained one after another
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        if any(side % 2 ** (self.stages - 1) for side in self.shape):
            times = f"multiples of {2 ** (self.stages - 1)}: {self.shape}"
            raise ValueError(f"{self.stages} stages need sides that are {times}")

    def sides(self, stage: int) -> tuple[int, int]:
        """Height and width of a stage's images."""
        over = 2 ** (self.stages - 1 - stage)
        return self.shape[0] // over, self.shape[1] // over

    def networks(self) -> Mapping[str, nn.Module]:
        made: dict[str, nn.Module] = {}
        for j in range(self.stages):
            sides = self.sides(j)
            made[f"generator_{j}"] = Maker(self.latent, self.width, sides, first=j == 0)
            made[f"discriminator_{j}"] = Judge(self.width, sides, first=j == 0)
        return made

    def trained(self) -> range:
        """The stages that are trained, in their order."""
        return range(0 if self.grow else self.stages - 1, self.stages)

    def players(self) -> tuple[Player, ...]:
        z, found = self.prior(), []
        for i in self.trained():
            own = [
                [f"{side}_{j}" for j in range(i + 1)] for side in ("discriminator", "generator")
            ]
            between: Mapping[str, Distribution] = {"epsilon": Uniform(()), **z}
            loss_d, loss_g = partial(self.discriminator_loss, i), partial(self.generator_loss, i)
            judges, makers = (tuple(names) for names in own)
            found += [
                Player(judges[-1], loss_d, judges, between, self.k, progress=True),
                Player(makers[-1], loss_g, makers, z, progress=True),
            ]
        return tuple(found)

    def phases(self) -> tuple[Phase, ...]:
        stages = self.trained()
        return tuple(
            Phase((f"discriminator_{i}", f"generator_{i}"), 1 / len(stages)) for i in stages
        )

    def prior(self) -> Mapping[str, Distribution]:
        return {"z": Normal((self.latent,))}

    def share(self, stage: int, progress: Tensor) -> Tensor:
        """a, the share of the newest layers, ()."""
        grown = stage > 0 and self.grow
        return (progress / self.fade).clamp(max=1) if grown else torch.ones_like(progress)

    def discriminator_loss(self, stage: int, net: Nets, batch: Batch, noise: Noise) -> Terms:
        a = self.share(stage, batch["progress"])
        real, fake = self.real(stage, batch["x"], a), self.made(stage, net, noise, a)

        def scores(x: Tensor) -> Tensor:
            return self.judged(stage, net, x, a)

        points = gradient_penalty.between(real, fake, noise["epsilon"])
        paid = self.penalty * gradient_penalty.one_centred(gradients(scores, points))
        return {
            "wasserstein": wasserstein.discriminator_loss(scores(real), scores(fake)),
            "gradient_penalty": paid,
        }

    def generator_loss(self, stage: int, net: Nets, batch: Batch, noise: Noise) -> Terms:
        a = self.share(stage, batch["progress"])
        made = self.made(stage, net, noise, a)
        return {"wasserstein": wasserstein.generator_loss(self.judged(stage, net, made, a))}

    def real(self, stage: int, x: Tensor, a: Tensor) -> Tensor:
        """x_i: data of the sides of a stage, faded in."""
        for j in reversed(range(stage + 1, self.stages)):
            x = halved(x, self.sides(j))
        if stage == 0:
            return x
        coarse = doubled(halved(x, self.sides(stage)), self.sides(stage - 1))
        return a * x + (1 - a) * coarse

    def made(self, stage: int, net: Nets, noise: Noise, a: Tensor | None = None) -> Tensor:
        """I_i, of the sides of a stage. a: None: what each stage has kept."""
        image: Tensor
        h, image, _ = net.generator_0(noise["z"])
        for j in range(1, stage + 1):
            maker = getattr(net, f"generator_{j}")
            share = None if a is None else a if j == stage else torch.ones_like(a)
            h, finer, shown = maker(h, share)
            shown = shown if share is None else share
            image = shown * finer + (1 - shown) * doubled(image, self.sides(j - 1))
        return image

    def judged(self, stage: int, net: Nets, x: Tensor, a: Tensor) -> Tensor:
        """D of images of a stage, (B,)."""
        judges = [getattr(net, f"discriminator_{j}") for j in range(stage + 1)]
        h: Tensor = judges[stage](x, True)
        if stage:
            before = judges[stage - 1](halved(x, self.sides(stage)), True)
            h = a * judges[stage](h, False) + (1 - a) * before
        for judge in reversed(judges[: max(stage, 1)]):
            h = judge(h, False)
        return h[:, 0]

    def scores(self, net: Nets, x: Tensor) -> Tensor:
        return self.judged(self.stages - 1, net, x, torch.ones_like(x[0, 0]))

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """Of full size at any time: a stage that is not yet trained shows nothing of its own."""
        return self.made(self.stages - 1, net, noise)
