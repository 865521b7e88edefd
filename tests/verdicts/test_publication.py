"""No verdict goes against a method that was not at its best."""

from itertools import product

import pytest

from pipeline.verdicts import Verdict
from pipeline.verdicts.publication import Training, published

RAW = {
    word: Verdict(word, "By its numbers.", 0.4, 0.3, 0.5, 0.95, 10)
    for word in ("holds", "fails", "undecided")
}
SETTLED = [Training("gan", True, True), Training("gan", False, False, paper_budget=True)]
UNSETTLED = [Training("gan", c, t) for c, t in ((False, True), (True, False), (False, False))]


@pytest.mark.parametrize("training", SETTLED)
@pytest.mark.parametrize("word", RAW)
@pytest.mark.parametrize("both", [False, True])
def test_a_settled_run_gets_its_verdict(training, word, both):
    assert published(RAW[word], [training], both) == RAW[word]


@pytest.mark.parametrize("training", UNSETTLED)
def test_what_is_not_converged_or_not_tuned_cannot_fail(training):
    found = published(RAW["fails"], [training], both=False)
    assert found.verdict == "undecided"
    assert found.because.startswith("Not converged: gan ")
    assert found.because.endswith("By its rule the claim fails: By its numbers.")
    assert found[2:] == RAW["fails"][2:]
    assert published(RAW["holds"], [training], both=False) == RAW["holds"]


@pytest.mark.parametrize(("one", "other"), list(product(range(5), repeat=2)))
@pytest.mark.parametrize("word", ["holds", "fails"])
def test_one_method_beats_another_only_where_both_are_settled(one, other, word):
    trainings = [[*SETTLED, *UNSETTLED][k] for k in (one, other)]
    found = published(RAW[word], trainings, both=True)
    assert (found.verdict == word) == all(t.settled for t in trainings)


def test_all_that_is_lacking_is_told():
    found = published(RAW["fails"], [UNSETTLED[1], Training("wgan", False, False)], both=True)
    assert "gan is not tuned; wgan has not converged, nor is it tuned." in found.because


@pytest.mark.parametrize("word", RAW)
def test_a_sentence_that_names_its_budget_is_about_that_budget(word):
    assert published(RAW[word], [], both=True) == RAW[word]
