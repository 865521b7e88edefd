"""Effort: multiplications step by step, and a training that never arrives costs all, not none."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets import ring
from pipeline.metrics import effort
from pipeline.models import gan, wgan
from reference.metrics.effort import round_arithmetic

COUNTS = [st.integers(1, 10_000)] * 5


@given(*COUNTS)
def test_arithmetic(generator, discriminator, batch, k, steps):
    arguments = generator, discriminator, batch, k, steps
    assert effort.round_arithmetic(*arguments) == round_arithmetic(*arguments)


DATA = ring.DataSet()
MEANS = torch.from_numpy(DATA.means)


def run(*arrivals):
    """Replicas that draw true samples from some snapshot of 0, 10, ..., 50 on; None: never; and a
    list names the snapshots at which they do."""

    def at(i):
        rng = torch.Generator().manual_seed(i)

        def one(arrival):
            good = (
                i in arrival if isinstance(arrival, list) else arrival is not None and i >= arrival
            )
            mode = torch.randint(8, (2500,), generator=rng)
            x = MEANS[mode] + DATA.scale * torch.randn(2500, 2, generator=rng).double()
            return x if good else x + 1

        return SimpleNamespace(sample=lambda count: torch.stack([one(a) for a in arrivals]))

    return SimpleNamespace(
        dataset=DATA,
        snapshots=[0, 10, 20, 30, 40, 50],
        at=at,
        model=gan.Model(features=2, latent=3, width=4, k=2),
        run=SimpleNamespace(train=SimpleNamespace(batch=7)),
    )


def test_arrival_is_what_lasts_and_never_is_not_nought():
    """From the third snapshot on: 20 rounds. Seen once and lost: the second arrival. Never, and at
    the end alone: all fifty, censored."""
    found = effort.measure(run(2, [1, 3, 4, 5], None, 5, 0))
    assert found["rounds"].values == [20, 30, 50, 50, 0]
    assert found["reached"].values == [1, 1, 0, 0, 1]
    g, d = 3 * 4 + 4 * 4 + 4 * 2, 2 * 4 + 4 * 4 + 4 * 1
    cost = round_arithmetic(g, d, 7, 2, 1)
    assert found["arithmetic"].values == pytest.approx(
        [t * cost / 1e9 for t in (20, 30, 50, 50, 0)]
    )
    assert found["arithmetic"].reference == pytest.approx(50 * cost / 1e9)


def test_what_has_no_such_count_is_refused():
    assert effort.lacks(gan.Model(features=2, latent=3, width=4), DATA) == ""
    assert effort.lacks(wgan.Model(features=2, latent=3, width=4), DATA) == ""
    alone = gan.Model(features=2, latent=3, width=4, moves="generator")
    assert "both play" in effort.lacks(alone, DATA)
