"""A file that would take minutes, or all memory, is one line in a second."""

import time

import pytest

from pipeline.study import yaml
from pipeline.study.errors import StudyError

TENS = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
HOSTILE = {
    "alias bomb": (f"a0: &a0 [{', '.join(['x'] * 10)}]\n{TENS}", "aliases stand for more than"),
    "merge bomb": (
        "m0: &m0 {a: 1}\n"
        + "".join(f"m{i}: &m{i} {{ <<: [*m{i - 1}, *m{i - 1}] }}\n" for i in range(1, 40)),
        "aliases stand for more than",
    ),
    "10 MB": ("a: " + "x" * 10_000_000, "larger than 1,000,000 bytes"),
    "many values": (f"a: [{'1,' * 400_000}]", "more than 100,000 values"),
    "deep lists": ("a: " + "[" * 5_000, "nested too deeply"),
    "deep blocks": ("\n".join(" " * i + "a:" for i in range(300)), "nested too deeply"),
    "itself": ("train: &t { a: *t }\n", "a block within itself"),
    "itself in a list": ("train: &t [1, *t]\n", "a block within itself"),
    "5,000 digits": ("a: " + "9" * 5_000, "4300 digits"),
    "a list as a key": ("? [1, 2]\n: 3\n", "keys must be str"),
    "a mapping as a key": ("? {a: 1}\n: 3\n", "unhashable key"),
    "two documents": ("a: 1\n---\nb: 2\n", "another document"),
    "a merge conflict": (
        "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n",
        ":2: a merge conflict",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_line_in_a_second(tmp_path, name):
    text, line = HOSTILE[name]
    file = tmp_path / "params.yaml"
    file.write_text(text, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(StudyError) as told:
        yaml.read(file, ["a"])
    assert time.process_time() - began < 1
    (shown,) = str(told.value).splitlines()
    assert line in shown
    assert len(shown) < len(str(file)) + 300


def test_an_alias_that_is_used_twice_is_no_fault(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text("a: &a [1, 2]\nb: *a\nc: { <<: { d: 1 } }\n", encoding="utf-8")
    assert yaml.read(file, []) == {"a": [1, 2], "b": [1, 2], "c": {"d": 1}}


def test_a_folder_in_its_place_is_one_line(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        yaml.read(tmp_path, [])
