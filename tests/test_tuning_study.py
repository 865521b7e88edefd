"""The search for settings, in tuning/: fair, on its own seeds, and what published runs use."""

from functools import cache
from pathlib import Path

import pytest

from pipeline.search import space as spaces
from pipeline.search import winners
from pipeline.search.draws import draws
from pipeline.search.space import FIRST_SEED
from pipeline.study import reader, trainings, yaml

FOLDER = Path("tuning")
SPACE = spaces.read(FOLDER / "space.yaml")
EXPERIMENTS = reader.read("params.yaml").experiments


@cache
def found():
    """What the searches found, read where it is asked for: it takes 1.5 s."""
    file = FOLDER / winners.FILE
    return winners.read(file) if file.is_file() else {}


def ours():
    """A run that a user has edited since it was frozen is theirs, and turns nothing red."""
    known = trainings.frozen()
    return {
        f"{e}.{r}": run
        for e, experiment in EXPERIMENTS.items()
        for r, run in experiment.runs.items()
        if trainings.standing(f"{e}/{r}", run, known) != trainings.YOURS
    }


def test_every_search_can_be_drawn_and_spans_two_decades_of_the_learning_rate():
    for id, search in SPACE.searches.items():
        if not search.setting:
            assert len(draws(SPACE, id)) == SPACE.draws >= 16, id
            low, high = search.space["train.optimizer.lr"].log
            assert high / low >= 100 * (1 - 1e-12), id


def test_tuning_seeds_and_published_seeds_never_meet():
    for id, search in SPACE.searches.items():
        seeds = winners.seeds(SPACE, search)
        assert len(set(seeds)) == len(seeds) >= 3, id
        assert min(seeds) >= FIRST_SEED, id
    for name, run in ours().items():
        assert max(run.train.seeds) < FIRST_SEED, name


@pytest.mark.skipif(not (FOLDER / "params.yaml").is_file(), reason="nothing is drawn yet")
def test_its_runs_are_those_of_its_space_and_measure_on_validation_examples():
    content = yaml.read(FOLDER / "params.yaml", ())
    own = SPACE.study.get("experiments") or {}
    searched = [e for name, e in content["experiments"].items() if name not in own]
    assert {e["split"] for e in searched} == {"validation"}
    assert {k: v for k, v in content.items() if k != "experiments"} == {
        k: v for k, v in SPACE.study.items() if k != "experiments"
    }


def test_a_run_has_the_settings_that_its_search_found():
    """The committed ones: model, data, arguments, rounds, batch and optimizer."""
    for name, run in ours().items():
        assert run.search is None or run.search in SPACE.searches, name
        if run.search in found():
            assert winners.differs(run, found()[run.search]) == [], name


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_methods_that_are_compared_had_as_many_draws(experiment):
    """Of the searches that are finished; the others are told."""
    ids = {run.search for run in EXPERIMENTS[experiment].runs.values() if run.search}
    assert len({found()[id]["draws"] for id in ids if id in found()}) <= 1
    if unfinished := sorted(ids - found().keys()):
        pytest.skip(f"not finished: {', '.join(unfinished)}")


def test_a_search_of_one_setting_is_that_of_a_published_run():
    """At its rounds, or at fewer where it is at its best with these."""
    for id, search in SPACE.searches.items():
        if search.setting and id in found():
            settled = [not winners.differs(run, found()[id]) for run in ours().values()]
            assert any(settled), id


def test_a_doubling_is_that_of_the_winner_at_the_run_s_rounds():
    for name, run in ours().items():
        if run.search in found():
            assert doubled(run, found()[run.search]), name


def doubled(run, winner):
    """Read off winners.yaml a second way; at other settings there is none."""
    own, made = run.train.rounds, winners.doubling(run, winner)
    rungs = next(t["rungs"] for t in winner["tried"] if t["draw"] == winner["winner"])
    mean = {rung["rounds"]: sum(rung["values"]) / len(rung["values"]) for rung in rungs}
    once = own if 2 * own in mean else own / 2
    if once not in mean or 2 * once not in mean:
        return made is None
    other = run.model_copy(update={"train": run.train.model_copy(update={"batch": 7})})
    return (
        (made.metric, made.once, made.seeds) == (winner["metric"], once, 3)
        and made.change == pytest.approx(mean[2 * once] - mean[once], abs=1e-12)
        and winners.doubling(other, winner) is None
    )
