"""Mutants: each operator makes the change that it says, and nothing else of the text."""

import ast
import sys
from pathlib import Path

import pytest

from tests.mutants import EQUIVALENT
from tests.operators import changes
from tests.patched import in_function, patch
from tests.sampled import rooms
from tests.slips import OPERATORS
from tests.which import TESTS, beside

TEXT = '''"""Doc: 1 + 1."""
import math

LIMIT = 3


def f(a, b, *, k=1.5, on=True):
    """Doc: a - b."""
    assert a > 7
    total = 0
    for x in a[1:9]:
        if not x.ok or x.n < LIMIT:
            continue
        total += -x.n - math.sqrt(b["key"])
        x.note(sorted(a), b, axis=-1, mode="m")
    if a == "word":
        raise ValueError(f"{a + 1} is wrong")
    picked = [y.detach() for y in a if y]
    return a.sum(-1), picked, a is None
'''


@pytest.fixture
def known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("some.py").write_text(TEXT, encoding="utf-8")
    return [(change, change.made()) for change in changes("some.py")]


def test_every_operator_is_there_and_makes_another_program(known):
    assert {change.operator for change, _ in known} == set(OPERATORS)
    made = [mutant for _, mutant in known if mutant]
    for mutant in made:
        assert ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse(TEXT))
    assert len({mutant.name for mutant in made}) == len(made)


def test_a_change_stands_in_the_lines_that_it_names_and_leaves_all_else(known):
    before = TEXT.splitlines()
    for mutant in (m for _, m in known if m):
        after = mutant.source.splitlines()
        first, last = mutant.lines
        assert after[: first - 1] == before[: first - 1]
        assert after[len(after) - len(before) + last :] == before[last:]


LINES = [
    "if (not x.ok and x.n < LIMIT):",
    "if not x.ok or (x.n <= LIMIT):",
    "if (x.ok) or x.n < LIMIT:",
    "def f(b, a, *, k=1.5, on=True):",
    "def f(a, b, *, k=1.5, on=False):",
    "for x in list(a[1:9])[1:]:",
    "for x in a[2:9]:",
    "return a.sum(0), picked, a is None",
    "picked = [(y) for y in a if y]",
    "LIMIT = 4",
]


@pytest.mark.parametrize("line", LINES)
def test_known_changes_are_among_them(known, line):
    assert line in {text.strip() for _, m in known if m for text in m.source.splitlines()}


def test_what_decides_nothing_is_left_alone(known):
    """Docstrings, assertions, and the text of an error."""
    for mutant in (m for _, m in known if m):
        for kept in ('"""Doc: 1 + 1."""', '"""Doc: a - b."""', "assert a > 7"):
            assert kept in mutant.source
        assert "is wrong" in mutant.source or "raise" not in mutant.source


def test_a_loaded_module_takes_the_functions_of_another_text(tmp_path, monkeypatch):
    """Also those that others have imported by name, and methods; in_function says which."""
    text = (
        "def f(x, y=1):\n    return x + y\n\n\nclass C:\n    def g(self):\n        return f(1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "patched_example.py").write_text(text)
    import patched_example as loaded

    kept, one = loaded.f, loaded.C()
    patch("patched_example.py", text.replace("x + y", "x - y").replace("y=1", "y=5"))
    assert (kept(1), one.g()) == (-4, -4)
    assert in_function(text, (2, 2))
    assert not in_function(text, (1, 1))
    del sys.modules["patched_example"]


def test_every_file_has_tests_of_its_own():
    """Of each room the first file; what is nearest comes first."""
    for files in rooms().values():
        assert [*TESTS(files[-1]), *beside(files[-1])], files[-1]
    assert TESTS("pipeline/objectives/minimax.py")[0] == "tests/objectives/test_minimax.py"
    assert TESTS("reference/theory/transport.py")[0] == "tests/theory/test_transport.py"


def test_reasons_are_of_files_that_are_there():
    assert all(Path(file).is_file() and reason for (file, _), reason in EQUIVALENT.items())
