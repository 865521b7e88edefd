"""A run inherits missing keys from its experiment, and those of `train` also from the study."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.study import inheritance

NUMBERS = st.integers(0, 3)
KEYS = st.dictionaries(st.sampled_from("abc"), NUMBERS, max_size=3)
NAMED = st.fixed_dictionaries({"name": st.sampled_from(["adam", "sgd"]), "lr": NUMBERS})
PARTIAL = st.dictionaries(st.sampled_from(["lr", "final"]), NUMBERS, max_size=2)


def resolved(study=None, experiment=None, run=None):
    """The run of a study of one run, whole."""
    content = {"train": study or {}, "experiments": {"e": {**(experiment or {})}}}
    content["experiments"]["e"]["runs"] = {"r": {**(run or {})}}
    inheritance.resolve(content)
    return content["experiments"]["e"]["runs"]["r"]


@given(KEYS, KEYS)
def test_arguments_go_key_by_key_over_those_of_the_experiment(above, own):
    found = resolved(experiment={"arguments": above}, run={"arguments": own})["arguments"]
    assert found == {key: own.get(key, above.get(key)) for key in {*above, *own}}
    assert list(found) == sorted(found)  # whichever block a key stands in


@given(KEYS, KEYS, KEYS)
def test_a_training_goes_key_by_key_over_experiment_and_study(study, above, own):
    found = resolved(study, {"train": above}, {"train": own})["train"]
    for key in {*study, *above, *own}:
        assert found[key] == own.get(key, above.get(key, study.get(key)))


@given(st.none() | st.just("x"), st.none() | st.just("y"))
def test_data_and_model_are_the_runs_or_the_experiments(above, own):
    blocks = [{"data": v, "model": v} if v else {} for v in (above, own)]
    found = resolved(experiment=blocks[0], run=blocks[1])
    assert found.get("data") == found.get("model") == (own or above)


@given(NAMED, NAMED | PARTIAL, NAMED | PARTIAL)
def test_an_optimizer_with_a_name_is_a_new_one_and_without_changes_keys(study, above, own):
    """Momentum of one optimizer must not become a key of another."""
    found = resolved(*({"optimizer": study}, {"train": {"optimizer": above}}), {
        "train": {"optimizer": own}
    })["train"]["optimizer"]  # fmt: skip
    chain = [study, above, own]
    newest = max(i for i, block in enumerate(chain) if "name" in block)
    expected = {}
    for block in chain[newest:]:
        expected |= block
    assert found == expected


@given(KEYS, KEYS)
def test_what_is_whole_stays_as_it_is_and_blocks_above_are_not_changed(above, own):
    experiment = {"data": "x", "arguments": above, "train": above}
    whole = resolved(above, experiment, {"data": "y", "arguments": own, "train": own})
    assert resolved(above, experiment, whole) == whole
    assert experiment == {"data": "x", "arguments": above, "train": above}


@given(NAMED, PARTIAL, PARTIAL)
def test_a_player_changes_keys_of_the_optimizer_of_all(common, above, own):
    blocks = ({"optimizer": common}, {"players": {"g": above}}, {"players": {"g": own, "d": {}}})
    found = resolved(blocks[0], {"train": blocks[1]}, {"train": blocks[2]})["train"]
    assert found["players"] == {"d": common, "g": {**common, **above, **own}}
    assert found["optimizer"] == common
