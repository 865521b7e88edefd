"""Domains reached, classes kept and errors, over every ordered pair of domains."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.metrics import domain_accuracy
from reference.metrics import domain_accuracy as oracle

NAMES = arrays(np.int64, 12, elements=st.integers(0, 3))


@given(NAMES, NAMES)
def test_value(named, asked):
    ours = domain_accuracy.domain_accuracy(torch.from_numpy(named), torch.from_numpy(asked))
    assert ours == oracle.domain_accuracy(named, asked)


def run(to_domain):
    """Two classes in three domains: points on an axis of their own for each class, moved by 10
    a domain along a third axis."""
    points = torch.tensor([[5.0, 0.0, 0.0], [0.0, 5.0, 0.0]])
    step = torch.tensor([0.0, 0.0, 10.0])
    examples = {f"domain{k}": points + k * step for k in range(3)} | {"label": torch.arange(2)}
    return SimpleNamespace(
        train=examples,
        test=examples,
        dataset=SimpleNamespace(domains=3),
        model=SimpleNamespace(to_domain=to_domain),
        ensemble=SimpleNamespace(each=lambda f, **given: f(**given)[None]),
    )


def moved(x, domain):
    return torch.cat([x[:, :2], 10.0 * domain[:, None]], 1)


def exchanged(x, domain):
    return torch.cat([x[:, [1, 0]], 10.0 * domain[:, None]], 1)


@pytest.mark.parametrize(
    ("to_domain", "reached", "kept", "error"),
    [
        (moved, 1, 1, 0),
        (exchanged, 1, 0, 50),
        (lambda x, domain: x, 0, 1, 200),  # 10^2 for a step of one, 20^2 of two: 4 and 2 of 6
        (lambda x, domain: moved(x, 0 * domain), 1 / 3, 1, (2 * 100 + 2 * 400) / 6),
    ],
)
def test_known_maps(to_domain, reached, kept, error):
    found = domain_accuracy.measure(run(to_domain))
    assert found["reached"].values == pytest.approx([reached])
    assert found["kept"].values == pytest.approx([kept])
    assert found["error"].values == pytest.approx([error])
    assert [m.reference for m in found.values()] == [1, 1, 0]
    assert "x itself: 0" in found["reached"].reference_is
    assert "x itself: 200" in found["error"].reference_is
