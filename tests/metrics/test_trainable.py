"""What `check` lets be trained can be trained; `make walk` asks it of every model on all data."""

import pytest

from pipeline import models
from tests.metrics import untrained, walk


@pytest.mark.walk
@pytest.mark.parametrize("model", models.names())
def test_what_is_accepted_can_be_trained(model):
    """A round of each of its variants, on data of one axis and on images."""
    found = {
        (place, len(untrained.data(name).shape)): name
        for of, place, name in walk.trainable()
        if of == model
    }
    for (place, _), name in found.items():
        walk.played(model, place, name)
