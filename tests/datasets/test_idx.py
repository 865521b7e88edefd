"""The idx reader returns the expected array, or raises one line that names the file."""

import gzip
import tracemalloc
import zlib
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets import idx
from pipeline.study.errors import DATA, StudyError

SHAPE = (3, 2, 2)
HEADER = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in SHAPE)
BODY = bytes(range(prod(SHAPE)))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("idx") / "images.gz"


def refusal(path, *expected, **keywords):
    """The one line with which the file is refused."""
    with pytest.raises(StudyError) as refused:
        idx.read(path, *expected, **keywords)
    line = str(refused.value)
    assert refused.value.code == DATA
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


def array_or_code(path):
    """The array of a file, or the exit code of its refusal; nothing else may come of it."""
    try:
        return idx.read(path, SHAPE)
    except StudyError as refused:
        return refused.code


def test_reads_what_it_should(file):
    file.write_bytes(gzip.compress(HEADER + BODY))
    array = idx.read(file, SHAPE)
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, np.arange(12).reshape(SHAPE))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cut short after 0 of 28 bytes"),
        (b"<html>503</html>", "not a sound gzip"),
        (gzip.compress(HEADER + BODY)[:-9], "cut short after"),
        (gzip.compress(HEADER + BODY)[:-1], "cut short after 28 of 28"),
        (gzip.compress(HEADER + BODY[:-1]), "unpacks to 27 bytes, expected 28"),
        (gzip.compress(HEADER + BODY + b"\0"), "past the expected 28 bytes"),
        (gzip.compress(HEADER + BODY) + gzip.compress(b""), "after its gzip member"),
        (gzip.compress(HEADER + BODY) + b"\0" * 512, "after its gzip member"),
        (gzip.compress(HEADER + BODY)[:-8] + bytes(8), "not a sound gzip"),
        (zlib.compress(HEADER + BODY), "not a sound gzip"),
        (gzip.compress(b"\0\0\x0d" + HEADER[3:] + BODY), "magic number 00 00 0d 03"),
        (gzip.compress(b"\0\0\x08\x01" + HEADER[4:] + BODY), "expected 00 00 08 03"),
        (gzip.compress(HEADER[:-1] + b"\3" + BODY), "header says (3, 2, 3), expected (3, 2, 2)"),
    ],
    ids=lambda part: "" if isinstance(part, bytes) else None,  # gzip holds the time of day
)
def test_refuses_all_else(file, content, reason):
    file.write_bytes(content)
    assert reason in refusal(file, SHAPE)


def test_refuses_what_follows_wherever_a_read_ends(file, monkeypatch):
    """Also where the bytes after the member that came with it are as many as the next read has."""
    content = gzip.compress(HEADER + BODY)
    for chunk in (16, 17, 1024):
        monkeypatch.setattr(idx, "CHUNK", chunk)
        beside = -len(content) % chunk
        for more in (1, beside, 2 * beside):
            file.write_bytes(content + bytes(more or 1))
            assert "after its gzip member" in refusal(file, SHAPE)


def test_refuses_a_label_out_of_range(file):
    file.write_bytes(gzip.compress(b"\0\0\x08\x01\0\0\0\3" + bytes([9, 10, 200])))
    assert "value 10 at index 1, expected 0 to 9" in refusal(file, (3,), below=10)
    assert idx.read(file, (3,), below=201).tolist() == [9, 10, 200]


def test_refuses_what_is_not_there(tmp_path):
    assert "No such file" in refusal(tmp_path / "images.gz", SHAPE)
    assert "cannot be read" in refusal(tmp_path, SHAPE)


@given(header=st.binary(max_size=20), body=st.binary(max_size=24), packed=st.booleans())
def test_any_bytes_give_the_shape_or_a_refusal(file, header, body, packed):
    content = header + HEADER[len(header) :] + body
    file.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    answer = array_or_code(file)
    if not isinstance(answer, int):
        assert packed
        assert answer.shape == SHAPE
        assert content == HEADER + answer.tobytes()
    else:
        assert answer == DATA


@given(place=st.integers(0, 47), bit=st.integers(0, 7))
def test_no_flipped_bit_changes_the_array(file, place, bit):
    content = bytearray(gzip.compress(HEADER + BODY, mtime=0))
    content[place % len(content)] ^= 1 << bit
    file.write_bytes(content)
    answer = array_or_code(file)
    # Not every flip is refused: the gzip header's time stamp does not touch the content.
    assert answer == DATA if isinstance(answer, int) else answer.tobytes() == BODY


def test_a_bomb_is_stopped_at_the_expected_size(file):
    """100 kB that unpack to 100 MB cost less than 1 MB: the bound is ours, not the file's."""
    packer = zlib.compressobj(9, wbits=31)
    megabyte = bytes(1 << 20)
    file.write_bytes(b"".join(packer.compress(megabyte) for _ in range(100)) + packer.flush())
    tracemalloc.start()
    try:
        assert "past the expected 28 bytes" in refusal(file, SHAPE)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
