"""No verdict goes against a method that was not at its best."""

from itertools import product

import pytest

from pipeline.verdicts import Verdict
from pipeline.verdicts.publication import Training, against, meant_for, published

RAW = {
    word: Verdict(word, "By its numbers.", 0.4, 0.3, 0.5, 0.95, 10)
    for word in ("holds", "fails", "undecided")
}
SETTLED = [
    Training("gan", True, True),
    Training("gan", None, True),  # nobody has said what is to be flat
    Training("gan", False, False, paper_budget=True),
]
UNSETTLED = [
    Training("gan", c, t) for c, t in ((False, True), (True, False), (None, False), (False, False))
]


@pytest.mark.parametrize("training", SETTLED)
@pytest.mark.parametrize("word", RAW)
def test_a_settled_run_gets_its_verdict(training, word):
    assert published(RAW[word], [training]) == RAW[word]


@pytest.mark.parametrize("training", UNSETTLED)
@pytest.mark.parametrize("word", ["holds", "fails"])
def test_what_is_not_converged_or_not_tuned_leaves_its_numbers_in_sight(training, word):
    found = published(RAW[word], [training])
    assert found.verdict == "undecided"
    what = "converged" if training.converged is False else "tuned"
    assert found.because.startswith(f"Not {what}: gan ")
    assert found.because.endswith(f"By its rule the claim {word}: By its numbers.")
    assert found[2:] == RAW[word][2:]


@pytest.mark.parametrize(("one", "other"), list(product(range(7), repeat=2)))
def test_of_several_each_must_be_settled(one, other):
    trainings = [[*SETTLED, *UNSETTLED][k] for k in (one, other)]
    found = published(RAW["fails"], trainings)
    assert (found.verdict == "fails") == all(t.settled for t in trainings)


def test_all_that_is_lacking_is_told():
    found = published(RAW["fails"], [UNSETTLED[1], Training("wgan", False, False)])
    told = "Not converged: gan is not tuned; wgan has not converged, nor is it tuned."
    assert found.because.startswith(told)


@pytest.mark.parametrize("word", RAW)
def test_a_sentence_that_names_its_budget_is_about_that_budget(word):
    assert published(RAW[word], []) == RAW[word]


PRAISE = [("above", "higher"), ("below", "lower")]
BLAME = [("below", "higher"), ("above", "lower")]


@pytest.mark.parametrize(("side", "better"), PRAISE)
def test_praise_that_fails_goes_against_the_run_and_that_holds_against_its_rival(side, better):
    assert against("fails", side, better, compared=False) == "own"
    assert against("fails", side, better, compared=True) == "own"
    assert against("holds", side, better, compared=False) == "none"
    assert against("holds", side, better, compared=True) == "other"


@pytest.mark.parametrize(("side", "better"), BLAME)
def test_blame_that_holds_goes_against_the_run_and_that_fails_against_its_rival(side, better):
    assert against("holds", side, better, compared=False) == "own"
    assert against("holds", side, better, compared=True) == "own"
    assert against("fails", side, better, compared=False) == "none"
    assert against("fails", side, better, compared=True) == "other"


@pytest.mark.parametrize(("side", "better"), [(None, "higher"), ("above", "reference")])
def test_where_no_side_is_taken_a_comparison_needs_all_and_one_run_fails_only_settled(
    side, better
):
    for word in ("holds", "fails"):
        assert against(word, side, better, compared=True) == "all"
    assert against("fails", side, better, compared=False) == "all"
    assert against("holds", side, better, compared=False) == "none"


def test_undecided_goes_against_nobody():
    for side, better in PRAISE + BLAME:
        assert against("undecided", side, better, compared=True) == "none"


def test_what_seeds_are_for():
    assert meant_for([0, 199]) == "tests"
    assert meant_for([200, 999]) == "publication"
    assert meant_for([1000, 1001]) == "tuning"
    assert meant_for([199, 200]) == meant_for([999, 1000]) == "several ends"
