"""The study at full size, in mnist/: the same code and stages, other numbers, no links."""

import re
from pathlib import Path

import pytest

from pipeline.stages import check, new_study
from pipeline.study import trainings
from pipeline.verdicts import ledger
from tests import committed

STUDY = committed.study("mnist/params.yaml")
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
def test_every_run_has_three_seeds_at_least_and_mnist(run):
    """Ten where a share of seeds is claimed; none has trained for anything else."""
    assert len(run.train.seeds) >= 3
    assert min(run.train.seeds) >= 200
    assert run.data in ("mnist", "mnist_few", "stacked") or STUDY.data[run.data].of == "mnist"


def test_the_classifier_and_shares_of_seeds_have_ten():
    _, claims, _ = ledger.read("mnist/claims.yaml", STUDY.experiments)
    asked = {f"{c.experiment}.{c.run}" for c in claims if c.rule == "binomial"}
    for name in asked | {"classifier.digits"}:
        assert len(RUNS[name].train.seeds) >= 10, name


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """The study at the budget of the papers."""
    folder = tmp_path_factory.mktemp("paper")
    text = Path("mnist/params.yaml").read_text(encoding="utf-8")
    (folder / "params.yaml").write_text(text.replace("budget: cpu", "budget: paper"))
    (folder / "dvc.yaml").write_text(Path("mnist/dvc.yaml").read_text(encoding="utf-8"))
    return check.study(folder / "params.yaml")


def test_the_papers_train_longer_and_draw_more(paper):
    """No number stands in a comment: every run states its rounds for both budgets."""
    for e, experiment in STUDY.experiments.items():
        whole = paper.experiments[e]
        assert whole.draws > experiment.draws or "nll" not in experiment.metrics, e
        for r, run in experiment.runs.items():
            assert whole.runs[r].train.rounds > run.train.rounds, f"{e}.{r}"
            kept = {"train": {"rounds": 0}}
            assert whole.runs[r].model_dump() | kept == run.model_dump() | kept


def test_a_claim_of_three_seeds_names_them_and_its_rounds():
    """Each sentence is about this budget; what is not stands among the open ones."""
    _, claims, _ = ledger.read("mnist/claims.yaml", STUDY.experiments)
    for claim in claims:
        assert claim.budget, claim.id
        runs = [RUNS[f"{claim.experiment}.{r}"] for r in claim.runs or [claim.run]]
        few = any(len(run.train.seeds) < 10 for run in runs)
        named = re.search(r"over (three|five) seeds", claim.claim)
        assert claim.id == "mnist-centres-beat-images" or bool(named) == few, claim.id
        for rounds in re.findall(r"([\d,]+) rounds", claim.claim):
            wanted = int(rounds.replace(",", ""))
            assert {run.train.rounds for run in runs} == {wanted}, claim.id
    assert ledger.opened("mnist/claims.yaml")
