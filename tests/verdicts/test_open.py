"""What a ledger leaves open is told, and is held to the ids and the documents of its claims."""

import pytest
from ruamel.yaml import YAML

from pipeline.study.errors import StudyError
from pipeline.verdicts import ledger
from tests.verdicts.test_ledger import EXPERIMENTS, MEASURED, without

LEFT = {"id": "three", "claim": "It is.", "documents": ["T001"], "needs": "a larger machine"}


@pytest.fixture
def opened(tmp_path):
    def read(*left):
        path = tmp_path / "claims.yaml"
        with path.open("w", encoding="utf-8") as file:
            content = {"error": 0.05, "open": list(left), "claims": [MEASURED]}
            YAML(typ="safe", pure=True).dump(content, file)
        ledger.read(path, EXPERIMENTS)
        return [found.model_dump() for found in ledger.opened(path)]

    return read


def test_it_is_told(opened):
    assert opened(LEFT) == [LEFT]
    assert opened() == []


def test_its_id_is_no_claim_s(opened):
    with pytest.raises(StudyError, match=r"claims.one: 2 claims have this id"):
        opened(LEFT | {"id": "one"})


def test_it_says_what_it_would_take(opened):
    with pytest.raises(StudyError, match=r"claims.yaml: open.0.needs: missing"):
        opened(without(LEFT, "needs"))
