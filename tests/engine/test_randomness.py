"""Randomness is a function of (seed, stream, block) and of nothing else."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.engine.randomness import Integers, Normal, Uniform, draw, key, seed64

names = st.text(st.characters(codec="ascii"), max_size=30)
keys = st.tuples(st.integers(0, 2**31 - 1), names, st.integers(0, 2**20))


THREE = Normal((3,))


def numbers(seed=0, stream="noise", block=0, distribution=THREE, count=(4, 5)):
    return draw(distribution, count, seed, stream, block, "cpu")


@given(keys)
def test_the_same_key_gives_the_same_numbers(k):
    before = numbers(*k)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert torch.equal(before, numbers(*k))


@given(keys, keys)
def test_another_key_gives_other_numbers(one, other):
    assert (one == other) == torch.equal(numbers(*one), numbers(*other))
    assert (one == other) == (seed64(*one) == seed64(*other))


def test_the_numbers_are_these():
    """A change of NumPy or of the key would silently change every result of the study."""
    assert key(7, "noise/generator/0/z", 3) == (
        7, 1_315_495_942, 3_952_578_815, 1_213_730_153, 969_152_832, 3,
    )  # fmt: skip
    drawn = numbers(7, "noise/generator/0/z", 3, Normal((2,)), (1,))
    np.testing.assert_array_equal(
        drawn, np.array([[-0.8740718364715576, 1.2672713994979858]], np.float32)
    )


def test_the_distributions():
    """Kolmogorov-Smirnov and chi-squared tests at p = 1e-6, on streams fixed by their key."""
    normal = numbers(distribution=Normal((7,)), count=(3_000,)).flatten().double()
    uniform = numbers(distribution=Uniform((7,)), count=(3_000,)).flatten().double()
    integers = numbers(distribution=Integers(10), count=(20_000,))
    assert stats.kstest(normal, "norm").pvalue > 1e-6
    assert stats.kstest(uniform, "uniform").pvalue > 1e-6
    assert stats.chisquare(integers.bincount(minlength=10)).pvalue > 1e-6
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert set(integers.tolist()) == set(range(10))


def test_streams_are_uncorrelated():
    """|r| of 20,000 pairs is below 5 / sqrt(20,000) in all but 6e-7 of cases."""
    one = numbers(distribution=Normal(()), count=(20_000,)).numpy()
    for other in ({"seed": 1}, {"stream": "noise/other"}, {"block": 1}):
        r = np.corrcoef(one, numbers(**other, distribution=Normal(()), count=(20_000,)).numpy())[
            0, 1
        ]
        assert abs(r) < 5 / np.sqrt(20_000)


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1, 2**32, 2**40 + 5])
def test_a_block_is_what_numpy_draws_under_its_key(seed):
    """As integers, which NumPy splits into words of 32 bits itself."""
    found = draw(Normal((2,)), (3,), seed, "noise/generator/0/z", 5, "cpu")
    words = np.random.SeedSequence(key(seed, "noise/generator/0/z", 5))
    known = np.random.Generator(np.random.SFC64(words)).standard_normal((3, 2), np.float32)
    assert np.array_equal(found.numpy(), known)
