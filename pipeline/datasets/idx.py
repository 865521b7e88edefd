"""A strict reader of MNIST's idx format: the expected array, or one clear error line.

    magic 00 00 08 n | n sizes, 4 bytes each, big-endian | the bytes of the array, in C order

LeCun, Cortes and Burges, "The MNIST database of handwritten digits" (1998), file formats; 08
means unsigned bytes. The files are gzipped, and the size that a gzip file states cannot be
trusted: at most the size that the caller expects is unpacked.
"""

import math
import zlib
from pathlib import Path

import numpy as np

from pipeline.study.errors import DATA, StudyError

CHUNK = 1 << 16  # bytes read at a time


def read(path: Path | str, shape: tuple[int, ...], below: int = 256) -> np.ndarray:
    """The array of a gzipped idx file, shape `shape`, uint8.

    path: the file.
    shape: the shape that its header must state.
    below: an upper bound that every value must be under, e.g. 10 for labels.
    Raises StudyError where the file is anything else.
    """
    header = b"\0\0\x08" + bytes([len(shape)])
    header += b"".join(size.to_bytes(4, "big") for size in shape)
    content = _unpacked(path, len(header) + math.prod(shape))
    if content[:4] != header[:4]:
        raise _refused(
            path, f"magic number {content[:4].hex(' ')}, expected {header[:4].hex(' ')}"
        )
    if content[: len(header)] != header:
        sizes = content[4 : len(header)]
        found = [int.from_bytes(sizes[i : i + 4], "big") for i in range(0, len(sizes), 4)]
        raise _refused(path, f"header says {tuple(found)}, expected {shape}")
    array = np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)
    if below < 256 and array.size and array.max() >= below:
        first = int((array.ravel() >= below).argmax())
        value = array.ravel()[first]
        raise _refused(path, f"value {value} at index {first}, expected 0 to {below - 1}")
    return array


def _unpacked(path: Path | str, size: int) -> bytearray:
    """The content of a file that is one complete gzip member of exactly `size` bytes."""
    content = bytearray()
    member = zlib.decompressobj(wbits=31)  # 31: gzip only, with its checksum
    try:
        with open(path, "rb") as file:
            while not member.eof:
                # One byte more than expected suffices to detect too long a file.
                packed = member.unconsumed_tail or file.read(CHUNK)
                content += member.decompress(packed, size + 1 - len(content))
                if len(content) > size:
                    raise _refused(path, f"unpacks past the expected {size:,} bytes")
                if not packed and not member.eof:
                    raise _refused(
                        path, f"gzip cut short after {len(content):,} of {size:,} bytes"
                    )
            trailing = len(member.unused_data) + len(file.read(CHUNK))
    except zlib.error as error:
        raise _refused(path, f"not a sound gzip file ({error})") from error
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})") from error
    if trailing:
        raise _refused(path, "has bytes after its gzip member, expected the file to end there")
    if len(content) < size:
        raise _refused(path, f"unpacks to {len(content):,} bytes, expected {size:,}")
    return content


def _refused(path: Path | str, reason: str) -> StudyError:
    return StudyError(f"{path}: {reason}", DATA)
