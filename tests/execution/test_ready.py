"""A list of what was made ahead counts while nothing that it was made of has changed."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.execution import asked, ready


@pytest.fixture
def made(folder, monkeypatch):
    """A file that a stage of experiment `toy` would write, made of another."""
    monkeypatch.setattr(asked, "whole_study", lambda: True)
    for name in ("params.yaml", "sources.yaml", "read", "made", "data/ring.npz"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)
    files = {"reports/metrics/toy.json": Path("made")}
    read = ready.digests({"runs/toy/gan": Path("read"), "runs/toy/none": Path("none")})
    ready.write("evaluate", "toy", ready.key(), made=files, read=read, told=["toy.gan: 1"])
    Path("runs/toy").mkdir(parents=True)
    Path("runs/toy/gan").write_text("read")
    return folder


def test_what_was_made_is_copied_and_told(made, capsys):
    assert ready.collected("evaluate", "toy")
    assert (made / "reports/metrics/toy.json").read_text() == "made"
    assert capsys.readouterr().out == "toy.gan: 1\n"
    assert not ready.collected("evaluate", "other")
    assert not ready.collected("train", "toy")


@pytest.mark.parametrize(
    "name",
    ["params.yaml", "sources.yaml", "made", "data/ring.npz", "data/new.npz", "runs/toy/gan"],
)
def test_a_changed_file_makes_it_count_no_more(made, name):
    (made / name).write_text("other")
    assert not ready.collected("evaluate", "toy")
    assert not (made / "reports").exists()


@pytest.mark.parametrize("name", ["made", "runs/toy/gan", "work/ahead/evaluate-toy.json"])
def test_a_lost_file_makes_it_count_no_more(made, name):
    (made / name).unlink()
    assert not ready.collected("evaluate", "toy")


@pytest.mark.parametrize("damage", ["", "[1]", "{}", '{"key": 1, "read": 2, "made": 3}'])
def test_a_damaged_list_does_not_count(made, damage):
    (ready.folder() / "evaluate-toy.json").write_text(damage)
    assert not ready.collected("evaluate", "toy")


def test_a_list_with_another_line_in_it_does_not_count(made):
    """No digest covers the lines that are printed, but the seal of the list does."""
    file = ready.folder() / "evaluate-toy.json"
    file.write_text(file.read_text().replace("toy.gan: 1", "toy.gan: 2"))
    assert not ready.collected("evaluate", "toy")


def test_a_list_whose_seal_has_lost_its_name_does_not_count(made):
    file = ready.folder() / "evaluate-toy.json"
    before, found, after = file.read_text().rpartition('"sha256"')
    file.write_text(f'{before}"rha256"{after}')
    assert found
    assert not ready.collected("evaluate", "toy")


@pytest.mark.parametrize("name", ["params.yaml", "data/ring.npz"])
def test_what_was_edited_while_the_work_was_done_makes_it_count_for_nothing(
    folder, monkeypatch, name
):
    """The work was done on what was read at its start: the key is of that moment."""
    monkeypatch.setattr(asked, "whole_study", lambda: True)
    for file in ("params.yaml", "data/ring.npz", "made"):
        Path(file).parent.mkdir(exist_ok=True)
        Path(file).write_text(file)
    began = ready.key()
    Path(name).write_text("edited")
    ready.write("evaluate", "toy", began, made={"reports/x": Path("made")}, told=[])
    assert not ready.collected("evaluate", "toy")
    ready.write("evaluate", "toy", ready.key(), made={"reports/x": Path("made")}, told=[])
    assert ready.collected("evaluate", "toy")


def test_it_counts_only_where_dvc_comes_to_all_stages_and_has_emptied_their_outs(
    made, monkeypatch
):
    (made / "reports/curves/toy").mkdir(parents=True)
    assert not ready.collected("evaluate", "toy")
    (made / "reports/curves/toy").rmdir()
    monkeypatch.setattr(asked, "whole_study", lambda: False)
    assert not ready.collected("evaluate", "toy")


def test_other_libraries_are_another_key(made, monkeypatch):
    monkeypatch.setattr(ready, "version", lambda package: "0")
    assert not ready.collected("evaluate", "toy")


def test_collecting_takes_no_torch(made):
    code = (
        "import sys; from pipeline import __main__; from pipeline.execution import ready, times; "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
