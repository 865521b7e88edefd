"""Fixtures of tests here; in tests/conftest.py they would stand under the hash of all claims."""

from pathlib import Path

import pytest

from pipeline.study import papers
from tests.engine.shared import traced_once

__all__ = ["traced_once"]


@pytest.fixture(autouse=True)
def papers_of_a_study_without_a_file(monkeypatch):
    """Studies here are made of objects: where there is no params.yaml, no paper is named."""
    read = papers.rounds
    monkeypatch.setattr(papers, "rounds", lambda: read() if Path("params.yaml").is_file() else {})
