"""A code hash changes if and only if executed code changes, equally on every Python version."""

import ast
import hashlib
import shutil
import subprocess
from pathlib import Path

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
SYNTAX = Path(__file__).with_name("syntax.txt")
RECORDED = "91f0b46ff7bf6de3ce0c2a9377e1e8506dd4f9100d4947a5cce22aa2bce3be2b"
NEWER = {"TypeAlias", "TemplateStr", "Interpolation"}  # not in every Python of the study
HASHED = """
import hashlib, importlib.util, sys
found = importlib.util.spec_from_file_location("code_hash", sys.argv[1])
code_hash = importlib.util.module_from_spec(found)
found.loader.exec_module(code_hash)
for file in sys.argv[2:]:
    print(code_hash.parsed(code_hash.Path(file))[0])
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setattr(code_hash, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(code_hash, "ROOT", tmp_path)
    for name, text in FILES.items():
        write(name, text)
    return tmp_path


def write(name, text):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    code_hash.parsed.cache_clear()


def code(text):
    return code_hash.code(ast.parse(text))


def test_the_closure_is_what_an_import_runs(tree):
    found = [file.as_posix() for file in code_hash.closure("pipeline.a")]
    assert found == [name for name in sorted(FILES) if name != "pipeline/other.py"]


def test_what_is_left_out_takes_along_what_it_alone_imports(tree):
    write("pipeline/deep/c.py", "from pipeline import other\n")
    left = code_hash.closure("pipeline.a", without=["pipeline.deep.c"])
    assert [file.as_posix() for file in left] == [
        "pipeline/__init__.py",
        "pipeline/a.py",
        "pipeline/b.py",
        "pipeline/deep/__init__.py",
    ]


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


def test_the_hash_does_not_hang_on_the_folder_that_one_stands_in(tree, monkeypatch):
    before = code_hash.fingerprint("pipeline.a")
    (tree / "study").mkdir()
    monkeypatch.chdir(tree / "study")
    assert code_hash.fingerprint("pipeline.a") == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('X = "a"', 'X = "b"'),  # a string that is used
        ('f("a")', 'f("b")'),
        ("def f():\n    return 'a'", "def f():\n    return 'b'"),
        ("X = 1", "X = 1.0"),
        ("X = 1", "X = True"),
        ("X = 'None'", "X = None"),
        ("X = 'a'", "X = b'a'"),
        ("X = a", "X = 'a'"),
        ("f(a, b)", "f(b, a)"),
        ("f(a, b)", "f(a, b=b)"),
        ("f(*a)", "f(a)"),
        ("X = [a]", "X = [*a]"),
        ("X = (a,)", "X = [a]"),
        ("X = {None: a}", "X = {**a}"),
        ("X = a[b]", "X = a[b:]"),
        ("X = a[b:]", "X = a[:b]"),
        ("X = a[b:]", "X = a[b:None]"),
        ("return_ = f'{a}'", "return_ = f'{a!r}'"),
        ("X = f'{a}b'", "X = f'{a}c'"),
        ("X = f'{a:.3f}'", "X = f'{a:.4f}'"),
        ("X = f'a{{}}'", "X = f'a{b}'"),
        ("def f(a, b=1): pass", "def f(a=1, b=1): pass"),
        ("def f(a, *, b): pass", "def f(a, b): pass"),
        ("def f(a, /, b): pass", "def f(a, b): pass"),
        ("def f(*a): pass", "def f(**a): pass"),
        ("def f(*, a, b=1): pass", "def f(*, a=1, b): pass"),
        ("class A:\n    x: int = 1", "class A:\n    x: float = 1"),
        ("class A(B): pass", "class A: pass"),
        ("@d\ndef f(): pass", "def f(): pass"),
        ("def f():\n    return", "def f():\n    pass"),
        ("if a:\n    b\nelse:\n    c", "if a:\n    c\nelse:\n    b"),
        ("if a:\n    b\n    c", "if a:\n    b\nc"),
        ("for a in b:\n    c\nelse:\n    d", "for a in b:\n    c\n    d"),
        ("try:\n    a\nfinally:\n    b", "try:\n    a\nexcept E:\n    b"),
        ("a = b = c", "a = c = b"),
        ("a < b <= c", "a <= b < c"),
        ("from a import b", "from a import c as b"),
        ("async def f(): pass", "def f(): pass"),
    ],
)
def test_two_codes_that_do_different_things_differ(one, other):
    assert code(one) != code(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"""A."""\nX = 1', "X = 1"),
        ('X = 1\n"""About X."""', "X = 1"),
        ('class A:\n    """A."""\n    x: int\n    "about x"', "class A:\n    x: int"),
        ('def f():\n    """A."""', 'def f():\n    """B."""'),
        ("X = u'a'", 'X = "a"'),
        ("X = 'a' 'b'", "X = 'ab'"),
        ("X = 'a' f'{b}' 'c'", "X = f'a{b}c'"),
        ("X = 1_000", "X = 1000"),
        ("X = 1e-3", "X = 0.001"),
        ("(a)\n\n\n# why", "a"),
    ],
)
def test_prose_and_spelling_are_no_code(one, other):
    assert code(one) == code(other)


def test_the_hash_of_every_kind_of_syntax_is_the_recorded_one():
    """Recorded on Python 3.11.7, 3.12.1 and 3.13.0."""
    text = code(SYNTAX.read_text(encoding="utf-8"))
    assert text.isascii()
    assert hashlib.sha256(text.encode()).hexdigest() == RECORDED
    there = {type(node) for node in ast.walk(ast.parse(SYNTAX.read_text(encoding="utf-8")))}
    abstract = ast.stmt, ast.expr, ast.pattern, ast.operator, ast.unaryop, ast.cmpop, ast.boolop
    kinds = {k for k in vars(ast).values() if getattr(k, "__base__", None) in abstract}
    assert {kind.__name__ for kind in kinds - there} <= NEWER


@pytest.mark.parametrize("name", ["python3.11", "python3.12", "python3.13"])
def test_every_python_that_is_here_finds_the_same_hash(name):
    """Of the recorded syntax and of code of the study."""
    files = [SYNTAX, Path(code_hash.__file__), Path("pipeline/engine/training.py").resolve()]
    python = shutil.which(name)
    command = [python or name, "-c", HASHED, code_hash.__file__, *map(str, files)]
    ran = python and subprocess.run(command, capture_output=True, text=True, cwd="/")
    if not ran or "not found" in ran.stderr:
        pytest.skip(f"no {name} here")
    assert ran.stdout.split() == [code_hash.parsed(file)[0] for file in files], ran.stderr
