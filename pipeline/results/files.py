"""Atomic file writing: files are complete or absent.

Everything the study writes goes through `write_bytes`: to a temporary name beside the target,
flushed to disk, then renamed. A reader sees the old file or the new one, never a part of it, even
if the writer is killed. The bytes are a function of the content: no time stamps.
"""

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np

from pipeline.study.errors import DATA, RESOURCE, StudyError


def write_bytes(path: Path | str, content: bytes) -> None:
    """Writes content to path atomically; missing folders are made."""
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be written ({error.strerror}, {len(content):,} bytes)", RESOURCE
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)


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
    """The arrays of an .npz. Raises StudyError on pickled objects and damaged files."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run the stage that makes it", DATA) from None
    except (ValueError, OSError, EOFError, KeyError, BadZipFile) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StudyError(f"{path}: not a sound .npz file ({reason})", DATA) from error


def read_json(path: Path | str) -> dict:
    """The content of a JSON file."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run the stage that makes it", DATA) from None
    except ValueError as error:
        raise StudyError(f"{path}: not sound JSON ({error})", DATA) from error


def digest(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
