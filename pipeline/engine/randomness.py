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
drawn where it is used.
"""

import hashlib
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

BLOCK = 16  # rounds; part of the definition: another BLOCK gives other random numbers


class Normal(NamedTuple):
    """Independent standard normal numbers, of this shape per example."""

    shape: tuple[int, ...]


class Uniform(NamedTuple):
    """Independent uniform numbers in [0, 1), of this shape per example."""

    shape: tuple[int, ...]


class Integers(NamedTuple):
    """Independent uniform integers in 0 ... below - 1, of this shape per example."""

    below: int
    shape: tuple[int, ...] = ()


Distribution = Normal | Uniform | Integers
Device = torch.device | str


def key(seed: int, stream: str, block: int) -> tuple[int, ...]:
    """Six 32-bit words that name one block of one stream of one replica."""
    name = hashlib.sha256(stream.encode()).digest()[:16]
    return (seed, *np.frombuffer(name, "<u4").tolist(), block)


def _words(seed: int, stream: str, block: int) -> Any:
    """The key as an array, which a SeedSequence takes in 2 us, not 7; a larger seed as it is."""
    words = key(seed, stream, block)
    return np.array(words, np.uint32) if seed < 2**32 else words


def seed64(seed: int, stream: str, block: int = 0) -> int:
    """The same name as one integer in 0 ... 2^63 - 1, for Torch's own generators."""
    text = repr(key(seed, stream, block)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little") >> 1


def draw(
    distribution: Distribution,
    count: tuple[int, ...],
    seed: int,
    stream: str,
    block: int,
    device: Device,
) -> Tensor:
    """One block of a stream.

    distribution: what each example gets.
    count: the axes before an example's own, say (BLOCK, B).
    seed, stream, block: the key; nothing else decides the numbers.
    Returns shape (*count, *distribution.shape); float32, or int64 for Integers.
    """
    return draws(distribution, count, (seed,), stream, block, device)[0]


def draws(
    distribution: Distribution,
    count: tuple[int, ...],
    seeds: tuple[int, ...],
    stream: str,
    block: int,
    device: Device,
) -> Tensor:
    """The same block of every replica, (R, *count, *distribution.shape), drawn on the device."""
    kind = torch.int64 if isinstance(distribution, Integers) else torch.float32
    rows = torch.empty((len(seeds), *count, *distribution.shape), dtype=kind, device=device)
    for seed, row in zip(seeds, rows, strict=True):
        if rows.device.type == "cpu":
            bits = np.random.SFC64(np.random.SeedSequence(_words(seed, stream, block)))
            _fill(row.numpy(), distribution, np.random.Generator(bits))
        else:
            on_device = torch.Generator(device).manual_seed(seed64(seed, stream, block))
            _fill_there(row, distribution, on_device)
    return rows


def _fill(row: np.ndarray[Any, Any], distribution: Distribution, rng: np.random.Generator) -> None:
    match distribution:
        case Normal():
            rng.standard_normal(dtype=np.float32, out=row)
        case Uniform():
            rng.random(dtype=np.float32, out=row)
        case Integers():
            row[...] = rng.integers(distribution.below, size=row.shape)


def _fill_there(row: Tensor, distribution: Distribution, generator: torch.Generator) -> None:
    match distribution:
        case Normal():
            row.normal_(generator=generator)
        case Uniform():
            row.uniform_(generator=generator)
        case Integers():
            row.random_(distribution.below, generator=generator)
