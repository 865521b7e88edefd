"""What is timed: seven games, each with its data, batch and Adam.

The last three are runs of params.yaml as they stand, so that the benchmark follows the study.
`tiny` are the fields that make a model small enough for a test.
"""

import os
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from benchmarks.games import Dcgan, MlpGan, WganGp
from pipeline import datasets, models
from pipeline.models import vae
from pipeline.stages import check

GAN_ADAM = {"lr": 2e-4, "betas": (0.5, 0.999)}
SMALL_MLPS = {"latent": 3, "generator": (8, 6), "discriminator": (7,)}


@dataclass(frozen=True)
class Workload:
    """One game on one data set."""

    name: str
    title: str
    kind: str  # the loop that plays it outside the engine: gan, vae or wgan_gp
    data: str  # mnist, or a data set of params.yaml
    model: Any
    batch: int
    adam: dict[str, Any]
    tiny: dict[str, Any]

    @property
    def examples(self) -> int:
        """Real examples that one replica is shown in a round, as examples/s counts them."""
        return self.batch * self.model.players()[0].steps

    def plain(self) -> Any:
        """The model with its networks written the usual way, for those who have no engine."""
        fields = {"folded": False} if hasattr(self.model, "folded") else {}
        return replace(self.model, **fields)

    def small(self) -> "Workload":
        """The same game between networks of a few units, batch 4."""
        return replace(self, model=replace(self.model, **self.tiny), batch=4)


@cache
def workloads() -> dict[str, Workload]:
    """All of them by name."""
    small_critic = {"latent": 3, "k": 2, "generator": (8, 6), "critic": (7, 5)}
    rows = [
        Workload(
            "mlp_gan",
            "MLP GAN 100-128-256-512-1024-784 / 784-512-256-1",
            "gan",
            "mnist",
            MlpGan(features=784, latent=100),
            64,
            GAN_ADAM,
            SMALL_MLPS,
        ),
        Workload(
            "mlp_vae",
            "MLP VAE 784-400-20",
            "vae",
            "mnist",
            # Grey levels as they are, and the sizes of pytorch/examples.
            vae.Model(features=784, latent=20, width=400, likelihood="bernoulli", grey=True),
            128,
            {"lr": 1e-3},
            {"latent": 2, "width": 8},
        ),
        Workload(
            "dcgan",
            "DCGAN on 28 x 28",
            "gan",
            "mnist",
            Dcgan(features=784, latent=100),
            64,
            GAN_ADAM,
            {"latent": 3, "width": 8},
        ),
        Workload(
            "wgan_gp",
            "WGAN-GP between MLPs, 5 critic steps",
            "wgan_gp",
            "mnist",
            WganGp(features=784, latent=100),
            64,
            GAN_ADAM,
            small_critic,
        ),
        _of_study("ring_gan", "GAN on the ring, the study's run", "gan", "ring", "gan"),
        _of_study("digits_gan", "GAN on digits, the study's run", "gan", "digits", "gan"),
        _of_study(
            "digits_vae", "VAE on digits, the study's run", "vae", "likelihood", "vae_bernoulli"
        ),
    ]
    return {row.name: row for row in rows}


def _of_study(name, title, kind, experiment, run):
    settings = check.study()
    run = settings.experiments[experiment].runs[run]
    model = models.build(run.model, run.arguments, settings.data[run.data])
    adam = run.train.optimizer.model_dump(include={"lr", "betas", "eps"})
    tiny = {"latent": 2, "width": 6}
    return Workload(name, title, kind, run.data, model, run.train.batch, adam, tiny)


def examples(data: str) -> tuple[np.ndarray, str]:
    """Training examples (N, features) in float32, images in [-1, 1], and where they are from.

    data: "mnist", or a data set of params.yaml. Without DSTAR_MNIST_DIR, uniform pixels of the
    same shape: the time of a product does not depend on what is multiplied.
    """
    if data == "mnist" and not os.environ.get("DSTAR_MNIST_DIR"):
        x = np.random.default_rng(0).random((50_000, 784), np.float32)
        return 2 * x - 1, "uniform pixels in the shape of MNIST"
    dataset = datasets.build("mnist", {}) if data == "mnist" else check.study().data[data]
    x = dataset.splits()["train_x"].astype(np.float32)
    return (x if dataset.levels is None else 2 * x / np.float32(dataset.levels) - 1), data
