"""What the source documents say: the rows that `documents` of a claim name.

documents.yaml has a sentence for each row, and under `open` those that no claim decides, with the
reason. A sentence is a text, or one in English and Korean with its place, "D0:12" for line 12 of
the document D0 of `sources`. The file lies beside claims.yaml, or one folder above it, where the
study lies within another; a study that has none is free in what it names.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.study import validation, yaml
from pipeline.study.errors import StudyError

FILE = "documents.yaml"
Row = Annotated[str, Field(pattern=r"^T\d{3}$")]
Sentence = Annotated[str, Len(1, 200)]


class Said(BaseModel):
    """A sentence, in Korean too where it has that, and where it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    en: Sentence
    ko: Sentence | None = None
    at: Annotated[str, Len(1, 50)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _text(cls, block: Any) -> Any:
        return {"en": block} if isinstance(block, str) else block


class Documents(BaseModel):
    """The content of documents.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sources: dict[str, Said] = {}
    documents: dict[Row, Said]
    open: dict[Row, Said] = {}


def find(ledger: Path | str) -> Path | None:
    """The documents.yaml of a ledger, if there is one. ledger: its claims.yaml."""
    folders = Path(ledger).resolve().parents[:2]
    return next((f / FILE for f in folders if (f / FILE).is_file()), None)


def read(path: Path | str) -> Documents:
    """What stands in documents.yaml; refused with a line for each problem."""
    try:
        found = Documents.model_validate(yaml.read(path, Documents.model_fields))
    except ValidationError as error:
        raise _refused(validation.told(error)) from error
    unknown = [
        f"open.{row}: no such row{validation.allowed(row, found.documents)}"
        for row in found.open
        if row not in found.documents
    ]
    if unknown:
        raise _refused(unknown)
    return found


def of(ledger: Path | str) -> Documents | None:
    """What the documents of a ledger say, where it has any. ledger: its claims.yaml."""
    path = find(ledger)
    return None if path is None else read(path)


def unknown(cited: Mapping[str, list[str]], ledger: Path | str) -> list[str]:
    """A line for each row that a claim names and the documents do not have.

    cited: the rows of each claim, by its id. ledger: its claims.yaml.
    """
    found = of(ledger)
    if found is None:
        return []
    rows = found.documents
    return [
        f"claims.{claim}.documents: {row!r} is no row of {FILE}{validation.allowed(row, rows)}"
        for claim, named in cited.items()
        for row in named
        if row not in rows
    ]


def _refused(problems: list[str]) -> StudyError:
    return StudyError.of(f"{FILE}: {problem}" for problem in problems)
