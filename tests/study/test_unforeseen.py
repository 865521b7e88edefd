"""An error that nobody foresaw is told in a few lines, with the line that it comes from."""

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from pipeline.objectives import least_squares
from pipeline.study import errors, unforeseen, yaml


def wrong():
    """A formula that is called as nobody should: its own line is at fault for the reader."""
    least_squares.discriminator_loss("no tensor", None)


def told(work, capsys):
    with pytest.raises(SystemExit) as left:
        errors.ended(work)
    assert left.value.code == errors.BUG == 70
    return capsys.readouterr().err.splitlines()


def test_a_fault_in_a_formula_is_told_with_file_and_line(folder, capsys):
    """Not that of the one who called it, nor a deeper one of Torch, nor of Python."""
    lines = told(wrong, capsys)
    assert len(lines) <= 5
    assert lines[0].startswith("error[70]: TypeError: ")
    found = re.fullmatch(r"  at (pipeline/objectives/least_squares\.py):(\d+) in \w+", lines[1])
    assert found
    text = Path(unforeseen.ROOT, found[1]).read_text(encoding="utf-8").splitlines()
    assert text[int(found[2]) - 1].strip() == lines[2].strip()
    kept = Path("work/traceback.txt").read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in kept
    assert "in wrong" in kept


def test_so_is_one_in_a_forked_process(folder, capsys):
    """Of which only the text of a traceback comes back."""

    def work():
        with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
            pool.submit(wrong).result()

    lines = told(work, capsys)
    assert len(lines) <= 5
    assert lines[1].startswith("  at pipeline/objectives/least_squares.py:")


def test_what_is_no_python_is_told_with_its_line(folder, capsys, monkeypatch):
    monkeypatch.setattr(unforeseen, "ROOT", folder)
    file = folder / "pipeline" / "models" / "mine.py"
    file.parent.mkdir(parents=True)
    file.write_text("x = 1\ndef loss(:\n    pass\n")

    def work():
        compile(file.read_text(), str(file), "exec")

    lines = told(work, capsys)
    assert lines[0].startswith("error[70]: SyntaxError: ")
    assert lines[1:3] == ["  at pipeline/models/mine.py:2", "  def loss(:"]


def test_a_message_of_many_lines_is_cut_to_its_first(folder, capsys):
    def work():
        raise RuntimeError("first\nsecond\n" * 50)

    lines = told(work, capsys)
    assert lines[0] == "error[70]: RuntimeError: first"
    assert len(lines) <= 5


def test_files_that_dvc_could_not_read_are_told_in_a_line_each(folder, capsys):
    """Before DVC is asked, whose message has many lines and no number of one."""
    Path("a.yaml").write_text("a: [1\nb: 2\n")
    Path("b.yaml").write_text("a: 1\na: 2\n")
    Path("c.yaml").write_text("a: 1\n")
    with pytest.raises(SystemExit) as left:
        errors.ended(lambda: yaml.main(["a.yaml", "b.yaml", "c.yaml"]))
    assert left.value.code == errors.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["a.yaml", "b.yaml"]
    assert all(re.match(r"error\[2\]: \w\.yaml:\d+: ", line) for line in lines)
