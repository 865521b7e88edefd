"""A taste: the whole pipeline in one go, in a folder of its own, to a page that is marked so."""

import pytest

from pipeline.results import schema
from pipeline.stages import check, taste
from pipeline.study.errors import StudyError
from tests import tiny


@pytest.fixture
def study(folder, monkeypatch):
    """A study of which nothing is trained, as a person wrote it."""
    monkeypatch.setenv("DSTAR_WORK", str(folder / "elsewhere"))
    train = {"rounds": {"cpu": 3000, "paper": 400_000}, "seeds": [200, 201, 202]}
    content = tiny.params(gan={"train": train}, other={"train": {"rounds": 40}})
    tiny.write(folder, content)
    (folder / "claims.yaml").write_text("error: 0.05\nclaims: []\n", encoding="utf-8")
    return folder


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_it_ends_in_a_page_and_touches_nothing_else(study):
    before = files(study)
    taste.main("taste")
    assert {p: b for p, b in files(study).items() if p.parts[0] != "taste"} == before
    page = (study / "taste/reports/index.html").read_text(encoding="utf-8")
    assert "This is a taste." in page
    assert "<b>taste</b>" in page
    found = schema.read(schema.Measurements, study / "taste/reports/metrics/toy.json")
    assert found.budget == "taste"
    assert {name: run.train.rounds for name, run in found.runs.items()} == {"gan": 30, "other": 20}
    assert {tuple(run.train.seeds) for run in found.runs.values()} == {(0, 1)}  # of no result
    assert schema.read(schema.Verdicts, study / "taste/reports/claims.json").budget == "taste"


def test_a_second_one_goes_on_in_its_folder_and_in_no_other(study):
    taste.begin(study / "taste")
    taste.begin(study / "taste")
    (study / "mine").mkdir()
    for name in (study / "mine", study):
        with pytest.raises(StudyError, match="is there already, and is no taste"):
            taste.begin(name)
    assert check.study(study / "params.yaml").budget == "cpu"
