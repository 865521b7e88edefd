"""Digits and their quarter turns: four domains, or two.

    x^(k) = R^k y,    R a quarter turn, k = 0 ... 3

A turn is a permutation of pixels: every map between two domains is exact, linear and its own
inverse after four times, and an upright 6 turned twice is nearly a 9. As one generator for all
domains needs them: Choi et al., "StarGAN: Unified Generative Adversarial Networks for Multi-Domain
Image-to-Image Translation" (2018). Domain A of two has the digits turned once, B the upright ones.

Beside x and `partner` a split has `domain0` ... `domain3`, each image in all four domains. The
pool `domains` has every training image in one domain only; its labels are these domains.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import SPLITS
from pipeline.datasets.domains import Arrays, Sourced, digits_of, parts, unpaired

DOMAINS = 4


@dataclass(frozen=True)
class DataSet(Sourced):
    """Digits in four positions, with every partner of each."""

    domains = DOMAINS
    pools = ("a", "b", "domains")

    def splits(self) -> Arrays:
        """The arrays of data/turned.npz: images (N, features) in uint8, labels (N,) in int64."""
        source = digits_of(self.of, self.train)
        arrays: Arrays = {}
        for split in SPLITS:
            y = source[f"{split}_x"].reshape(-1, *self.shape)
            rotated = [np.rot90(y, k, axes=(1, 2)).copy() for k in range(DOMAINS)]
            turns = [x.reshape(len(y), -1) for x in rotated]
            arrays |= {f"{split}_domain{k}": x for k, x in enumerate(turns)}
            arrays |= {f"{split}_x": turns[1], f"{split}_partner": turns[0]}
            arrays[f"{split}_label"] = source[f"{split}_label"]
        members = parts(arrays["train_label"], DOMAINS)
        mixed = [arrays[f"train_domain{k}"][own] for k, own in enumerate(members)]
        domain = np.repeat(np.arange(DOMAINS), [len(own) for own in members])
        pool = {"domains_x": np.concatenate(mixed), "domains_label": domain}
        return arrays | unpaired(arrays) | pool
