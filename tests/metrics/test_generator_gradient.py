"""The generator's gradient: by hand, and where float32 underflows."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.metrics import generator_gradient
from pipeline.models import gan, relativistic_gan, wgan_gp
from reference.metrics import generator_gradient as oracle
from reference.primitives import sigmoid
from tests.metrics import lines
from tests.metrics.untrained import Untrained

X = torch.linspace(-2, 2, 64)[:, None]
TRAIN = {"x": X, "label": torch.zeros(64, dtype=torch.int64)}


@given(
    arrays(float, st.integers(1, 9), elements=st.floats(-1, 1)),
    st.sampled_from([1, 1e-200, 1e200]),
)
def test_the_norm(gradients, scale):
    """Also where every square is 0 or infinite in float64."""
    ours = generator_gradient.gradient_norm(torch.from_numpy(gradients * scale))
    assert_allclose(ours, oracle.gradient_norm(gradients * scale), rtol=1e-14, atol=1e-320)


@given(arrays(float, 4, elements=st.floats(1e-200, 1e3)), st.floats(-30, 30))
def test_decades(norms, decades):
    ours = generator_gradient.decades_lost(*torch.from_numpy(norms).view(2, 2))
    assert_allclose(ours, oracle.decades_lost(*norms.reshape(2, 2)), rtol=1e-14, atol=1e-14)
    lost = oracle.decades_lost(norms, norms * 10.0**-decades)
    assert_allclose(lost, decades, rtol=1e-10, atol=1e-12)


def measured(model, *snapshots):
    return generator_gradient.measure(lines.run(model, snapshots, train=TRAIN))


def latents(model, seed):
    run = lines.run(model, [[(1, 0, 0, 0)] * (seed + 1)])
    return run.ensemble.noise(model.prior(), (1_024,), "evaluate/gradient")["z"][
        seed, :, 0
    ].double()


@pytest.mark.parametrize("objective", ["minimax", "non_saturating"])
def test_two_straight_lines(objective):
    """G = s z + m, a = w G + b: the gradient in (s, m) is mean of L'(a) w (z, 1)."""
    model = lines.game(gan.Model, generator_objective=objective)
    rows = [(0.5, 1.0, 2.0, -0.3), (1.5, -1.0, -1.0, 0.7)]
    found = measured(model, rows, rows, rows)
    for replica, (s, m, w, b) in enumerate(rows):
        z = latents(model, replica).numpy()
        d = sigmoid(w * (s * z + m) + b)
        outer = (-d if objective == "minimax" else d - 1) * w
        known = np.hypot((outer * z).mean(), outer.mean())
        assert_allclose(found["norm_by_round"].values[replica], known, rtol=1e-6)
        assert found["decades_lost"].values[replica] == 0


def test_a_critic_without_a_sigmoid_keeps_its_gradient():
    """-f(G(z)): |w| |mean (z, 1)|, wherever the critic has put the samples."""
    model = lines.game(wgan_gp.Model)
    found = measured(model, *[[(1, 0, 3, b)] for b in (0, -10, -1000)])
    z = latents(model, 0).numpy()
    known = 3 * np.hypot(z.mean(), 1)
    assert_allclose(found["norm_by_round"].values[0], known, rtol=1e-12)


def test_what_float32_would_call_zero():
    """D is sure to e^-200 and then to e^-500: 300 nats are 130.3 decades, and all are counted."""
    model = lines.game(gan.Model, generator_objective="minimax")
    found = measured(model, *[[(1, 0, 0.001, b)] for b in (0, -200, -500)])
    assert_allclose(found["decades_lost"].values, 300 / np.log(10), rtol=1e-12)
    assert 0 < found["norm_last"].values[0] < 1e-200
    assert found["norm_first"].values == [found["norm_by_round"].values[0][1]]
    other = lines.game(gan.Model, generator_objective="non_saturating")
    found = measured(other, *[[(1, 0, 0.001, b)] for b in (0, -200, -500)])
    assert_allclose(found["decades_lost"].values, 0, atol=1e-12)


def test_a_loss_that_looks_at_real_examples():
    """Training images, in the precision of the rest; buffers of a network have no gradient."""
    model = lines.game(relativistic_gan.Model)
    found = measured(model, [(1, 0, 1, 0)], [(1, 0, 1, 0)], [(1, 0, 1, 5)])
    z = latents(model, 0).numpy()
    outer = sigmoid(z - np.tile(X[:, 0].double().numpy(), 16)) - 1
    known = np.hypot((outer * z).mean(), outer.mean())
    assert_allclose(found["norm_by_round"].values[0], known, rtol=1e-6)


def test_the_real_examples_are_as_many_as_the_latents():
    """64 examples, seen 16 times each, give the gradient of 1,024 of them."""
    model, rows = lines.game(relativistic_gan.Model, gamma=0.0), [(0.5, 1.0, 2.0, -0.3)]
    few, many = (
        generator_gradient.measure(lines.run(model, [rows, rows], train=train))
        for train in (TRAIN, {name: t[torch.arange(1_024) % 64] for name, t in TRAIN.items()})
    )
    assert few["norm_last"].values == many["norm_last"].values


@pytest.mark.parametrize(("model", "data"), [("biggan", "digits"), ("sn_gan", "digits")])
def test_a_loss_that_stores_its_power_iteration_is_differentiated_and_changes_nothing(model, data):
    run = Untrained(model, 0, data)
    before = {k: t.clone() for k, t in run.ensemble.state["discriminator"].items()}
    found = generator_gradient.measure(run)
    assert all(value > 0 for value in found["norm_first"].values)
    assert found["norm_first"].values == generator_gradient.measure(run)["norm_first"].values
    for key, tensor in run.ensemble.state["discriminator"].items():
        assert (tensor == before[key]).all()


@pytest.mark.parametrize("rows", [1, 2, 6])
def test_packs_of_a_few_examples_are_filled(rows):
    found = generator_gradient.measure(Untrained("pac_gan", 0, "digits", rows))
    assert all(np.isfinite(value) for value in found["norm_first"].values)
