"""Latents whose class changes, and missing classes."""

from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import entropy

from pipeline.metrics import settling
from reference.metrics import settling as oracle

CLASSES = 4


@given(arrays(np.int64, st.tuples(st.just(2), st.integers(1, 9)), elements=st.integers(0, 3)))
def test_flips(classes):
    ours = settling.flip_rate(*torch.from_numpy(classes))
    assert ours == oracle.flip_rate(*classes)
    assert settling.flip_rate(*torch.from_numpy(classes[::-1].copy())) == ours
    assert settling.flip_rate(*torch.from_numpy(classes[[0, 0]])) == 0


def run(*classes):
    """What each replica's latents become at each snapshot, given as classes, (R, SAMPLES) each."""
    one_hot = torch.eye(CLASSES)

    def at(i):
        return SimpleNamespace(
            sample=lambda count: one_hot[classes[i]], class_log_probabilities=lambda x: x
        )

    return SimpleNamespace(
        snapshots=[100 * i for i in range(len(classes))],
        at=at,
        test={"x": one_hot.repeat(5, 1)},
        class_log_probabilities=lambda x: x,
    )


def shares(*counts):
    """Classes of SAMPLES latents, so many each in turn."""
    named = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    assert len(named) == settling.SAMPLES
    return named


EVEN = torch.arange(settling.SAMPLES) % CLASSES


def test_a_map_that_stays_and_one_that_turns():
    """Replica 0 stays; in replica 1 every class becomes the next, then two of them swap."""
    turned = (EVEN + 1) % CLASSES
    swapped = torch.tensor([1, 0, 2, 3])[turned]
    found = settling.measure(run(*(torch.stack([EVEN, c]) for c in (EVEN, turned, swapped))))
    assert found["flip_rate_by_round"].values == [[0, 0], [1, 0.5]]
    assert found["flip_rate_by_round"].rounds == [100, 200]
    assert found["flip_rate"].values == [0, 0.5]
    assert "in the last 100 rounds" in found["flip_rate"].title
    assert "0.75 where no latent" in found["flip_rate"].reference_is


def test_only_the_latents_that_are_followed_count_as_flips():
    later = EVEN.clone()
    later[settling.FIXED :] = 0
    found = settling.measure(run(EVEN[None], later[None]))
    assert found["flip_rate"].values == [0]
    counts = np.bincount(later)
    assert_allclose(found["entropy"].values, entropy(counts / counts.sum()), rtol=1e-12)


def test_a_class_is_missing_below_a_thousandth():
    """10 of 10,000 samples are a class, 9 are none; all four are among the test images."""
    there, gone = shares(5000, 2500, 2490, 10), shares(5000, 2500, 2491, 9)
    found = settling.measure(run(torch.stack([EVEN, EVEN]), torch.stack([there, gone])))
    assert found["collapsed"].values == [0, 1]
    assert found["collapsed"].share
    assert found["classes_by_round"].values == [[4, 4], [4, 3]]
    assert found["classes_by_round"].reference == 4
    known = [entropy(np.bincount(c) / settling.SAMPLES) for c in (there, gone)]
    assert_allclose(np.array(found["entropy_by_round"].values)[:, 1], known, rtol=1e-12)
    assert_allclose(found["entropy"].reference, np.log(4), rtol=1e-12)
