"""curves.csv as it grows: appended to, cut back to a checkpoint, known by the SHA-256 of a prefix.

Other than the files of a result it is written while a training goes on, and read meanwhile. What
a checkpoint says of it is checked before anything is appended: a file that has lost its tail would
go on to NUL bytes.
"""

import hashlib
import os
from pathlib import Path
from typing import TypedDict

from pipeline.execution.play import HEADER


class Prefix(TypedDict):
    """The beginning of a file."""

    bytes: int
    sha256: str


def holds(file: Path, prefix: Prefix) -> bool:
    """Whether a file begins as it did."""
    try:
        with open(file, "rb") as opened:
            content = opened.read(prefix["bytes"])
    except OSError:
        return False
    found = hashlib.sha256(content).hexdigest()
    return len(content) == prefix["bytes"] and found == prefix["sha256"]


class Curves:
    """The file, open to be appended to."""

    def __init__(self, file: Path, kept: Prefix | None):
        """kept: how much of the file is gone on from; None: it begins anew."""
        self.file = open(file, "r+b" if kept else "w+b")  # noqa: SIM115
        content = self.file.read(kept["bytes"]) if kept else b""
        self.sha, self.bytes = hashlib.sha256(content), len(content)
        self.file.truncate(self.bytes)
        self.file.seek(self.bytes)
        if not kept:
            self.write(HEADER)

    def __enter__(self) -> "Curves":
        return self

    def __exit__(self, *_) -> None:
        self.file.close()

    def write(self, text: str) -> None:
        """Appends lines."""
        content = text.encode()
        self.file.write(content)
        self.sha.update(content)
        self.bytes += len(content)

    def flush(self) -> None:
        """Lets others see what was appended."""
        self.file.flush()

    def prefix(self) -> Prefix:
        """All that was written, which is on the disk then."""
        self.file.flush()
        os.fsync(self.file.fileno())
        return {"bytes": self.bytes, "sha256": self.sha.hexdigest()}
