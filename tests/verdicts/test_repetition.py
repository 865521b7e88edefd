"""A repetition reaches equal bytes, or the printed intervals, or neither."""

from pipeline.verdicts.prediction import Prediction
from pipeline.verdicts.repetition import reached

PUBLISHED = {
    "coverage.modes": Prediction(7.0, 8.0, 0.99, 10, False),
    "frechet.distance": Prediction(2.0, 3.0, 0.99, 10, False),
}
INSIDE = {"coverage.modes": 7.0, "frechet.distance": 2.5}


def test_equal_bytes_are_the_first_level_whatever_the_metrics():
    assert reached(True, {}, PUBLISHED).level == "equal bytes"


def test_inside_means_every_metric_and_holds_the_ends():
    found = reached(False, INSIDE, PUBLISHED)
    assert (found.level, found.outside) == ("inside the prediction intervals", [])


def test_one_metric_outside_is_named():
    found = reached(False, INSIDE | {"frechet.distance": 3.1}, PUBLISHED)
    assert (found.level, found.outside) == ("neither", ["frechet.distance"])


def test_a_metric_that_only_one_side_has_is_outside():
    for means in (
        {"coverage.modes": 7.5},
        INSIDE | {"frechet.distance": None},
        INSIDE | {"new.metric": 1.0},
    ):
        assert reached(False, means, PUBLISHED).level == "neither"


def test_a_metric_without_an_interval_is_not_held_to_one():
    published = PUBLISHED | {"coverage.width": None}
    for value in (None, 3.0):
        assert not reached(False, INSIDE | {"coverage.width": value}, published).outside


def test_how_many_lie_outside_by_chance():
    assert abs(reached(False, INSIDE, PUBLISHED).by_chance - 0.02) < 1e-12
