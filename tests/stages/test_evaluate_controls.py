"""Controls are measured beside runs, and count as long as they are what they were."""

import pytest

from pipeline.execution import done, units, worker
from pipeline.execution.control_code import control_code
from pipeline.page import view
from pipeline.page.inputs import read_controls, read_experiment
from pipeline.results import current, schema
from pipeline.results.files import read_json
from pipeline.stages import check, evaluate
from tests import tiny

pytestmark = pytest.mark.usefixtures("traced_once")

ASKED = ["true_samples", "noise"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of one run and two controls, trained and measured."""
    path = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.delenv("DVC_ROOT", raising=False)
        params = tiny.params(gan={})
        params["experiments"]["toy"]["controls"] = ASKED
        tiny.write(path, params)
        for unit in units.units(check.study(), "toy"):
            worker.train(unit, 1000.0)
            done.collect(unit)
        evaluate.main("toy")
        yield path


@pytest.fixture
def toy(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return check.study().experiments["toy"]


def test_they_are_rows_of_the_report_and_no_runs(toy):
    runs = schema.read(schema.Measurements, "reports/metrics/toy.json").runs
    assert {name: run.control for name, run in runs.items()} == {
        "gan": False,
        "true_samples": True,
        "noise": True,
    }
    assert list(current.measured("toy", toy)) == ["gan"]
    assert list(current.controls("toy", toy, control_code)) == ASKED
    assert read_json("reports/summary/toy.json")["runs"] == 1
    assert runs["noise"].train.seeds == runs["gan"].train.seeds == [3, 1]


def test_a_control_has_what_its_roles_give(toy):
    """A sampler has no value of a game; what it has is measured by the same metric."""
    found = current.controls("toy", toy, control_code)
    assert found["true_samples"].files == {"coverage"}
    good = {name: row.metrics["coverage.good_share"].mean for name, row in found.items()}
    assert good["true_samples"] > 0.98
    assert good["noise"] < 0.02
    assert found["noise"].metrics["coverage.lost"].mean < 1
    assert found["noise"].metrics["coverage.modes_kept"].mean == 0


@pytest.mark.parametrize("change", ["code", "seeds", "draws", "asked"])
def test_one_that_is_no_more_what_it_was_is_not_measured(toy, change):
    code, changed = control_code, toy
    if change == "code":
        code = str
    if change == "seeds":
        train = toy.runs["gan"].train.model_copy(update={"seeds": [3, 2]})
        gan = toy.runs["gan"].model_copy(update={"train": train})
        changed = toy.model_copy(update={"runs": {"gan": gan}})
    if change == "draws":
        changed = toy.model_copy(update={"draws": 7})
    if change == "asked":
        changed = toy.model_copy(update={"controls": []})
    assert current.controls("toy", changed, code) == {}


def test_a_table_has_them_beside_the_runs(toy):
    rows = read_controls("toy", toy, control_code)
    (table,) = view.tables("toy", read_experiment("toy", toy), rows)
    assert [head["control"] for head in table["heads"]] == [False] + [True] * len(ASKED)
    noise = [row["cells"][1 + ASKED.index("noise")] for row in table["rows"]]
    assert None in noise  # the value of the game
    assert any(noise)
