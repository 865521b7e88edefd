"""Runs that are one training are known as one, whatever they are called."""

import pytest

from pipeline.study import trainings
from pipeline.study.errors import StudyError
from pipeline.study.schema import Adam, Run
from tests.results import made

BLOCK = {"data": "ring", "model": "gan", "arguments": {"latent": 2, "width": 64}}
RUN = Run(**BLOCK, train=made.TRAIN)


def changed(**train):
    return Run(**BLOCK, train=made.TRAIN.model_copy(update=train))


def test_what_decides_a_training_changes_its_settings():
    other = [
        changed(rounds=2001),
        changed(batch=64),
        changed(optimizer=Adam(name="adam", lr=2e-3, betas=(0.5, 0.999))),
        changed(average=0.9),
        RUN.model_copy(update={"model": "lsgan"}),
        RUN.model_copy(update={"data": "grid"}),
        RUN.model_copy(update={"arguments": {"latent": 2, "width": 65}}),
    ]
    assert len({trainings.settings(run) for run in [RUN, *other]}) == 1 + len(other)


def test_what_watches_a_training_does_not_nor_do_defaults_and_the_order_of_keys():
    alike = [
        changed(seeds=[5]),
        changed(log_every=7),
        changed(samples=9),
        changed(snapshots=20),
        changed(optimizer=Adam(name="adam", lr=1e-3, betas=(0.5, 0.999), final=1.0)),
        RUN.model_copy(update={"arguments": {"width": 64, "latent": 2}}),
    ]
    assert {trainings.settings(run) for run in alike} == {trainings.settings(RUN)}


def test_a_training_is_settings_and_a_seed():
    def shared(run):
        return len({*trainings.trainings(run)} & {*trainings.trainings(RUN)})

    assert [shared(changed(seeds=s)) for s in ([0, 1, 2], [2, 3], [3])] == [3, 1, 0]
    assert shared(changed(rounds=1)) == 0


def test_an_edited_run_is_yours_and_where_nothing_was_frozen_none_is(tmp_path):
    path = tmp_path / trainings.FILE
    assert trainings.frozen(path) == {}
    experiments = {"ring": made.experiment({"gan": made.RECORD}, ["value"])}
    entries = trainings.freeze(experiments, {}, {})
    path.write_text(trainings.text(entries), encoding="utf-8")
    known = trainings.frozen(path)
    assert known == entries
    run = experiments["ring"].runs["gan"]
    assert trainings.standing("ring/gan", run, known) == trainings.FROZEN
    assert trainings.standing("ring/gan", changed(seeds=[9]), known) == trainings.FROZEN
    assert trainings.standing("ring/gan", changed(rounds=9), known) == trainings.YOURS
    assert trainings.standing("ring/new", run, known) == trainings.YOURS
    assert trainings.standing("ring/gan", run, {}) == trainings.NOT_FROZEN
    path.write_text(trainings.text({}), encoding="utf-8")
    assert trainings.frozen(path) == {}
    path.write_text("ring/gan: { settings: x, seeds: [0] }", encoding="utf-8")
    with pytest.raises(StudyError, match=r"settings.yaml: ring/gan.settings: .*pattern"):
        trainings.frozen(path)


def test_what_a_search_doubled_is_kept_and_told_of_no_other_settings(tmp_path):
    path, experiments = tmp_path / trainings.FILE, {}
    experiments["ring"] = made.experiment({"gan": made.RECORD}, ["value"])
    doubled = trainings.Doubled("coverage.divergence", 3, -0.01236, 3)
    path.write_text(trainings.text(trainings.freeze(experiments, {}, {"ring/gan": doubled})))
    known = trainings.frozen(path)
    assert known["ring/gan"].doubled == doubled
    run = experiments["ring"].runs["gan"]
    assert trainings.stands("ring/gan", run, known)[:2] == (trainings.FROZEN, doubled)
    assert trainings.stands("ring/gan", changed(seeds=[9]), known).doubled == doubled
    assert trainings.stands("ring/gan", changed(rounds=9), known)[:2] == (trainings.YOURS, None)
    again = trainings.freeze(experiments, known, {})
    assert again["ring/gan"].doubled is None
    assert trainings.stands("ring/gan", run, {})[:2] == (trainings.NOT_FROZEN, None)


def test_seeds_that_had_other_settings_are_used_up():
    """Changed on the same seeds, on new ones, and gone and back."""

    def frozen(run, before):
        experiments = {"ring": made.experiment({"gan": made.RECORD}, ["value"])}
        experiments["ring"].runs["gan"] = run
        return trainings.freeze(experiments, before, {})

    first = frozen(RUN, {})
    assert frozen(RUN, first) == first
    moved = changed(rounds=9, seeds=[300, 301])
    for run, word in ((changed(rounds=9), trainings.REUSED), (moved, trainings.FROZEN)):
        known = frozen(run, first)
        assert known["ring/gan"].used == [0, 1, 2]
        assert trainings.standing("ring/gan", run, known) == word
    gone = trainings.freeze({}, frozen(moved, first), {})
    assert frozen(RUN, gone)["ring/gan"].used == [0, 1, 2, 300, 301]
