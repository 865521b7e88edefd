"""Which files a stage has written: only these may it remove.

    work/own/<stage>.json    {file: SHA-256}

A folder of the study may hold what a user has put there. A stage that writes other files than
when it ran last removes those that it wrote then, unless somebody has changed them since.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pipeline.results.files import digest, read_sealed, write_json
from pipeline.results.seal import sealed
from pipeline.study.errors import StudyError


def replace(stage: str, written: Iterable[Path]) -> None:
    """Removes what a stage wrote when it ran last, except what it has written now."""
    path = Path(os.environ.get("DVC_ROOT", "."), "work", "own", f"{stage}.json")
    now = {file.as_posix(): digest(file) for file in written}
    try:
        before = dict(read_sealed(path)["files"])
    except (StudyError, LookupError, TypeError, ValueError):
        before = {}
    for name in before.keys() - now.keys():
        with suppress(OSError):
            if digest(name) == before[name]:
                Path(name).unlink()
    write_json(path, sealed({"files": now}))
