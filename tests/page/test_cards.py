"""What the study cost and what it found, counted a second way."""

import numpy as np
import pytest

from pipeline.page import cards
from pipeline.page.inputs import Finished
from pipeline.results.sheets import Sheet
from tests.results import made


def run(name, fingerprint, seeds=2, rounds=1_000_000):
    train = made.TRAIN.model_copy(update={"seeds": list(range(seeds)), "rounds": rounds})
    record = made.record(train=train, fingerprint=fingerprint)
    return Finished(name, record, made.measured(record, {}), {}, np.zeros((seeds, 0, 2)))


STUDY = {
    "one": [run("a", "x"), run("b", "y", seeds=3, rounds=500_000)],
    "two": [run("a", "x"), run("c", "z", seeds=5, rounds=40_000)],
}
SECONDS = {("one", "a"): 3600.0, ("one", "b"): 1800.0, ("two", "a"): 3600.0, ("two", "c"): 360.0}


def test_a_training_that_two_experiments_share_is_counted_once():
    """Of 2 + 3 + 5 replicas 2 x 1 + 3 x 0.5 + 5 x 0.04 million rounds; 1.6 hours of a core."""
    told = cards.cost(STUDY, SECONDS)
    assert told == {"trainings": "10", "runs": "3", "rounds": "3.7", "hours": "1.6"}


@pytest.mark.parametrize("lost", [("one", "b"), ("two", "c")])
def test_hours_are_told_where_they_are_known_of_all(lost):
    known = {key: seconds for key, seconds in SECONDS.items() if key != lost}
    assert cards.cost(STUDY, known)["hours"] == ""
    assert cards.cost({}, {})["hours"] == ""
    told = {name: cards.hours(runs, name, known) for name, runs in STUDY.items()}
    whole = {"one": "1.50", "two": "1.10"}
    assert told == whole | {lost[0]: ""}
    assert cards.hours([], "one", known) == ""


def test_a_finding_has_the_figure_that_names_its_run():
    """And the first where none does; five rows of ten images at most."""
    images = np.zeros((7, 12, 4), np.float32)
    sheets = [
        Sheet("f", title, "", [str(i) for i in range(7)], images + k, (2, 2), {})
        for k, title in enumerate(["Of the VAE", "Of the WGAN GP"])
    ]
    first, named = (
        cards._picture("e", run(name, "x"), sheets, None)["rows"] for name in ("other", "wgan_gp")
    )
    assert len(first) == len(named) == 5
    assert [image for image, _ in first] != [image for image, _ in named]
    assert named == cards._picture("e", run("wgan_gp", "x"), sheets[1:], None)["rows"]
    assert cards._picture("e", run("a", "x"), [], "sprite") == {"sprite": "sprite"}
    assert cards._picture("e", run("a", "x"), [], None) == {}
