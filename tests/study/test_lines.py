"""An error is lines that can be printed, whatever stands in the files of a study."""

import copy
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.stages import check
from pipeline.study.errors import StudyError, on_one_line
from pipeline.verdicts import ledger
from tests import tiny
from tests.stages.test_unmoved import LEDGER

EVIL = ("a\nb", "x\u2028y", "\x85", "\x1b[31m", "gan\r")  # ends of lines, and what moves a cursor


def places(block, path=()):
    """Every key and value of a block: its path, and whether the key is meant."""
    pairs = block.items() if isinstance(block, dict) else enumerate(block)
    for key, value in pairs:
        if isinstance(block, dict):
            yield (*path, key), True
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))
        else:
            yield (*path, key), False


def spoiled(content, path, key, evil):
    """The content with one key or value replaced."""
    content = copy.deepcopy(content)
    block = content
    for part in path[:-1]:
        block = block[part]
    block[evil if key else path[-1]] = block.pop(path[-1]) if key else evil
    return content


def told_in_lines(read, file):
    """Whether reading ends in no error, or in one of printable lines that name the file."""
    try:
        read(file)
    except StudyError as error:
        lines = str(error).split("\n")
        return all(line.startswith(str(file)) and line.isprintable() for line in lines)
    return True


def write(file, content):
    with open(file, "w", encoding="utf-8") as text:
        YAML(typ="safe").dump(content, text)


def test_a_letter_that_ends_a_line_ends_none_of_an_error(folder):
    content = tiny.params(gan={}) | {"evaluation_classifier": {"ring": "toy/gan"}}
    for i, (path, key) in enumerate(places(content)):
        write(Path("params.yaml"), spoiled(content, path, key, EVIL[i % len(EVIL)]))
        assert told_in_lines(check.study, Path("params.yaml")), (path, key)


def test_nor_one_of_the_ledger(folder):
    tiny.write(folder, tiny.params(gan={}))
    study, content = check.study(), YAML(typ="safe").load(LEDGER)
    for i, (path, key) in enumerate(places(content)):
        write(Path("claims.yaml"), spoiled(content, path, key, EVIL[i % len(EVIL)]))
        assert told_in_lines(
            lambda file: ledger.read(str(file), study.experiments), Path("claims.yaml")
        ), (path, key)


def test_letters_of_any_language_stay():
    assert on_one_line("작은 연구, π ≤ ½") == "작은 연구, π ≤ ½"
    assert on_one_line("a\tb\u2028c\x1b[1m") == "a\\tb\\u2028c\\x1b[1m"
