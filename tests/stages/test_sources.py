"""The line of a stage in sources.yaml changes if and only if its code does."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.datasets import digits
from pipeline.execution import code_hash
from pipeline.stages import sources
from tests import tiny


@pytest.fixture
def lines(folder, monkeypatch):
    """The lines of sources.yaml by stage, of code with changed files."""
    content = tiny.params(gan={}, other={"data": "digits", "model": "classifier"})
    content["data"]["digits"] = {}
    gan, classifier = content["experiments"].pop("toy")["runs"].values()
    for name, run, metric in (("points", gan, "coverage"), ("images", classifier, "accuracy")):
        block = {"question": "?", "metrics": [metric], "runs": {"one": run}}
        content["experiments"][name] = block
    classifier["arguments"] = {"width": 4}
    tiny.write(folder, content)
    proof = {"test": "tests/theory/test_dice.py::test"}
    YAML().dump({"claims": [proof]}, Path("claims.yaml"))
    parsed = code_hash.parsed

    def found(*changed):
        def other(file):
            sha, names = parsed(file)
            is_changed = file.relative_to(code_hash.ROOT).as_posix() in changed
            return (sha[::-1] if is_changed else sha), names

        monkeypatch.setattr(code_hash, "parsed", other)
        told = YAML(typ="safe").load(sources.text())
        parts = {f"{s} {e}": told[s][e] for s in ("train", "evaluate") for e in told[s]}
        return parts | {stage: told[stage] for stage in ("prepare", "claims", "report")}

    return found


EVERY = {
    *(f"{stage} {e}" for stage in ("train", "evaluate") for e in ("points", "images")),
    *("prepare", "claims", "report"),
}


EACH = pytest.mark.each


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        # check stands on it, and all stages on check
        pytest.param("pipeline/engine/ensemble.py", EVERY, marks=EACH),
        ("pipeline/engine/training.py", {"train points", "train images"}),
        pytest.param("pipeline/execution/play.py", {"train points", "train images"}, marks=EACH),
        ("pipeline/models/gan.py", {"train points", "evaluate points"}),
        pytest.param(
            "pipeline/objectives/minimax.py", {"train points", "evaluate points"}, marks=EACH
        ),
        ("pipeline/metrics/accuracy.py", {"evaluate images"}),
        ("pipeline/datasets/ring.py", {"prepare", "evaluate points"}),
        # What a run or a control is: the ledger and the page ask which controls are current.
        (
            "pipeline/results/trained_run.py",
            {"evaluate points", "evaluate images", "claims", "report"},
        ),
        pytest.param("pipeline/execution/worker.py", set(), marks=EACH),
        ("pipeline/execution/progress.py", set()),
        pytest.param("pipeline/execution/checkpoints.py", set(), marks=EACH),
        pytest.param(
            "pipeline/verdicts/student.py",
            {"claims", "evaluate points", "evaluate images"},
            marks=EACH,
        ),
        ("tests/theory/test_dice.py", {"claims"}),
        pytest.param("reference/theory/dice.py", {"claims"}, marks=EACH),
        pytest.param("pipeline/page/svg.py", {"report"}, marks=EACH),
        ("pipeline/results/door.py", set()),
    ],
)
def test_a_change_of_a_file_reaches_the_stages_that_run_it(lines, changed, told):
    before, after = lines(), lines(changed)
    assert before.keys() == EVERY
    assert {stage for stage in EVERY if before[stage] != after[stage]} == told


def test_what_a_training_sees_of_a_data_set_beside_its_file_is_in_its_line(lines, monkeypatch):
    before = lines()
    monkeypatch.setattr(digits.DataSet, "levels", 15)
    after = lines()
    assert {stage for stage in EVERY if before[stage] != after[stage]} == {"train images"}
