"""The best match is the oracle's and SciPy's, one-to-one, and never made on test images."""

from itertools import permutations
from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from pipeline.metrics import code_match
from reference.metrics import code_match as oracle

COUNTS = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 9))
)


@given(COUNTS)
def test_the_best_match(counts):
    """As many examples as the best of all permutations hold, and no class twice."""
    wide = np.zeros((max(counts.shape),) * 2, int)
    wide[: counts.shape[0], : counts.shape[1]] = counts
    most = max(wide[range(len(wide)), p].sum() for p in map(list, permutations(range(len(wide)))))
    matches = oracle.best_match(counts), code_match.best_match(torch.from_numpy(counts)).numpy()
    for match in matches:
        used = match >= 0
        assert len(set(match[used])) == used.sum() == min(counts.shape)
        assert counts[used, match[used]].sum() == most


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=30))
def test_counts_and_error(pairs):
    cluster, label = np.array(pairs).T
    ours = torch.from_numpy(cluster.copy()), torch.from_numpy(label.copy())
    counts = oracle.contingency(cluster, label, 4, 3)
    assert_array_equal(code_match.contingency(*ours, 4, 3), counts)
    match = oracle.best_match(counts)
    error = oracle.match_error(cluster, label, match)
    assert_allclose(code_match.match_error(*ours, torch.from_numpy(match)), error)
    right = sum(match[k] == c for k, c in pairs)
    assert_allclose(error, 1 - right / len(pairs), atol=1e-15)
    renamed = np.array([2, 0, 3, 1])[cluster]
    again = oracle.best_match(oracle.contingency(renamed, label, 4, 3))
    assert_allclose(oracle.match_error(renamed, label, again), error)


def test_two_clusters_of_one_class_do_not_both_count():
    """Six noughts in two halves, four ones in a third cluster, and two twos among them. Each
    cluster's most frequent class would leave 2 of 12 wrong; one-to-one leaves 5."""
    cluster = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2])
    label = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    counts = code_match.contingency(cluster, label, 3, 3)
    wrong = code_match.match_error(cluster, label, code_match.best_match(counts))
    assert_allclose(wrong, 5 / 12)
    assert_allclose(code_match.match_error(cluster, label, counts.argmax(1)), 2 / 12)


def test_the_match_is_made_on_training_images():
    """Two replicas that name clusters; the second has them in another order and one test image
    wrong. Test labels do not enter the match: with all of them wrong, all is wrong."""
    label = torch.tensor([0, 0, 1, 1, 2, 2])
    order = torch.tensor([[0, 1, 2], [2, 0, 1]])

    def each(f, x):
        return torch.eye(3)[torch.stack([own[x] for own in order])]

    def run(truth):
        return SimpleNamespace(
            train={"x": label, "label": label},
            test={"x": truth[0], "label": truth[1]},
            model=SimpleNamespace(cluster_logits=None),
            ensemble=SimpleNamespace(each=each),
        )

    seen = torch.tensor([0, 1, 2, 2])
    found = code_match.measure(run((seen, torch.tensor([0, 1, 2, 0]))))
    assert found["error"].values == [0.25, 0.25]
    assert found["worst"].values == [0.25]
    assert found["error"].reference == 0.5
    assert code_match.measure(run((seen, (seen + 1) % 3)))["error"].values == [1.0, 1.0]
