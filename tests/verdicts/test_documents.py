"""The rows that claims name are there, and each is decided or said to be open."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.study.errors import StudyError
from pipeline.verdicts import documents
from pipeline.verdicts.ledger import read as read_ledger

TEXT = """\
documents:
  T001: Samples are new data.
  T002: A density is a likelihood.
open:
  T002: nobody measures it
"""


def claims(path):
    return YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))["claims"]


@pytest.fixture
def ledger(tmp_path):
    (tmp_path / "documents.yaml").write_text(TEXT, encoding="utf-8")
    return tmp_path / "claims.yaml"


def test_every_row_is_decided_or_open_and_none_is_both():
    found = documents.read("documents.yaml")
    decided = {row for claim in claims("claims.yaml") for row in claim["documents"]}
    assert decided | found.open.keys() == found.documents.keys()
    assert not decided & found.open.keys()


def test_a_study_within_another_names_the_same_rows():
    assert documents.find("mnist/claims.yaml") == documents.find("claims.yaml")
    cited = {claim["id"]: claim["documents"] for claim in claims("mnist/claims.yaml")}
    assert documents.unknown(cited, "mnist/claims.yaml") == []


def test_a_row_that_is_not_there_is_told_in_a_line(ledger):
    (line,) = documents.unknown({"one": ["T001", "T003"], "two": ["T002"]}, ledger)
    assert re.match(r"claims.one.documents: 'T003' is no row of documents.yaml; .*T00", line)
    assert documents.unknown({"one": ["T003"]}, ledger.parent / "a" / "claims.yaml")
    assert documents.unknown({"one": ["T003"]}, ledger.parent / "a" / "b" / "claims.yaml") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("documents: {T1: So.}\n", "documents.T1.*: string should match"),
        ("documents: {T001: ''}\n", "documents.T001.en: .*at least 1"),
        ("documents: {T001: So.}\nopen: {T002: why}\n", "open.T002: no such row; .*T001"),
        ("rows: {}\n", "documents: missing"),
    ],
)
def test_what_is_wrong_with_the_file_is_told_in_a_line(tmp_path, text, line):
    path = tmp_path / "documents.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=f"^documents.yaml: {line}"):
        documents.read(path)


def test_a_ledger_that_names_such_a_row_is_refused(ledger):
    ledger.write_text(
        "error: 0.05\nclaims:\n  - {id: one, claim: So., documents: [T003], statistic: all,"
        " rule: theorem, test: 'tests/theory/test_some.py::test_it_is_so'}\n",
        encoding="utf-8",
    )
    with pytest.raises(StudyError, match=r"claims\.one\.documents: 'T003' is no row"):
        read_ledger(ledger, {})
