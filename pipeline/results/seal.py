"""A seal on a JSON file: the SHA-256 of what it says, so that a changed digit is noticed.

    {..., "sha256": SHA-256 of the rest, as JSON with sorted keys}

An .npz has a checksum of each array, a JSON file has none: a bit that flips may turn one number
into another. Files of older versions have no seal, and are taken as they are.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.study.errors import DATA, StudyError

KEY = "sha256"


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with its seal. content: what JSON can express."""
    return {**content, KEY: _digest(content)}


def opened(content: Any, path: Path | str) -> Any:
    """The content of a file without its seal. Raises StudyError where that does not fit.

    content: as json reads it. path: of the file, for the error.
    """
    if not isinstance(content, dict) or KEY not in content:
        return content
    rest = {key: value for key, value in content.items() if key != KEY}
    if content[KEY] != _digest(rest):
        raise StudyError(
            f"{path}: its content is not what was written; run the stage that makes it again", DATA
        )
    return rest


def _digest(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
