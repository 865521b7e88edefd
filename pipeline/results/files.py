"""Atomic file writing: files are complete or absent.

Everything the study writes goes through `write_bytes`: to a file without a name in the target's
folder, flushed to disk, then named and renamed. A reader sees the old file or the new one, never a
part of it, even if the writer is killed, and a killed writer leaves nothing behind: a file without
a name ends with its process (open(2), O_TMPFILE). Where a file system has none of these, or a kill
comes between the two names, the next writer in the folder removes what is left. The bytes are a
function of the content: no time stamps.
"""

import hashlib
import io
import json
import os
import secrets
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from zipfile import ZIP64_LIMIT, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np

from pipeline.results.seal import KEY, opened
from pipeline.study.errors import DATA, RESOURCE, StudyError

ENCRYPTED = 1  # a flag of a zip entry
# What zipfile and NumPy raise on a damaged file.
UNSOUND = (
    *(BadZipFile, ValueError, EOFError, LookupError, RuntimeError, SyntaxError, TypeError),
    *(struct.error, MemoryError, OverflowError),
)
PART = ".part"
HOUR = 3600.0  # seconds


def write_bytes(path: Path | str, content: bytes) -> None:
    """Writes content to path atomically; missing folders are made."""
    path = Path(path)
    # Never longer than a name may be, however long the target's is.
    temporary = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}{PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent.absolute())
        _written(temporary, content)
        os.replace(temporary, path)
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be written ({error.strerror}, {len(content):,} bytes)", RESOURCE
        ) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _written(path: Path, content: bytes) -> None:
    """Writes a new file, which has no name before it is whole, where the system can do that."""
    nameless = getattr(os, "O_TMPFILE", 0)
    for flags, place in ((nameless, path.parent), (os.O_CREAT | os.O_EXCL, path)):
        try:
            handle = os.open(place, flags | os.O_WRONLY, 0o600) if flags else None
        except OSError:
            if place is path:
                raise
            continue
        if handle is None:
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(handle, 0o644)
            os.fsync(handle)
            if place is path:
                return
            with suppress(OSError):  # without /proc, say
                # The folder is not looked at, but makes Python follow the link (linkat(2)).
                os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle, follow_symlinks=True)
                return


@cache
def _sweep(folder: Path) -> None:
    """Removes what killed writers have left in a folder; once per process and folder."""
    for part in folder.glob(f".*-*{PART}"):
        owner = part.name[1:].partition("-")[0]
        with suppress(OSError, ValueError, OverflowError):
            if time.time() - part.stat().st_mtime > HOUR:  # a process of another machine's
                part.unlink()
                continue
            try:
                os.kill(int(owner), 0)
            except ProcessLookupError:
                part.unlink()


def write_text(path: Path | str, text: str) -> None:
    """Writes text to path as UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path | str, content: object) -> None:
    """Writes content to path as strict JSON: NaN and infinity are errors."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_npz(path: Path | str, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes named arrays to path as .npz: no pickles, one checksum per array, reproducible bytes.

    `np.savez` requests 64-bit sizes from zipfile, which are written differently by Python 3.11.2
    and 3.11.7; entries of known size do not need them.
    """
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(ZipInfo(f"{name}.npy"), entry.getvalue())  # dated 1980
    write_bytes(path, buffer.getvalue())


def read_npz(path: Path | str) -> dict[str, np.ndarray]:
    """The arrays of an .npz, as write_npz writes it: anything else raises StudyError.

    Each entry is held to its checksum before it is looked at: a header that lies about a shape
    would ask for any amount of memory. Nothing is unpacked, and nothing unpickled.
    """
    found: dict[str, np.ndarray] = {}
    try:
        with ZipFile(path) as archive:
            for entry in archive.infolist():
                name = entry.filename.removesuffix(".npy")
                if name in found or archive.comment or not _is_plain(entry):
                    raise BadZipFile(f"its entry {name!r} is not one that this study writes")
                content = io.BytesIO(archive.read(entry))
                found[name] = np.lib.format.read_array(content, allow_pickle=False)
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run the stage that makes it", DATA) from None
    except (OSError, *UNSOUND) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StudyError(f"{path}: not a sound .npz file ({reason})", DATA) from error
    return found


def _is_plain(entry: ZipInfo) -> bool:
    """Whether an entry is as write_npz writes it. A comment might hide further entries: for that
    one flipped bit of its length is enough. Sizes that need 64 bits stand in the extra field."""
    extra = entry.extra and entry.file_size < ZIP64_LIMIT
    plain = entry.compress_type == ZIP_STORED and not entry.flag_bits & ENCRYPTED
    return plain and not entry.comment and not extra


def read_json(path: Path | str) -> dict:
    """The content of a JSON file."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run the stage that makes it", DATA) from None
    except (ValueError, RecursionError) as error:
        raise StudyError(f"{path}: not sound JSON ({error})", DATA) from error
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})", DATA) from error


def read_sealed(path: Path | str) -> dict:
    """The content of a JSON file that has a seal (seal.py), without it.

    A file without one is refused: a flipped bit may have hit the seal's name.
    """
    content = read_json(path)
    if not isinstance(content, dict) or KEY not in content:
        raise StudyError(f"{path}: has no {KEY} of what it says", DATA)
    found: dict = opened(content, path)
    return found


def digest(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
