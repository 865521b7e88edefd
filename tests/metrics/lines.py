"""Trainings of two linear networks, in which every number is known."""

from types import SimpleNamespace

import torch

from pipeline.engine.ensemble import Ensemble


def game(Model, features=1, **arguments):
    """A model whose generator and discriminator are affine, with as many latents as features."""

    class Lines(Model):
        def networks(self):
            generator = torch.nn.Linear(features, features)
            generator.register_buffer("count", torch.zeros((), dtype=torch.int64))
            return {"generator": generator, "discriminator": torch.nn.Linear(features, 1)}

    return Lines(features=features, latent=features, width=1, **arguments)


def run(model, snapshots, **splits):
    """A run whose weights are given: for each snapshot and replica (s, m, w, b).

    G(z) = s z + m in every feature, and D's logit is w x + b of the first.
    """

    def at(i):
        ensemble = Ensemble(model, range(len(snapshots[i])))
        generator, discriminator = (ensemble.state[n] for n in ("generator", "discriminator"))
        for replica, (s, m, w, b) in enumerate(snapshots[i]):
            generator["weight"][replica] = s * torch.eye(model.features)
            generator["bias"][replica] = m
            discriminator["weight"][replica] = w * torch.eye(1, model.features)
            discriminator["bias"][replica] = b
        return SimpleNamespace(
            model=model,
            ensemble=ensemble,
            snapshots=[10 * k for k in range(len(snapshots))],
            at=at,
            sample=lambda count: ensemble.sample(count, "evaluate/0"),
            features=lambda x: x.double(),
            **splits,
        )

    return at(len(snapshots) - 1)
