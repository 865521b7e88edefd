"""Every model at a size that trains in a moment, and examples for all of its pools.

Images are of 8 by 8 pixels in four classes; a test holds the list to pipeline/models.
"""

from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training

FEATURES, CLASSES, SHAPE, BATCH, EXAMPLES = 64, 4, (8, 8), 12, 64
GAME = {"features": FEATURES, "latent": 8, "width": 16}
CODED = GAME | {"likelihood": "bernoulli"}
NAMED = {"features": FEATURES, "classes": CLASSES, "width": 16}
IMAGES = {"features": FEATURES, "width": 4, "shape": SHAPE}
SMALL: dict[str, dict[str, Any]] = {
    "augmented_flow": GAME,
    "autoencoder": GAME | {"shape": SHAPE, "network": "convolutional"},
    "auxiliary_gan": GAME | {"classes": CLASSES},
    "bigan": GAME,
    "biggan": GAME | {"latent": 6, "classes": CLASSES},
    "categorical": {"features": FEATURES, "levels": 4},
    "classifier": NAMED | {"noise": 0.1},
    "completing_vae": CODED | {"shape": SHAPE},
    "completion_gan": GAME | {"shape": SHAPE},
    "conditional_gan": GAME | {"classes": CLASSES},
    "coupling_flow": {"features": FEATURES, "couplings": 2, "width": 16},
    "cycle_gan": IMAGES,
    "dcgan": IMAGES | {"latent": 8},
    "diffusion": {"features": FEATURES, "width": 16, "steps": 10},
    "dirac_gan": {"features": 1, "objective": "r1"},
    "disco_gan": IMAGES,
    "feature_gan": GAME,
    "few_label_classifier": NAMED,
    "fourier_gan": GAME,
    "gan": GAME,
    "hierarchical_vae": CODED | {"top": "vamp", "pseudo_inputs": 8},
    "image_classifier": NAMED | {"width": 4, "hidden": 16, "shape": SHAPE},
    "image_diffusion": IMAGES | {"steps": 10},
    "inference_gan": GAME,
    "infogan": GAME | {"components": 4},
    "iwae": CODED,
    "lsgan": GAME,
    "m1_m2": NAMED | {"latent": 8, "code_size": 8},
    "m2": NAMED | {"latent": 8},
    "pac_dcgan": IMAGES | {"latent": 8},
    "pac_gan": GAME,
    "paper_gan": GAME | {"units": 8},
    "pix2pix": IMAGES,
    "progressive_gan": IMAGES | {"latent": 8},
    "r1_gan": GAME,
    "relativistic_gan": GAME,
    "self_training": NAMED,
    "semi_supervised_gan": NAMED | {"latent": 8},
    "shaped_gan": GAME | {"noise": "mixture", "parts": 4},
    "singan": IMAGES | {"layers": 2, "scales": 2},
    "sn_gan": GAME,
    "star_gan": IMAGES | {"domains": CLASSES, "k": 2},
    "unrolled_gan": GAME | {"unrolled": 2},
    "vae": CODED,
    "vamp_vae": CODED | {"pseudo_inputs": 8},
    "wgan": GAME,
    "wgan_gp": GAME | {"k": 2},
}


def small(name: str) -> Any:
    """A model by its name, small."""
    return import_module(f"pipeline.models.{name}").Model(**SMALL[name])


def examples(features: int, device: torch.device | str) -> dict[str, Tensor]:
    """Images, their classes, and their partners: the same numbers on every device."""
    rng = torch.Generator().manual_seed(0)
    x, partner = torch.rand(2, EXAMPLES, features, generator=rng) * 2 - 1
    label = torch.randint(CLASSES, (EXAMPLES,), generator=rng)
    found = {"x": x, "label": label, "partner": partner}
    return {name: values.to(device) for name, values in found.items()}


def begun(name: str, seeds: Any, device: torch.device | str, rounds: int) -> Training:
    """A small training of a model at round 0."""
    model = small(name)
    data = examples(model.features, device)
    drawn = {pool for player in model.players() for pool in player.draws.values()}
    adam = optimizer("adam", lr=1e-3, betas=(0.5, 0.999))
    pools = dict.fromkeys(drawn - {"train"}, data)
    ensemble = Ensemble(model, seeds, device)
    return Training(ensemble, data, BATCH, adam, rounds=rounds, pools=pools)
