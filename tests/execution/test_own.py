"""A stage removes what it wrote itself, and nothing that anybody else has put there."""

from pathlib import Path

import pytest

from pipeline.execution import own

LIST = Path("work/own/report.json")
FIRST = [Path("reports/a.png"), Path("reports/b.png"), Path("reports/sub/c.png")]


@pytest.fixture
def written(folder):
    for file in FIRST:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(file.name)
    own.replace("report", FIRST)


def here():
    return sorted(file.name for file in Path("reports").rglob("*.png"))


def test_what_is_no_longer_written_goes(written):
    assert here() == ["a.png", "b.png", "c.png"]
    own.replace("report", FIRST[:1])
    assert here() == ["a.png"]
    own.replace("report", [])
    assert here() == []


def test_what_somebody_has_changed_or_added_stays(written):
    FIRST[1].write_text("mine")
    Path("reports/mine.png").write_text("mine")
    own.replace("report", [])
    assert here() == ["b.png", "mine.png"]


def test_what_is_gone_already_is_no_fault(written):
    FIRST[0].unlink()
    own.replace("report", FIRST[1:])
    assert here() == ["b.png", "c.png"]


def test_each_stage_has_a_list_of_its_own(written):
    own.replace("evaluate-ring", [])
    assert here() == ["a.png", "b.png", "c.png"]


def test_the_list_stands_where_dvc_began(written, monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "elsewhere"))
    own.replace("report", [])
    assert here() == ["a.png", "b.png", "c.png"]
    assert (tmp_path / "elsewhere/work/own/report.json").is_file()


def unnamed(text):
    """A flipped bit in the name of the seal."""
    before, found, after = text.rpartition('"sha256"')
    assert found
    return f'{before}"rha256"{after}'


@pytest.mark.parametrize(
    "damage",
    [lambda _: "", lambda text: text[:-9], lambda _: "[]", lambda _: '{"files": {}}', unnamed],
)
def test_a_damaged_list_removes_nothing_and_is_made_again(written, damage):
    LIST.write_text(damage(LIST.read_text()))
    own.replace("report", FIRST[:1])
    assert here() == ["a.png", "b.png", "c.png"]
    own.replace("report", [])
    assert here() == ["b.png", "c.png"]
