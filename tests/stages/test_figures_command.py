"""Every figure of an experiment as SVG, and the numbers that it is drawn from."""

import csv
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from pipeline.results import schema
from pipeline.results.files import read_npz
from pipeline.stages import figures
from pipeline.study.errors import StudyError
from tests.page import fabricate


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = fabricate.study(Path(), seeds=[0, 4, 17], only=["equilibrium", "ring"], drawn=60)
    monkeypatch.setattr(figures.check, "study", lambda: params)
    return params


def table(name):
    with open(f"slides/{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_figure_is_drawn_from_the_numbers_beside_it(study, capsys):
    """The replicas of every run of a metric, and the samples of the first replica."""
    figures.main("equilibrium", "slides")
    drawn = {file.stem for file in Path("slides").glob("*.svg")}
    assert drawn == {file.stem for file in Path("slides").glob("*.csv")}
    assert str(len(drawn)) in capsys.readouterr().out
    runs = schema.read(schema.Measurements, "reports/metrics/equilibrium.json").runs
    rows = table("equilibrium-value.game")
    for name, run in runs.items():
        own = [float(row["value"]) for row in rows if row["run"] == name]
        assert own == run.metrics["value.game"].values
        assert [row["seed"] for row in rows if row["run"] == name] == ["0", "4", "17"]
    x = read_npz("runs/equilibrium/gan/samples.npz")["x"][0]
    told = [float(row["x0"]) for row in table("equilibrium-gan-samples")]
    np.testing.assert_allclose(told, x[:, 0], rtol=1e-6)
    for file in Path("slides").glob("*.svg"):
        assert ElementTree.parse(file).getroot().tag.endswith("svg")


def test_the_same_files_give_the_same_bytes(study):
    figures.main("ring", "slides")
    before = {file: file.read_bytes() for file in Path("slides").iterdir()}
    figures.main("ring", "slides")
    assert {file: file.read_bytes() for file in Path("slides").iterdir()} == before


def test_what_is_unknown_or_not_measured_is_one_line(study):
    with pytest.raises(StudyError, match="experiment 'rings' is unknown; allowed: "):
        figures.main("rings", "slides")
    Path("reports/metrics/ring.json").unlink()
    with pytest.raises(StudyError, match="ring: not yet measured"):
        figures.main("ring", "slides")
    assert not Path("slides").exists()
