"""The search for settings, in tuning/: fair, on its own seeds, and what published runs use."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.search import space as spaces
from pipeline.search import winners
from pipeline.search.draws import draws
from pipeline.search.space import FIRST_SEED
from pipeline.study import reader, trainings

FOLDER = Path("tuning")
SPACE = spaces.read(FOLDER / "space.yaml")
FOUND = FOLDER / winners.FILE
WINNERS = winners.read(FOUND) if FOUND.is_file() else {}
EXPERIMENTS = reader.read("params.yaml").experiments
KNOWN = trainings.frozen()
OURS = {  # a run that a user has edited since it was frozen is theirs, and turns nothing red
    f"{e}.{r}": run
    for e, experiment in EXPERIMENTS.items()
    for r, run in experiment.runs.items()
    if trainings.standing(f"{e}/{r}", run, KNOWN) != trainings.YOURS
}
SEARCHED = {name: run for name, run in OURS.items() if run.search}


@pytest.mark.parametrize("id", [id for id, search in SPACE.searches.items() if not search.setting])
def test_every_search_can_be_drawn_and_spans_two_decades_of_the_learning_rate(id):
    search = SPACE.searches[id]
    assert len(draws(SPACE, id)) == SPACE.draws >= 16
    low, high = search.space["train.optimizer.lr"].log
    assert high / low >= 100 * (1 - 1e-12)


@pytest.mark.parametrize("id", SPACE.searches)
def test_tuning_seeds_and_published_seeds_never_meet(id):
    seeds = winners.seeds(SPACE, SPACE.searches[id])
    assert len(set(seeds)) == len(seeds) >= 3
    assert min(seeds) >= FIRST_SEED
    for name, run in OURS.items():
        assert max(run.train.seeds) < FIRST_SEED, name


@pytest.mark.skipif(not (FOLDER / "params.yaml").is_file(), reason="nothing is drawn yet")
def test_its_runs_are_those_of_its_space_and_measure_on_validation_examples():
    content = YAML(typ="safe", pure=True).load((FOLDER / "params.yaml").read_text("utf-8"))
    own = SPACE.study.get("experiments") or {}
    searched = [e for name, e in content["experiments"].items() if name not in own]
    assert {e["split"] for e in searched} == {"validation"}
    assert {k: v for k, v in content.items() if k != "experiments"} == {
        k: v for k, v in SPACE.study.items() if k != "experiments"
    }


@pytest.mark.parametrize("run", SEARCHED.values(), ids=SEARCHED)
def test_a_run_has_the_settings_that_its_search_found(run):
    """The committed ones: model, data, arguments, rounds, batch and optimizer."""
    assert run.search in SPACE.searches
    if run.search not in WINNERS:
        pytest.skip(f"the search {run.search} is not finished")
    assert winners.differs(run, WINNERS[run.search]) == []


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_methods_that_are_compared_had_as_many_draws(experiment):
    """Of the searches that are finished; the others are told."""
    ids = {run.search for run in EXPERIMENTS[experiment].runs.values() if run.search}
    assert len({WINNERS[id]["draws"] for id in ids if id in WINNERS}) <= 1
    if unfinished := sorted(ids - WINNERS.keys()):
        pytest.skip(f"not finished: {', '.join(unfinished)}")


def test_a_search_of_one_setting_is_that_of_a_published_run():
    """At its rounds, or at fewer where it is at its best with these."""
    for id, search in SPACE.searches.items():
        if search.setting and id in WINNERS:
            settled = [not winners.differs(run, WINNERS[id]) for run in OURS.values()]
            assert any(settled), id


@pytest.mark.parametrize("run", SEARCHED.values(), ids=SEARCHED)
def test_a_doubling_is_that_of_the_winner_at_the_run_s_rounds(run):
    """Read off winners.yaml a second way; at other settings there is none."""
    if run.search not in WINNERS:
        pytest.skip(f"the search {run.search} is not finished")
    winner, own = WINNERS[run.search], run.train.rounds
    found = winners.doubling(run, winner)
    rungs = next(t["rungs"] for t in winner["tried"] if t["draw"] == winner["winner"])
    mean = {rung["rounds"]: sum(rung["values"]) / len(rung["values"]) for rung in rungs}
    once = own if 2 * own in mean else own / 2
    if once not in mean or 2 * once not in mean:
        assert found is None
        return
    assert (found.metric, found.once, found.seeds) == (winner["metric"], once, 3)
    assert found.change == pytest.approx(mean[2 * once] - mean[once], abs=1e-12)
    train = run.train.model_copy(update={"batch": 7})
    assert winners.doubling(run.model_copy(update={"train": train}), winner) is None
