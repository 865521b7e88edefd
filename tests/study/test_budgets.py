"""One key says how much computing; a run that has the same numbers in two budgets is one run."""

from copy import deepcopy

import pytest

from pipeline.execution import units
from pipeline.stages import check, sources
from pipeline.study import reader
from pipeline.study.errors import StudyError
from tests import tiny

ROUNDS = {"cpu": 3000, "paper": 400_000}


def content(budget=None, **train):
    """A run that states numbers for budgets, and one that has the same in all."""
    found = tiny.params(gan={"train": train or {"rounds": ROUNDS}}, other={})
    return found | ({"budget": budget} if budget else {})


def run(content, name="gan"):
    return reader.parse(content).experiments["toy"].runs[name]


@pytest.mark.parametrize(
    ("budget", "rounds"), [(None, 3000), ("cpu", 3000), ("paper", 400_000), ("taste", 30)]
)
def test_a_run_has_the_numbers_of_the_budget(budget, rounds):
    """cpu where none is named; a taste, which states none, has a hundredth of those of cpu."""
    assert run(content(budget)).train.rounds == rounds


def test_any_number_of_train_and_arguments_may_depend_on_it():
    stated = content("paper")
    toy = stated["experiments"]["toy"]
    toy["runs"]["gan"]["arguments"]["width"] = {"cpu": 4, "paper": 9}
    toy["train"] = {"optimizer": {"lr": {"cpu": 1e-3, "paper": 1e-4}}}
    toy["draws"] = {"cpu": 16, "paper": 5000}
    stated["train"]["batch"] = {"cpu": 8, "paper": 12}
    found = run(stated)
    assert found.arguments["width"] == 9
    assert found.train.optimizer.lr == 1e-4
    assert found.train.batch == 12
    assert reader.parse(stated).experiments["toy"].draws == 5000


def test_a_taste_is_short_on_seeds_of_its_own():
    seeds = [200, 201, 202]
    found = run(content("taste", rounds=ROUNDS, seeds=seeds, optimizer={"lr": [0.1, 0.2, 0.3]}))
    assert found.train.seeds == [0, 1]
    assert found.train.optimizer.lr == [0.1, 0.2]
    assert found.train.log_every == 3
    assert run(content("taste", rounds=50)).train.rounds == 20
    assert run(content("taste", rounds={"taste": 7, "cpu": 5000})).train.rounds == 7


@pytest.mark.parametrize(
    ("budget", "rounds", "line"),
    [
        ("paper", {"cpu": 30}, "experiments.toy.runs.gan.train.rounds: has no number for the"),
        ("taste", {"paper": 30}, "has no number for the budget taste"),
        ("cpu", {"cpu": 30, "papers": 50}, "no budget is named papers; allowed: taste, cpu"),
        ("gpu", 30, "budget: must be 'taste', 'cpu' or 'paper', not \"gpu\""),
    ],
)
def test_a_number_that_is_missing_is_one_line(tmp_path, budget, rounds, line):
    with pytest.raises(StudyError) as told:
        tiny.write(tmp_path, content(budget, rounds=rounds))
    assert line in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_a_fault_in_what_runs_inherit_is_told_once(tmp_path):
    stated = content("paper")
    stated["train"]["batch"] = {"cpu": 8}
    with pytest.raises(StudyError) as told:
        tiny.write(tmp_path, stated)
    assert "train.batch: has no number for the budget paper (run toy.gan and 1 more)" in str(
        told.value
    )


def test_what_has_the_same_numbers_is_not_trained_again(folder):
    """Fingerprints of the runs, and the lines that DVC reads, for two budgets."""
    found = {}
    for budget in ("cpu", "paper"):
        stated = content(budget)
        alone = deepcopy(stated["experiments"]["toy"])
        del alone["runs"]["gan"]
        stated["experiments"]["alone"] = alone
        tiny.write(folder, stated)
        (folder / "claims.yaml").write_text("error: 0.05\nclaims: []\n", encoding="utf-8")
        prints = {u.name: u.fingerprint for u in units.units(check.study(), "toy")}
        found[budget] = prints, sources.text().splitlines()
    (cpu, cpu_lines), (paper, paper_lines) = found.values()
    assert cpu["other"] == paper["other"]
    assert cpu["gan"] != paper["gan"]
    differ = [one for one, two in zip(cpu_lines, paper_lines, strict=True) if one != two]
    assert [line.split(":")[0].strip() for line in differ] == ["toy", "toy", "report"]
