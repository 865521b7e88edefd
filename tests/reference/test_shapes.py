"""Mismatched shapes are errors: (B, 1) against (B,) does not broadcast to all pairs."""

import numpy as np
import pytest

from reference import REGISTRY, ShapeError

PAIRS = [
    *(
        f"{game}.{name}"
        for game in ("minimax", "least_squares", "hinge", "objectives.wasserstein", "relativistic")
        for name in ("discriminator_loss", "discriminator_loss_gradients")
    ),
    *("relativistic.generator_loss", "relativistic.generator_loss_gradients"),
    *("rel_term", "xlogy", "logaddexp", "log_interval", "kl_bernoulli", "kl_bernoulli_logits"),
    *("optimal_discriminator", "optimal_logit", "optimal_discriminator_log"),
    *("discriminator_rejection", "bernoulli_loglik", "jensen_shannon_density"),
]
EVENTS = [
    *("kl_to_standard_normal", "kl_to_standard_normal_gradients", "kl_diag_std"),
    *("bernoulli.negative_log_likelihood", "bernoulli.negative_log_likelihood_gradient"),
    *("kl_categorical_logits", "jsd_log", "criterion_C", "lsgan_optimum", "hinge_optimum"),
]


def function(name):
    return REGISTRY[name.removeprefix("objectives.")]


@pytest.mark.parametrize("name", PAIRS)
def test_a_column_and_a_row_are_no_batch(name):
    """(B, 1) against (B,) is refused by name, whichever comes first; a number goes with either."""
    row, column = np.full(3, 0.25), np.full((3, 1), 0.25)
    for arguments in ((row, column), (column, row)):
        with pytest.raises(ShapeError, match=r"\(3, 1\)"):
            function(name)(*arguments)
    for arguments in ((row, row), (column, column), (row, 0.25), (0.25, column)):
        function(name)(*arguments)


@pytest.mark.parametrize("name", EVENTS)
def test_one_feature_is_not_many(name):
    """A vector of one is an event of one feature, and does not fit one of three."""
    one, three, batch = np.full(1, 0.25), np.full(3, 0.25), np.full((2, 3), 0.25)
    for arguments in ((one, three), (three, one), (batch, np.full((2, 1), 0.25))):
        with pytest.raises(ShapeError, match="differ along axis -1"):
            function(name)(*arguments)
    for arguments in ((batch, three), (three, batch), (batch, batch)):
        function(name)(*arguments)
