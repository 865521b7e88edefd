"""Clusters without a game: three blobs are found, each replica by its own seed, labels unseen."""

from types import SimpleNamespace

import pytest
import torch

from pipeline import controls
from pipeline.metrics.code_match import best_match, contingency, match_error
from pipeline.models import roles

NAMES = ["k_means", "k_means_untrained", "mixture_clusters"]
LABEL = torch.arange(3).repeat(30)
SPREAD = torch.randn(90, 5, generator=torch.manual_seed(0)) / 4
X = 6 * torch.eye(3, 5)[LABEL] + SPREAD


@pytest.mark.parametrize("name", NAMES)
def test_blobs_are_found(name):
    control = controls.kind(name).Control(SimpleNamespace(features=5, classes=3), X, X[:0])
    assert not roles.lacking(control, [roles.Clusters])
    replicas = controls.ensemble(control, [4, 2])
    logits = replicas.each(control.cluster_logits, x=X)
    assert logits.shape == (2, 90, 3)
    for cluster in logits.argmax(-1):
        match = best_match(contingency(cluster, LABEL, 3, 3))
        assert match_error(cluster, LABEL, match) == 0
    alone = controls.ensemble(control, [2])
    torch.testing.assert_close(alone.each(control.cluster_logits, x=X)[0], logits[1])


def test_the_untrained_encoder_is_each_replica_s_own():
    kind = controls.kind("k_means_untrained")
    control = kind.Control(SimpleNamespace(features=5, classes=3), X, X[:0])
    weights = controls.ensemble(control, [4, 2, 4]).state["encoder"]["0.weight"]
    assert torch.equal(weights[0], weights[2])
    assert (weights[0] != weights[1]).all()


def test_a_component_is_as_likely_as_scipy_says():
    """log w_k + log N(y; m_k, S_k) up to one constant, in all axes."""
    from scipy.stats import multivariate_normal

    kind = controls.kind("mixture_clusters")
    control = kind.Control(SimpleNamespace(features=5, classes=3), X, X[:0])
    replicas = controls.ensemble(control, [0])
    logits = replicas.each(control.cluster_logits, x=X[:7])[0]
    mean, axes = (t[0].double() for t in replicas.state["plane"].values())
    weights, means, whitening = (t[0].double() for t in replicas.state["mixture"].values())
    y = ((X[:7].double() - mean) @ axes).numpy()
    known = torch.stack(
        [
            w + torch.from_numpy(multivariate_normal.logpdf(y, m, torch.linalg.inv(a @ a.T)))
            for w, m, a in zip(weights, means, whitening, strict=True)
        ],
        dim=1,
    )
    torch.testing.assert_close(
        logits.double().log_softmax(-1), known.log_softmax(-1), rtol=1e-4, atol=1e-3
    )
