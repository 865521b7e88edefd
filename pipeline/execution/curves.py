"""curves.csv while it grows: appended to, truncated to a checkpoint, identified by its prefix.

Unlike other result files it is written and read during training. The SHA-256 of the prefix that a
checkpoint states is verified before anything is appended: otherwise a file that has lost its end
would be filled with NUL bytes.
"""

import hashlib
import os
from pathlib import Path
from typing import TypedDict

from pipeline.execution.play import HEADER


class Prefix(TypedDict):
    """The beginning of a file: its length and its SHA-256."""

    bytes: int
    sha256: str


def holds(file: Path, prefix: Prefix) -> bool:
    """Whether a file still begins with this prefix."""
    try:
        with open(file, "rb") as opened:
            content = opened.read(prefix["bytes"])
    except OSError:
        return False
    found = hashlib.sha256(content).hexdigest()
    return len(content) == prefix["bytes"] and found == prefix["sha256"]


class Curves:
    """The file, open for appending."""

    def __init__(self, file: Path, kept: Prefix | None):
        """kept: the prefix after which writing resumes; None: the file is begun anew."""
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
        """Makes what was appended visible to other processes."""
        self.file.flush()

    def prefix(self) -> Prefix:
        """The prefix that is all of the file, after syncing it to disk."""
        self.file.flush()
        os.fsync(self.file.fileno())
        return {"bytes": self.bytes, "sha256": self.sha.hexdigest()}
