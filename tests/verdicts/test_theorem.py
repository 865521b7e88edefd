"""A theorem is decided by its test, run by pytest in a process of its own."""

import sys
from textwrap import dedent

import pytest

from pipeline.verdicts import outcomes as outcomes_of
from pipeline.verdicts import theorem
from pipeline.verdicts.outcomes import outcomes

TESTS = """
    import os

    import pytest

    @pytest.fixture
    def broken():
        raise OSError

    def test_true():
        pass

    def test_false():
        assert False

    @pytest.mark.parametrize("n", [0, 1, 2])
    def test_mostly_true(n):
        assert n < 2

    @pytest.mark.parametrize("n", [0, 1])
    def test_always_true(n):
        pass

    def test_broken(broken):
        pass

    @pytest.mark.skip(reason="for the test of skipping")
    def test_skipped():
        pass

    def test_true_as_well():
        assert False
"""
EXPECTED = {
    "tests/theory/test_some.py::test_true": "passed",
    "tests/theory/test_some.py::test_false": "failed",
    "tests/theory/test_some.py::test_mostly_true": "failed",
    "tests/theory/test_some.py::test_always_true": "passed",
    "tests/theory/test_some.py::test_broken": "error",
    "tests/theory/test_some.py::test_skipped": "skipped",
    "tests/theory/test_some.py::test_unwritten": "absent",
    "tests/theory/test_none.py::test_true": "absent",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A repository with a few tests."""
    (tmp_path / "tests/theory").mkdir(parents=True)
    (tmp_path / "tests/theory/test_some.py").write_text(dedent(TESTS))
    monkeypatch.setattr(outcomes_of, "ROOT", tmp_path)
    return tmp_path


def test_each_outcome_is_told_apart_in_one_run(folder, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")  # what a person set for themselves
    assert outcomes(list(EXPECTED)) == EXPECTED


def test_a_file_that_cannot_be_imported_spoils_no_other(folder):
    bad, true = "tests/theory/test_bad.py::test_true", "tests/theory/test_some.py::test_true"
    (folder / "tests/theory/test_bad.py").write_text(
        "import nothing\n\ndef test_true():\n    pass\n"
    )
    found = outcomes([bad, true])
    assert found[bad] == "error"
    assert theorem.decide(found[true]).verdict != "fails"


def test_nothing_is_left_behind(folder):
    outcomes(["tests/theory/test_some.py::test_true"])
    left = {p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert left == {"test_some.py"}


def test_without_pytest_nothing_is_decided(folder, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    node = "tests/theory/test_some.py::test_true"
    assert outcomes([node]) == {node: "unavailable"}


def test_only_passing_and_failing_decide():
    assert {word: theorem.decide(word).verdict for word in theorem.BECAUSE} == {
        "passed": "holds",
        "failed": "fails",
        "error": "undecided",
        "skipped": "undecided",
        "absent": "undecided",
        "unavailable": "undecided",
    }
