"""The study at full size, in mnist/: the same code and stages, other numbers, no links."""

import re
from pathlib import Path

import pytest

from pipeline.stages import check, new_study
from pipeline.study import trainings
from pipeline.verdicts import ledger

STUDY = check.study("mnist/params.yaml")
FROZEN = trainings.frozen("mnist/settings.yaml")
RUNS = {
    f"{e}.{r}": run
    for e, experiment in STUDY.experiments.items()
    for r, run in experiment.runs.items()
    # A user's own numbers are judged by no test.
    if trainings.standing(f"{e}/{r}", run, FROZEN) != trainings.YOURS
}


def test_its_stages_are_those_of_the_first_study():
    """But for the run that names what is drawn."""
    own = Path("mnist/dvc.yaml").read_text(encoding="utf-8")
    assert own == new_study.stages(*STUDY.evaluation_classifier)


def test_its_claims_are_about_its_runs():
    _, claims, _ = ledger.read("mnist/claims.yaml", STUDY.experiments)
    assert {claim.experiment for claim in claims} <= STUDY.experiments.keys()


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_every_run_has_ten_seeds_and_mnist(run):
    assert len(run.train.seeds) >= 10
    assert run.data in ("mnist", "stacked")


def test_every_shortened_number_has_the_full_one_beside_it():
    """Each experiment states its rounds, and its draws where a likelihood is estimated."""
    _, _, text = Path("mnist/params.yaml").read_text(encoding="utf-8").partition("experiments:\n")
    blocks = re.split(r"^  (\w+):\n", text, flags=re.M)[1:]
    for e, block in zip(blocks[::2], blocks[1::2], strict=True):
        rounds = re.findall(r"\brounds: (\d+)[^#\n]*(?:# full: (\d+))?", block)
        draws = re.findall(r"^    draws: (\d+)(?: # full: (\d+))?", block, re.M)
        assert rounds, e
        assert len(draws) == ("nll" in STUDY.experiments[e].metrics), e
        for shortened, full in rounds + draws:
            assert full, f"{e}: {shortened}"
            assert int(full) > int(shortened), e
