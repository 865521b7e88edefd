"""The diffusion process by log signal-to-noise ratio is that of Ho et al. by variances."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from pipeline.objectives import diffusion_process as ours
from reference.errors import DomainError
from reference.objectives import diffusion_process as oracle
from reference.theory import diffusion, diffusion_bound

POINTS = arrays(float, (3, 2), elements=st.floats(-3, 3))
STEPS = 12
SCHEDULES = {
    "linear": diffusion.schedule("linear", STEPS, 0.01, 0.8),
    "cosine": diffusion.schedule("cosine", STEPS),
}
NOW, GAP = st.floats(-6, 8), st.floats(1e-3, 5)


def torched(*arrays):
    return [torch.from_numpy(np.asarray(a, float)) for a in arrays]


@pytest.mark.parametrize("kind", ["linear", "cosine", "log_snr"])
@pytest.mark.parametrize("steps", [25, 100, 1000])
def test_schedules(kind, steps, double):
    value = ours.log_snr_schedule(kind, steps)
    # log(1 - A) at the first step loses the digits of beta_1 that 1 - beta_1 does not hold.
    assert_allclose(value, oracle.log_snr_schedule(kind, steps), rtol=1e-9, atol=1e-9)
    assert (value.diff() < 0).all()


@pytest.mark.parametrize("kind", ["linear", "cosine", "log_snr"])
@pytest.mark.parametrize("steps", [25, 1000])
def test_a_schedule_in_training_precision_is_the_exact_one_rounded(kind, steps):
    """Its sums are taken in float64, whatever the precision of the training."""
    value, known = ours.log_snr_schedule(kind, steps), oracle.log_snr_schedule(kind, steps)
    assert value.dtype == torch.get_default_dtype() == torch.float32
    assert_allclose(value, known, rtol=2**-23, atol=1e-9)


def test_equal_steps_of_the_ratio_make_the_simple_loss_the_bound(double):
    """Every step of the bound has one weight: e^step - 1, halved."""
    ratio = ours.log_snr_schedule("log_snr", 50)
    e, guess = torch.randn(2, 7, 5, generator=torch.Generator().manual_seed(0))
    terms = torch.stack([ours.step_kl(e, guess, ratio[i], ratio[i - 1]) for i in range(1, 50)])
    simple = (e - guess).square().sum(-1)
    assert_allclose(terms, torch.expm1(ratio[0] - ratio[1]) / 2 * simple.expand(49, 7), rtol=1e-12)


@given(POINTS, POINTS, NOW)
def test_there_and_back(x, e, ratio):
    tx, te, tl = torched(x, e, ratio)
    xt = ours.noised(tx, te, tl)
    assert_allclose(xt, oracle.noised(x, e, ratio), rtol=1e-12, atol=1e-13)
    xt = xt.numpy()
    for inverse in ("clean", "noise_of"):
        known, other = (x, e) if inverse == "clean" else (e, x)
        value = getattr(ours, inverse)(*torched(xt, other, ratio))
        assert_allclose(value, getattr(oracle, inverse)(xt, other, ratio), rtol=1e-9, atol=1e-9)
        assert_allclose(value, known, rtol=1e-9, atol=1e-9)


@given(POINTS, POINTS, NOW, GAP)
def test_step_kl(e, guess, ratio, gap):
    value = ours.step_kl(*torched(e, guess, ratio, ratio + gap))
    known = oracle.step_kl(e, guess, ratio, ratio + gap)
    assert value.shape == (3,)
    assert_allclose(value, known, rtol=1e-12, atol=1e-300)


@given(st.floats(-700, 700), st.floats(-12, 1))
def test_a_step_is_its_weight_at_any_ratio(ratio, power):
    """(e^(l_t-1 - l_t) - 1) / 2, from variances that are next to 0 or 1 and next to each other."""
    before = ratio + 10.0**power
    value = oracle.step_kl([[3.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]], ratio, before)
    # A logarithm has the digits of its size, and so has what it is the logarithm of.
    assert_allclose(value, [2 * np.expm1(before - ratio), 0], rtol=1e-15 * (40 + abs(ratio)))
    with pytest.raises(DomainError, match="log_snr_before must be at least log_snr"):
        oracle.step_kl([1.0], [0.0], before, ratio - 1e-3)


@pytest.mark.parametrize("kind", SCHEDULES)
def test_terms_are_those_of_ho(kind):
    """Each step of the bound in the documents' oracle, which starts from the variances beta."""
    beta = SCHEDULES[kind]
    signal, noise = diffusion.alpha_bar(beta)
    ratio = np.log(signal) - np.log(noise)
    rng = np.random.default_rng(0)
    x, e, guess, fresh = rng.standard_normal((4, 5, 3))
    for t in range(2, STEPS + 1):
        xt = diffusion.q_sample(x, t, e, beta)
        at = torched(ratio[t - 1], ratio[t - 2])
        assert_allclose(ours.noised(*torched(x, e), at[0]), xt, rtol=1e-9)
        mean, variance = diffusion.q_posterior(
            diffusion.x0_from_eps(guess, xt, t, beta), xt, t, beta
        )
        known = diffusion_bound.vlb_step(x, xt, t, mean, np.log(variance), beta)
        assert_allclose(ours.step_kl(*torched(e, guess), *at), known, rtol=1e-6)
        for eta in (0.0, 0.5, 1.0):
            known = diffusion.ddim_step(xt, guess, t, beta, eta, fresh)
            value = ours.reverse_step(*torched(xt, guess, fresh), *at, eta)
            assert_allclose(value, known, rtol=1e-7, atol=1e-9)


@given(POINTS, POINTS, POINTS, NOW, GAP, st.sampled_from([0.0, 0.5, 1.0]))
def test_reverse_step(xt, guess, fresh, ratio, gap, eta):
    for before in (ratio + gap, np.inf):
        value = ours.reverse_step(*torched(xt, guess, fresh, ratio, before), eta)
        known = oracle.reverse_step(xt, guess, fresh, ratio, before, eta)
        assert_allclose(value, known, rtol=1e-6, atol=1e-6)


def test_the_last_step_adds_no_noise():
    xt, e, fresh = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(1))
    ratio = torch.tensor(8.0)
    value = ours.reverse_step(xt, e, fresh, ratio, torch.tensor(torch.inf), 1.0)
    assert_allclose(value, ours.clean(xt, e, ratio))


@pytest.mark.parametrize("kind", ["cosin", "Linear", "", "log-snr", [0.5]])
def test_an_unknown_schedule_is_refused_by_both(kind):
    for schedule in (ours.log_snr_schedule, oracle.log_snr_schedule):
        with pytest.raises(ValueError, match="kind must be one of linear, cosine, log_snr"):
            schedule(kind, 3)
