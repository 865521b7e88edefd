"""Answers have the numbers of their runs, or are not given."""

import re

import pytest

from pipeline.page import wording
from pipeline.page.inputs import Finished
from pipeline.page.wording import Words, said
from pipeline.study import yaml
from tests.results import made


def run(name, mean, better="lower", reference=0.5):
    metric = made.metric(
        [mean], mean=mean, low=mean - 1, high=mean + 1, reference=reference, better=better
    )
    record = made.record([0])
    return Finished(name, record, made.measured(record, {"value.game": metric}), {}, None)


def told(text, runs):
    """The English of a sentence without its markup; None where it is not said."""
    found = said(Words(en=text, ko=f"값 {text}"), "ring", runs)
    return found and re.sub("<[^>]*>", "", str(found).partition('<span lang="ko"')[0])


def test_holes_are_filled_with_the_numbers_of_the_run():
    runs = [run("gan", 2.0), run("wgan", 3.0)]
    assert told("V is {wgan:value.game}.", runs) == "V is 3.0 [2.0, 4.0]."
    assert told("V is {gan:value.game|mean}, not {ref:value.game}.", runs) == "V is 2.0, not 0.5."


@pytest.mark.parametrize(
    ("better", "best"), [("lower", "GAN"), ("higher", "WGAN-GP"), ("reference", "GAN")]
)
def test_the_best_run_is_named_as_the_metric_says_what_is_better(better, best):
    runs = [run("gan", 2.0, better), run("wgan_gp", 3.0, better)]
    assert told("Best: {best:value.game}.", runs).startswith(f"Best: {best} (")


def test_a_sentence_with_a_number_that_is_not_there_is_not_said():
    assert told("V is {wgan:value.game}.", [run("gan", 2.0)]) is None
    assert told("V is {gan:value.lost}.", [run("gan", 2.0)]) is None
    broken = run("gan", 2.0)
    metrics = {"value.game": made.metric([None])}
    broken = made.replace(broken, measured=made.measured(broken.record, metrics))
    assert told("V is {gan:value.game}.", [broken]) is None


def test_a_study_with_fewer_runs_has_the_shorter_answer_and_its_caution(monkeypatch):
    """And one that has measured nothing neither answer nor caution."""

    def words(text):
        return Words(en=text, ko=text)

    shorter = wording.Answer(answer=words("V is {gan:value.game|mean}."), caution=words("One."))
    both = wording.Answer(
        answer=words("V is {gan:value.game|mean} and {wgan:value.game|mean}."),
        caution=words("Two."),
        shorter=shorter,
    )
    monkeypatch.setattr(wording, "answers", lambda: {"ring": both})

    def found(*runs):
        answer, caution = wording.found_out("ring", runs)
        bare = answer and re.sub("<[^>]*>", "", str(answer).partition('<span lang="ko"')[0])
        return bare, caution and caution.en

    assert found(run("gan", 2.0), run("wgan", 3.0)) == ("V is 2.0 and 3.0.", "Two.")
    assert found(run("gan", 2.0)) == ("V is 2.0.", "One.")
    assert found(run("wgan", 3.0)) == (None, "Two.")
    assert found() == (None, None)


def test_chapters_and_answers_name_what_the_study_has():
    """Each experiment stands in one chapter and has an answer of its own runs and metrics."""
    experiments = yaml.read("params.yaml", [])["experiments"]
    placed = [e for chapter in wording.chapters().values() for e in chapter.experiments]
    assert len(placed) == len(set(placed))
    assert set(experiments) <= set(placed)
    assert set(experiments) <= set(wording.answers())
    texts = [(e, a.answer.en) for e, a in wording.answers().items() if e in experiments]
    texts += [(c.experiment, c.says.en) for c in wording.about().cards]
    for experiment, text in texts:
        for name, key, _ in wording.HOLE.findall(text):
            asked = experiments[experiment]
            assert name in (*asked["runs"], "ref", "best"), (experiment, name)
            assert key.partition(".")[0] in asked["metrics"], (experiment, key)


def test_titles_are_of_runs_that_are_there():
    experiments = yaml.read("params.yaml", [])["experiments"]
    for experiment, named in wording.runs().items():
        if experiment in experiments:
            rows = {*experiments[experiment]["runs"], *experiments[experiment].get("controls", [])}
            assert named.keys() <= rows, experiment
