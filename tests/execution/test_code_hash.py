"""A hash of code changes when, and only when, code that is run changes."""

import ast

import pytest

from pipeline.execution import code_hash

FILES = {
    "pipeline/__init__.py": "",
    "pipeline/a.py": '"""Doc."""\nfrom pipeline import b\nfrom pipeline.deep.c import f\n',
    "pipeline/b.py": "import numpy\nX = 1  # why\n",
    "pipeline/deep/__init__.py": "Y = 1\n",
    "pipeline/deep/c.py": 'def f(x):\n    """Doc."""\n    return x + 1\n',
    "pipeline/other.py": "Z = 1\n",
}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(code_hash, "ROOT", tmp_path)
    for name, text in FILES.items():
        write(name, text)
    return tmp_path


def write(name, text):
    from pathlib import Path

    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    code_hash.parsed.cache_clear()


def test_the_closure_is_what_an_import_runs(tree):
    found = [file.as_posix() for file in code_hash.closure("pipeline.a")]
    assert found == [name for name in sorted(FILES) if name != "pipeline/other.py"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipeline/b.py", "import numpy\nX = 2  # why\n"),
        ("pipeline/deep/__init__.py", "Y = 2\n"),
        ("pipeline/deep/c.py", 'def f(x):\n    """Doc."""\n    return x + 2\n'),
        ("pipeline/a.py", FILES["pipeline/a.py"] + "from pipeline import other\n"),
    ],
)
def test_changed_code_changes_the_hash(tree, name, text):
    before = code_hash.fingerprint("pipeline.a")
    write(name, text)
    assert code_hash.fingerprint("pipeline.a") != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipeline/b.py", "# Another comment.\nimport numpy\n\nX = 1\n"),
        ("pipeline/deep/c.py", 'def f(x):\n    """Another."""\n    return (x +\n            1)\n'),
        ("pipeline/other.py", "Z = 2\n"),
        ("pipeline/new.py", "W = 1\n"),
    ],
)
def test_changed_prose_and_other_files_do_not(tree, name, text):
    before = code_hash.fingerprint("pipeline.a")
    write(name, text)
    assert code_hash.fingerprint("pipeline.a") == before


def test_a_string_that_is_not_a_docstring_is_code():
    with_string = 'X = "a"\n'
    assert code_hash.code(ast.parse(with_string)) != code_hash.code(ast.parse('X = "b"\n'))
    assert code_hash.code(ast.parse('"""A."""\nX = 1\n')) == code_hash.code(ast.parse("X = 1\n"))
