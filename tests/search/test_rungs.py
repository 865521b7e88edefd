"""Successive halving: who goes on, and that all that it does follows from space and reports."""

import json

import numpy as np
import pytest

from pipeline import load
from pipeline.execution import done, units, worker
from pipeline.results.files import read_json, read_npz, write_json
from pipeline.search import rungs as ladder
from pipeline.search import space as spaces
from pipeline.search import winners
from pipeline.search.draws import Draw
from pipeline.search.rungs import Result, ranked
from pipeline.stages import check, draw, evaluate, halve, prepare, report
from pipeline.study.errors import StudyError
from tests.search.toy import SPACE

pytestmark = pytest.mark.usefixtures("traced_once")

EXPERIMENTS = [f"ring_r1_{rung}" for rung in (1, 2, 3, 4)]
SETTING = {"arguments": {"width": 4, "gamma": 0.1}, "train": {"optimizer": {"lr": 0.01}}}


def of_one_setting():
    """The space with a search that only asks what twice the rounds change."""
    drawn = ("structures", "space", "papers")
    (own,) = SPACE["searches"].values()
    search = {k: v for k, v in own.items() if k not in drawn} | {"setting": SETTING}
    return SPACE | {"searches": {"ring-r1": search}}


def result(number, *values, parameters=10, rounds=8):
    return Result(Draw(number, None, "a", {}, {}), rounds, list(values), parameters)


def numbers(results):
    return [result.draw.number for result in results]


def test_the_best_mean_comes_first_whichever_way_is_better():
    found = [result(0, 1.0, 3.0), result(1, 0.0, 1.0), result(2, 5.0, 5.0)]
    assert numbers(ranked(found, "lower", None)) == [1, 0, 2]
    assert numbers(ranked(found, "higher", None)) == [2, 0, 1]
    assert numbers(ranked(found, "reference", 2.1)) == [0, 1, 2]
    assert ranked([], "lower", None) == []


def test_a_replica_without_a_value_ranks_its_draw_last():
    """However good the others are."""
    found = [result(0, 0.0, None), result(1, None, None), result(2, 9.0, 9.0)]
    assert numbers(ranked(found, "lower", None)) == [2, 0, 1]


def test_of_equals_the_cheaper_wins():
    found = [result(0, 1.0, parameters=20), result(1, 1.0), result(2, 1.0)]
    assert numbers(ranked(found, "lower", None)) == [1, 2, 0]


def test_within_the_margin_the_cheaper_wins():
    """A mean that is worse by less than the margin is no loss that a claim could speak of."""
    found = [result(0, 1.0), result(1, 1.04, parameters=9), result(2, 1.06, parameters=1)]
    assert numbers(ranked(found, "lower", None, 0.05)) == [1, 0, 2]
    assert numbers(ranked(found, "lower", None)) == [0, 1, 2]
    dearer = [result(0, 1.0), result(1, 1.04, parameters=11)]
    assert numbers(ranked(dearer, "lower", None, 0.05)) == [0, 1]
    lost = [result(0, 1.0, 1.0), result(1, 1.0, None, parameters=1)]
    assert numbers(ranked(lost, "lower", None, 0.05)) == [0, 1]


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A search from its space to its winner, its rungs trained and measured as a study's runs."""
    path = tmp_path_factory.mktemp("tuning")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.delenv("DVC_ROOT", raising=False)
        (path / "space.yaml").write_text(draw.text(SPACE), encoding="utf-8")
        with pytest.raises(StudyError, match="ring-r1: not drawn yet"):
            halve.main()
        draw.main()
        prepare.main()
        for experiment in EXPERIMENTS:
            halve.main()  # of nothing new: it waits
            for unit in units.units(check.study(), experiment):
                worker.train(unit, 1000.0)
                done.collect(unit)
            evaluate.main(experiment)
            halve.main()
        yield path


@pytest.fixture
def here(searched, monkeypatch):
    monkeypatch.chdir(searched)
    return searched


@pytest.mark.slow
def test_rungs_hold_16_4_2_and_1_draws_for_an_eighth_half_all_and_twice_the_rounds(here):
    experiments = check.study().experiments
    assert list(experiments) == EXPERIMENTS
    for name, count, rounds in zip(EXPERIMENTS, (16, 4, 2, 1), (4, 16, 32, 64), strict=True):
        runs = experiments[name].runs.values()
        assert sum(len(run.train.seeds) for run in runs) == 3 * count
        assert {run.train.rounds for run in runs} == {rounds}


@pytest.mark.slow
def test_who_goes_on_is_who_was_best(here):
    """By the means over tuning seeds, taken from the reports here and not by its code."""
    found = winners.read("winners.yaml")["ring-r1"]
    for rung, keep in ((0, 4), (1, 2), (2, 1)):
        there = [d for d in found["tried"] if len(d["rungs"]) > rung]
        best = sorted(there, key=lambda d: sum(d["rungs"][rung]["values"]))[:keep]
        went_on = {d["draw"] for d in found["tried"] if len(d["rungs"]) > rung + 1}
        assert {d["draw"] for d in best} == went_on
    assert [d["draw"] for d in best] == [found["winner"]]
    assert best[0]["rungs"][2]["values"] == found["values"]


@pytest.mark.slow
def test_each_value_is_of_its_draw_and_its_seed(here):
    """The winner's last run has its numbers, one for all replicas, and the values told of it."""
    found = winners.read("winners.yaml")["ring-r1"]
    report, tried = read_json("reports/metrics/ring_r1_4.json"), found["tried"][found["winner"]]
    (run,) = report["runs"].values()
    assert run["split"] == "validation"
    for key in ("optimizer", "players.generator"):
        block = run["train"]
        for part in key.split("."):
            block = block[part]
        assert block["lr"] == tried["own"][f"train.{key}.lr"]  # one for all
    assert run["metrics"]["coverage.reverse_kl"]["values"] == tried["rungs"][3]["values"]
    assert run["train"]["seeds"] == [3, 4, 5]


@pytest.mark.slow
def test_the_winner_is_a_setting_that_a_run_can_take_over(here):
    space = spaces.read()
    found = winners.read("winners.yaml")["ring-r1"]
    number = found["winner"]
    assert found["settings"]["train"]["rounds"] == 32
    assert found["settings"]["train"]["players"]["generator"]["name"] == "adam"
    own = check.study().experiments["ring_r1_4"].runs
    (run,) = own.values()
    assert winners.differs(run, found) == []  # 64 rounds, as on its last rung
    other = run.model_copy(update={"train": run.train.model_copy(update={"rounds": 63})})
    assert winners.differs(other, found) == ["train.rounds"]
    assert found["doubled"]["change"] == pytest.approx(
        sum(found["doubled"]["values"]) / 3 - sum(found["values"]) / 3
    )
    assert found["doubled"]["low"] < found["doubled"]["change"] < found["doubled"]["high"]
    assert ladder.settings_of(space, "ring-r1", ladder.draws(space, "ring-r1")[number])


@pytest.mark.slow
def test_a_search_is_a_function_of_its_space_and_reports(here):
    """Draw and halve again, from nothing but these: the same files, byte by byte."""
    names = ("params.yaml", "winners.yaml")
    before = [(here / name).read_bytes() for name in names]
    for name in names:
        (here / name).unlink()
    draw.main()
    halve.main()
    assert [(here / name).read_bytes() for name in names] == before


@pytest.mark.slow
def test_the_page_shows_a_run_whose_seeds_stand_several_times(here):
    write_json("reports/claims.json", {"claims": [], "corrections": [], "format": 2,
               "counts": {"holds": 0, "fails": 0, "undecided": 0}})  # fmt: skip
    report.main()
    page = (here / "reports/index.html").read_text(encoding="utf-8")
    assert "replica 1, seed 4" in page


@pytest.mark.slow
def test_a_run_is_opened_whose_seeds_stand_several_times(here):
    """All replicas are sampled, each by its own weights; a seed alone names none of them."""
    name, run = next(iter(check.study().experiments["ring_r1_1"].runs.items()))
    opened = load(f"ring_r1_1/{name}")
    x = opened.sample(5)
    assert len(x) == len(run.train.seeds)
    kept = read_npz(f"runs/ring_r1_1/{name}/samples.npz")["x"]
    np.testing.assert_allclose(x, kept[:, :5], rtol=1e-5, atol=1e-6)
    with pytest.raises(StudyError, match=r"seed 3 is of \d+ replicas"):
        opened.sample(5, seed=3)


@pytest.mark.slow
def test_reports_of_other_settings_count_for_nothing(here, monkeypatch):
    """Of a space with another range nothing is measured yet."""
    space = spaces.read()
    search = space.searches["ring-r1"]
    other = search.model_copy(update={"rounds": 24})
    space = space.model_copy(update={"searches": {"ring-r1": other}})
    (rung,) = ladder.rungs(space, "ring-r1")
    assert rung.results is None


def test_a_list_of_a_search_is_one_number_per_seed_of_every_draw(tmp_path, monkeypatch):
    """Such as the label split of a seed: each draw has the first on its first seed, and so on. It
    is no setting that a published run would have to share."""
    monkeypatch.chdir(tmp_path)
    (own,) = SPACE["searches"].values()
    space, gamma = dict(own["space"]), [0.1, 0.2, 0.3]
    del space["arguments.gamma"]
    search = own | {"arguments": {"latent": 2, "gamma": gamma}, "space": space, "papers": []}
    content = json.dumps(SPACE | {"searches": {"ring-r1": search}})
    made = spaces.Space.model_validate_json(content)
    (rung,) = ladder.rungs(made, "ring-r1", 1)
    for run in rung.block["runs"].values():
        draws = len(run["train"]["seeds"]) // 3
        assert run["train"]["seeds"] == [3, 4, 5] * draws
        assert run["arguments"]["gamma"] == gamma * draws
    (first, *_) = ladder.draws(made, "ring-r1")
    assert "gamma" not in ladder.settings_of(made, "ring-r1", first)["arguments"]


def test_a_search_of_one_setting_tries_its_rounds_and_twice_as_many(tmp_path, monkeypatch):
    """And chooses nothing. A run with its settings has what it found, whatever search it names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "space.yaml").write_text(draw.text(of_one_setting()), encoding="utf-8")
    draw.main()
    prepare.main()
    for experiment, rounds in (("ring_r1_3", 32), ("ring_r1_4", 64)):
        halve.main()
        (run,) = check.study().experiments[experiment].runs.values()
        assert (run.train.rounds, run.train.seeds) == (rounds, [3, 4, 5])
        for unit in units.units(check.study(), experiment):
            worker.train(unit, 1000.0)
            done.collect(unit)
        evaluate.main(experiment)
    halve.main()
    assert list(check.study().experiments) == ["ring_r1_3", "ring_r1_4"]
    found = winners.read("winners.yaml")["ring-r1"]
    assert (found["draws"], found["winner"], found["edges"]) == (1, 0, {})
    once = check.study().experiments["ring_r1_3"].runs["structure_1"]
    assert once.search is None
    doubled = winners.doubling(once, found)
    assert (doubled.metric, doubled.once, doubled.seeds) == ("coverage.reverse_kl", 32, 3)
    assert doubled.change == pytest.approx(found["doubled"]["change"])
