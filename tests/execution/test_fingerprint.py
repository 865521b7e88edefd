"""A change of anything that determines a result changes the fingerprint.

Three steps of one argument: a small change of any function is another code of its file; another
code of any file is another hash; and every function that is called while a unit trains lies in
such a file, or in one that is known to decide nothing. What a data set decides is a file, whose
digest the fingerprint holds. The same for what is measured.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from pipeline import datasets
from pipeline.execution import code_hash, done, units, worker
from pipeline.stages import check, evaluate, sources
from pipeline.verdicts import ledger
from tests import committed, tiny
from tests.slips import SWAPS

STUDY = committed.study()
CLAIMS = ledger.read("claims.yaml", STUDY.experiments)[1]
MODELS = sorted({run.model for e in STUDY.experiments.values() for run in e.runs.values()})
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
# Called while a unit trains, and no byte of its result hangs on them: they store, tell, wait and
# refuse, and say what a fingerprint is.
DECIDES_NOTHING = {
    *(f"pipeline/execution/{name}.py" for name in ("checkpoints", "code_hash", "curves", "done")),
    *(f"pipeline/execution/{name}.py" for name in ("loop", "machine", "parts", "times")),
    *(f"pipeline/execution/{name}.py" for name in ("units", "worker")),
    "pipeline/results/files.py",
    "pipeline/results/lock.py",
    "pipeline/results/schema.py",
    "pipeline/results/seal.py",
    "pipeline/study/errors.py",
    "pipeline/study/schema.py",
}
GIVEN = {"shape", "features", "classes", "levels"}  # of a data set: a run's record holds them


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse((code_hash.ROOT / file).read_text(encoding="utf-8"))


def closure(model: str) -> list[Path]:
    modules = "pipeline.execution.play", f"pipeline.models.{model}"
    return code_hash.closure(*modules, without=code_hash.PLUMBING)


def changes(function: ast.AST) -> Iterator[Callable[[], Callable]]:
    """Small wrong changes of a function; each is made by a call, whose value takes it back."""

    def put(node, field, value):
        def change():
            was = getattr(node, field)
            setattr(node, field, value)
            return lambda: setattr(node, field, was)

        return change

    for node in ast.walk(function):
        match node:
            case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in SWAPS:
                yield put(node, "op", SWAPS[type(op)]())
            case ast.Compare(ops=[op, *more]) if type(op) in SWAPS:
                yield put(node, "ops", [SWAPS[type(op)](), *more])
            case ast.Constant(value=bool() as value):
                yield put(node, "value", not value)
            case ast.Constant(value=int() | float() as value):
                yield put(node, "value", value + 1)
            case ast.Return(value=ast.expr()):
                yield put(node, "value", ast.Constant(None))
            case ast.Call(args=[first, second, *more]):
                yield put(node, "args", [second, first, *more])
            case ast.Lambda():
                yield put(node, "body", ast.Constant(None))
            case ast.If() | ast.IfExp():
                yield put(node, "test", ast.Constant(True))
                yield put(node, "test", ast.Constant(False))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield put(node, "body", [ast.Pass()])


@cache
def _changed(file: Path) -> int:
    """Makes every small change of every function of a file, and sees another code each time.

    A function's text stands in its file's, so it is enough to look at the former. That a change is
    one is said by `ast.dump`.
    """
    whole, count = code_hash.code(tree(file)), 0
    for function in (node for node in ast.walk(tree(file)) if isinstance(node, FUNCTION)):
        before, dumped, seen = code_hash.code(function), ast.dump(function), 0
        assert before in whole
        for change in changes(function):
            back = change()
            if ast.dump(function) != dumped:
                assert code_hash.code(function) != before, f"{file}: {ast.unparse(function)}"
                seen += 1
            back()
        assert seen, f"{file}:{function.lineno} has nothing to change"
        count += seen
    assert code_hash.code(tree(file)) == whole
    return count


@pytest.mark.parametrize("model", MODELS)
def test_a_small_change_of_any_function_of_a_run_is_another_code(model):
    """Of the engine, the model, its objectives and networks, the optimizers, the randomness."""
    names = {file.as_posix() for file in closure(model)}
    for engine in ("training", "ensemble", "optimizers", "randomness"):
        assert f"pipeline/engine/{engine}.py" in names
    assert f"pipeline/models/{model}.py" in names
    assert sum(_changed(file) for file in closure(model)) > 500


@pytest.mark.parametrize("model", MODELS)
def test_another_code_of_any_file_of_a_run_is_another_hash(model, monkeypatch):
    parsed, before, files = code_hash.parsed, code_hash.training_code(model), closure(model)
    monkeypatch.setattr(code_hash, "closure", lambda *_, **__: files)
    assert code_hash.training_code(model) == before
    for changed in files:

        def other(file, changed=changed):
            sha, names = parsed(file)
            return (sha[::-1] if file == code_hash.ROOT / changed else sha), names

        monkeypatch.setattr(code_hash, "parsed", other)
        assert code_hash.training_code(model) != before, changed


@contextmanager
def called(found: set[tuple[str, str]]):
    """Adds (file, name) of every function of the pipeline that is called meanwhile."""
    root = f"{code_hash.ROOT}/pipeline/"

    def note(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(root) and code.co_name[0] != "<":
            found.add((f"pipeline/{code.co_filename.removeprefix(root)}", code.co_name))

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def _is_class(file, name):
    """Whether what was called is the body of a class, which an import runs."""
    classes = (node for node in ast.walk(tree(Path(file))) if isinstance(node, ast.ClassDef))
    return any(node.name == name for node in classes)


def study(folder):
    """A study of one game on points and one on images, whose statistics settle."""
    train = {"rounds": 3, "snapshots": 2}
    runs = {
        "gan": {"train": train},
        "dcgan": {"data": "digits", "model": "dcgan", "train": train},
    }
    content = tiny.params(**runs) | {"processes": 1}
    content["data"]["digits"] = {}
    content["experiments"]["toy"]["metrics"] = ["value"]
    tiny.write(folder, content)


def test_whatever_a_unit_calls_is_in_its_hash_or_decides_nothing(folder):
    study(folder)
    for unit in units.units(check.study(), "toy"):
        found: set[tuple[str, str]] = set()
        with called(found):
            worker.train(unit, 0.0)
        hashed = {file.as_posix() for file in closure(unit.run.model)}
        assert len(hashed & {file for file, _ in found}) > 10
        for file, name in found:
            of_data = file.startswith("pipeline/datasets/") and name in {"given", "pools", *GIVEN}
            known = file in hashed or file in DECIDES_NOTHING or of_data
            assert known or _is_class(file, name), (file, name)
        assert set(unit.record["data"]) == {"name", "digest", *GIVEN}


def test_whatever_an_evaluation_calls_is_in_its_hash(folder, monkeypatch):
    study(folder)
    for unit in units.units(check.study(), "toy"):
        worker.train(unit, 1000.0)
        done.collect(unit)
    Path("claims.yaml").write_text("claims: []\n", encoding="utf-8")
    lines: list[tuple[str, ...]] = []
    with monkeypatch.context() as patched:
        patched.setattr(code_hash, "fingerprint", lambda *m, **_: lines.append(m) or "0")
        sources.text()
    (modules,) = [line for line in lines if "pipeline.stages.evaluate" in line]
    hashed = {file.as_posix() for file in code_hash.closure(*modules)}
    found: set[tuple[str, str]] = set()
    with called(found):
        evaluate.main("toy")
    assert len(hashed & {file for file, _ in found}) > 10
    assert {(f, n) for f, n in found if f not in hashed and not _is_class(f, n)} == set()


class Changed(SourceFileLoader):
    """A module as its tree stands now."""

    def get_code(self, fullname):
        now = tree(Path(self.path).relative_to(code_hash.ROOT))
        return compile(ast.fix_missing_locations(now), self.path, "exec")


@pytest.mark.parametrize("name", sorted(STUDY.data))
def test_a_small_change_of_any_function_that_makes_data_is_another_digest(name, monkeypatch):
    """Or `prepare` ends in an error. At a few examples per split, where a count can be given."""
    found = code_hash.closure(f"pipeline.datasets.{name}")
    files = [f for f in found if f.parts[1] == "datasets" and f.stem != "__init__"]
    files.sort(key=lambda f: len(code_hash.closure(f"pipeline.datasets.{f.stem}")))
    dataset = STUDY.data[name]
    counts = {f.name for f in fields(dataset)} & {"train", "validation", "test"}
    few = {count: 12 for count in counts if type(getattr(dataset, count)) is int}
    reached: set[tuple[str, str]] = set()
    with called(reached):
        before = _digest(replace(dataset, **few))
    for file in files:
        for function in (node for node in ast.walk(tree(file)) if isinstance(node, FUNCTION)):
            abstract = "@abstractmethod" in ast.unparse(function).partition("def ")[0]
            if not abstract and (file.as_posix(), getattr(function, "name", "")) in reached:
                ends = (_changed_digest(c, files, few, monkeypatch) for c in changes(function))
                assert any(end != before for end in ends), f"{file}: {ast.unparse(function)}"


def _digest(dataset):
    """What a data set's file holds and a unit is told of it beside, as a hash."""
    told = dataset.shape, dataset.features, dataset.classes, dataset.levels
    sha = hashlib.sha256(repr(told).encode())
    for key, array in dataset.splits().items():
        sha.update(f"{key} {array.dtype} {array.shape}".encode() + array.tobytes())
    return sha.hexdigest()


def _changed_digest(change, files, few, monkeypatch):
    """The digest, or the kind of error, where a change is made in one of the files."""
    back = change()
    try:
        with monkeypatch.context() as patched:
            for file in files:  # what is imported comes before what imports it
                name = f"pipeline.datasets.{file.stem}"
                loader = Changed(name, str(code_hash.ROOT / file))
                module = module_from_spec(spec_from_loader(name, loader))
                patched.setitem(sys.modules, name, module)
                patched.setattr(datasets, file.stem, module, raising=False)
                loader.exec_module(module)
            return _digest(module.DataSet(**few))
    except Exception as error:
        return type(error)
    finally:
        back()


@pytest.mark.parametrize("file", sorted({c.test.split("::")[0] for c in CLAIMS if c.test}))
def test_a_proof_says_by_name_what_it_imports(file):
    """What is imported in another way is in no hash: its verdict would not be asked for again."""
    module = file.removesuffix(".py").replace("/", ".")
    for part in code_hash.closure(module, "tests.conftest"):
        if part.parts[0] == "tests":
            text = (code_hash.ROOT / part).read_text(encoding="utf-8")
            assert not re.search(r"import_module|__import__|^from reference import", text, re.M)
