"""The Torch absolute error is the oracle's; its weight knows nothing of the number of pixels."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch.func import grad, vmap

from pipeline.objectives import absolute_error
from reference.objectives import absolute_error as oracle

IMAGES = arrays(float, (3, 4), elements=st.floats(-9, 9) | st.sampled_from([0.0, 1.0, 1e300]))


@given(IMAGES, IMAGES)
def test_value_and_gradient(x, y):
    arguments = torch.from_numpy(x), torch.from_numpy(y)
    value = absolute_error.absolute_error(*arguments)
    assert value.shape == (3,)
    assert_allclose(value, oracle.absolute_error(x, y), rtol=1e-14)
    gradient = vmap(grad(absolute_error.absolute_error, argnums=1))(*arguments)
    assert_allclose(gradient, oracle.absolute_error_gradient(x, y), rtol=1e-15)


@given(IMAGES)
def test_an_image_of_more_pixels_weighs_no_more(x):
    """Each pixel four times: the same error, where that of a sum would be four times as large."""
    x = torch.from_numpy(x)
    fine = x.repeat_interleave(4, -1)
    value = absolute_error.absolute_error(x, 0 * x)
    assert_allclose(absolute_error.absolute_error(fine, 0 * fine), value, rtol=1e-14)


@given(arrays(float, 9, elements=st.floats(-3, 3)), st.floats(-3, 3))
def test_the_median_is_the_best_guess(y, guess):
    """Of one pixel: no guess has a smaller mean error over nine partners."""
    y = torch.from_numpy(y)[:, None]

    def cost(value):
        return absolute_error.absolute_error(y, torch.full_like(y, value)).mean().item()

    assert cost(float(np.median(y))) <= cost(guess) + 1e-12
