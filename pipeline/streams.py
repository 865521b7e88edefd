"""Randomness as a function of (seed, stream, block).

Every random number of the study comes from a named stream of one replica: "weights/generator",
"batch/discriminator/0", "noise/generator/0/z". A stream is cut into blocks of BLOCK rounds,
and a block is drawn whole from a generator that is keyed by (seed, stream, block) alone. So

    a replica does not depend on its neighbours     its seed is in the key, theirs is not
    a run continues where it stopped                block b needs no block before it
    nothing shifts when k or a loss changes         each player and step has streams of its own
    the oracle can replay a run                     `draw` gives it the very same numbers

On the CPU the generator is NumPy's SFC64 under a SeedSequence, the same bytes on every
platform; on a GPU it is Torch's Philox, keyed by a hash of the same triple, so that noise is
born where it is used.
"""

import hashlib
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

BLOCK = 16  # rounds; a part of the definition: another number gives other numbers


class Normal(NamedTuple):
    """Independent standard normal numbers, this shape for each example."""

    shape: tuple[int, ...]


class Uniform(NamedTuple):
    """Independent uniform numbers in [0, 1), this shape for each example."""

    shape: tuple[int, ...]


class Integers(NamedTuple):
    """Independent uniform integers in 0 ... below - 1, one for each example."""

    below: int
    shape: tuple[int, ...] = ()


Law = Normal | Uniform | Integers


def key(seed: int, stream: str, block: int) -> tuple[int, ...]:
    """Six 32-bit words that name one block of one stream of one replica."""
    name = hashlib.sha256(stream.encode()).digest()[:16]
    return (seed, *np.frombuffer(name, "<u4").tolist(), block)


def seed64(seed: int, stream: str, block: int = 0) -> int:
    """The same name as one integer in 0 ... 2^63 - 1, for Torch's own generators."""
    text = repr(key(seed, stream, block)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little") >> 1


def draw(law: Law, count: tuple[int, ...], seed: int, stream: str, block: int, device) -> Tensor:
    """One block of a stream.

    law: what each example gets.
    count: the axes before an example's own, say (BLOCK, B).
    seed, stream, block: the key; nothing else decides the numbers.
    Returns shape (*count, *law.shape); float32, or int64 for Integers.
    """
    shape = (*count, *law.shape)
    if torch.device(device).type == "cpu":
        bits = np.random.SFC64(np.random.SeedSequence(key(seed, stream, block)))
        rng = np.random.Generator(bits)
        match law:
            case Normal():
                return torch.from_numpy(rng.standard_normal(shape, np.float32))
            case Uniform():
                return torch.from_numpy(rng.random(shape, np.float32))
            case Integers():
                return torch.from_numpy(rng.integers(law.below, size=shape))
    on_device = torch.Generator(device).manual_seed(seed64(seed, stream, block))
    match law:
        case Normal():
            return torch.randn(shape, generator=on_device, device=device, dtype=torch.float32)
        case Uniform():
            return torch.rand(shape, generator=on_device, device=device, dtype=torch.float32)
        case Integers():
            return torch.randint(law.below, shape, generator=on_device, device=device)
