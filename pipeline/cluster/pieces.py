"""Files in pieces: how a task sends what it makes, and how it is put together and checked.

A message has one piece: the file's name, where the piece begins, and size and SHA-256 of the whole
file as it then is. A file that has only grown is sent from where it ended before. Pieces keep the
object store small: of each task a few are on their way, however large the file.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.execution.checkpoints import KEPT
from pipeline.results.files import write_bytes
from pipeline.study.errors import DATA, StudyError

PIECE = 8 * 2**20  # bytes
Message = dict[str, Any]


class Outbox:
    """The files of a folder, each sent again only where it has changed."""

    def __init__(self, folder: Path):
        """folder: what is in it already is known to the other side."""
        self.folder = folder
        files = [file for file in folder.glob("*") if file.is_file()]
        self.sent = {file.name: _told(file.read_bytes()) for file in files}

    def checkpoint(self) -> Iterator[Message]:
        """The newest checkpoint, after all that belongs to it."""
        names = [f.name for f in sorted(self.folder.glob("snapshot-*.npz"))]
        newest = max(f.name for f in self.folder.glob("checkpoint-*.npz"))
        for name in (*names, "run.json", "curves.csv", newest):
            if (self.folder / name).is_file():
                yield from self.file(name)

    def file(self, name: str) -> Iterator[Message]:
        """What is new of one file."""
        content = (self.folder / name).read_bytes()
        told, (size, sha) = _told(content), self.sent.get(name, (0, ""))
        if told == (size, sha):
            return
        start = size if sha and _told(content[:size])[1] == sha else 0
        for at in range(start, max(len(content), start + 1), PIECE):
            piece = content[at : at + PIECE]
            yield {"file": name, "at": at, "size": told[0], "sha256": told[1], "piece": piece}
        self.sent[name] = told


def _told(content):
    return len(content), hashlib.sha256(content).hexdigest()


class Inbox:
    """Puts files together in a folder; each is complete and as stated, or absent."""

    def __init__(self, folder: Path):
        self.folder, self.parts = folder, dict[str, bytearray]()

    def take(self, message: Message) -> bool:
        """Takes one piece; whether its file is now there, as it was sent."""
        name, at, size = message["file"], message["at"], message["size"]
        file = self.folder / name
        if Path(name).name != name:
            raise StudyError(f"{name!r}: no name of a file of a result", DATA)
        if name not in self.parts:
            self.parts[name] = bytearray(file.read_bytes()[:at] if at else b"")
        part = self.parts[name]
        if len(part) != at:
            self.parts.pop(name)
            raise StudyError(f"{file}: a piece of it was lost on its way", DATA)
        part += message["piece"]
        if len(part) < size:
            return False
        self.parts.pop(name)
        if _told(bytes(part)) != (size, message["sha256"]):
            raise StudyError(f"{file}: what came is not what was sent", DATA)
        write_bytes(file, bytes(part))
        return True

    def prune(self) -> None:
        """Deletes all but the last checkpoints, as a trainer here does."""
        for old in sorted(self.folder.glob("checkpoint-*.npz"))[:-KEPT]:
            old.unlink(missing_ok=True)
