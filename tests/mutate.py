"""Does the suite notice when a formula is wrong? Breaks them one at a time and runs the tests.

    python -m tests.mutate                    all formulas and the engine
    python -m tests.mutate pipeline/objectives/minimax.py ...

Every mutant is one small change of one file: a sign, a factor, a mean for a sum, swapped
arguments, a dropped detach, a deleted step. It is written into a copy of the repository, and
the tests of that file run there in a fresh process. A mutant that no test notices survives;
one that computes the same thing is listed in EQUIVALENT with the reason. DeMillo, Lipton &
Sayward, "Hints on Test Data Selection" (1978).
"""

import ast
import contextlib
import copy
import importlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.mutants import EQUIVALENT, NAMED, ORACLE, TESTS

SLOW_TO_LOAD = ("torch", "scipy.stats", "hypothesis.extra.numpy")  # once, for all children
LIMIT = 150  # seconds: a mutant that never ends has been noticed
SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.BitAnd: ast.BitOr,
}  # fmt: skip
NAMES = {
    "sum": "mean", "mean": "sum", "argmin": "argmax", "argmax": "argmin", "amin": "amax",
    "min": "max", "max": "min", "any": "all", "all": "any", "log": "log1p", "exp": "expm1",
    "expm1": "exp", "square": "abs", "sqrt": "square", "abs": "square", "tanh": "sigmoid",
    "log_softmax": "softmax", "cumsum": "cumprod", "logsigmoid": "sigmoid",
    "sigmoid": "logsigmoid", "softplus": "sigmoid",
}  # fmt: skip
NOT_FORMULAS = {"measure"}  # it feeds a formula with a run; tests/stages/test_evaluate.py


class Mutant(NamedTuple):
    file: str
    name: str  # where, and what became what
    source: str


def _variants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Each small change of one node, as (what became what, the changed node)."""
    was = ast.unparse(node) if isinstance(node, ast.expr | ast.stmt) else ""

    def changed(**fields):
        other = copy.deepcopy(node)
        for key, value in fields.items():
            setattr(other, key, value)
        return f"`{was}` -> `{ast.unparse(other)}`", other

    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in SWAPS:
            yield changed(op=SWAPS[type(op)]())
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            yield changed(ops=[SWAPS[type(op)]()])
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            if not isinstance(operand, ast.Constant):
                yield f"`{was}` -> `{ast.unparse(operand)}`", operand
        case ast.Constant(value=value) if type(value) in (int, float):
            yield changed(value=value + 1 if type(value) is int else 2 * value + 0.5)
        case ast.Call(func=ast.Attribute(value=inner, attr="detach")):
            yield f"`{was}` -> `{ast.unparse(inner)}`", inner
        case ast.Call(func=ast.Attribute(attr=attr) as f) if attr in NAMES:
            yield changed(func=ast.Attribute(f.value, NAMES[attr], ast.Load()))
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            yield changed(func=ast.Name(NAMES[name], ast.Load()))
        case ast.Expr(value=ast.Call()):
            yield f"`{was}` -> nothing", ast.Pass()


def _swapped(function: ast.FunctionDef) -> Iterator[tuple[str, ast.AST]]:
    """The function with two neighbouring arguments exchanged: real for fake, x for mean."""
    # Those with a default are passed by name: their order is nothing.
    needed = len(function.args.args) - len(function.args.defaults)
    arguments = [a.arg for a in function.args.args[:needed] if a.arg != "self"]
    for i in range(len(arguments) - 1):
        other = copy.deepcopy(function)
        names = {a.arg: a for a in other.args.args}
        first, second = arguments[i : i + 2]
        names[first].arg, names[second].arg = second, first
        yield f"{first} and {second} exchanged", other


class _Replace(ast.NodeTransformer):
    def __init__(self, target, replacement):
        self.target, self.replacement = target, replacement

    def visit(self, node):
        return self.replacement if node is self.target else self.generic_visit(node)


def _name(node: ast.AST) -> str:
    return node.name if isinstance(node, ast.FunctionDef) else ""


def mutants(file: str) -> Iterator[Mutant]:
    """Every mutant of a file: the rules above for its functions, then the named ones."""
    source = Path(file).read_text()
    tree = ast.parse(source)
    aside = {id(n) for f in ast.walk(tree) if _name(f) in NOT_FORMULAS for n in ast.walk(f)}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or id(function) in aside:
            continue
        found = [(function, change) for change in _swapped(function)]
        asserted = {
            id(n) for a in ast.walk(function) if isinstance(a, ast.Assert) for n in ast.walk(a)
        }
        for statement in function.body:
            if isinstance(statement, ast.FunctionDef):
                continue  # an inner function is walked by itself
            for node in ast.walk(statement):
                if id(node) not in asserted:
                    found += [(node, change) for change in _variants(node)]
        for node, (what, other) in found:
            altered = ast.unparse(ast.fix_missing_locations(_Replace(node, other).visit(tree)))
            _Replace(other, node).visit(tree)
            if altered != ast.unparse(ast.parse(source)):
                yield Mutant(file, f"{function.name}: {what}", altered)
    for name, old, new in NAMED.get(file, ()):
        if old not in source:
            raise SystemExit(f"{file}: the named mutant {name!r} has nothing to change: {old!r}")
        yield Mutant(file, name, source.replace(old, new, 1))


def survives(mutant: Mutant, home: Path) -> bool:
    """Whether the tests of the mutant's file pass in the copy of the repository at home."""
    path = home / mutant.file
    original = path.read_text()
    path.write_text(mutant.source)
    try:
        return _passes(home, TESTS(mutant.file))
    finally:
        path.write_text(original)


def _passes(home, tests):
    """Runs pytest in a forked child, which has Torch and Hypothesis loaded already."""
    child = os.fork()
    if child == 0:
        code = 70
        with contextlib.suppress(BaseException):
            os.chdir(home)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            for name in [
                n for n in sys.modules if n.partition(".")[0] in {"pipeline", "reference", "tests"}
            ]:
                del sys.modules[name]
            sys.path[:] = [str(home), *(p for p in sys.path if p not in ("", os.getcwd()))]
            sys.dont_write_bytecode = True
            os.environ["DSTAR_EXAMPLES"] = "unshrunk"
            import pytest

            code = int(
                pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *tests])
            )
        os._exit(code)
    ends = time.monotonic() + LIMIT
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


def _copy(home: Path) -> Path:
    keep = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("pipeline", "reference", "tests"):
        shutil.copytree(name, home / name, ignore=keep)
    for name in ("pyproject.toml", "params.yaml", "dvc.yaml", "claims.yaml"):
        if Path(name).exists():
            shutil.copy(name, home / name)
    return home


def main(files: list[str]) -> int:
    for name in SLOW_TO_LOAD:
        importlib.import_module(name)
    root = Path.cwd()
    files = files or [str(p.relative_to(root)) for p in default_files(root)]
    tasks = [m for file in files for m in mutants(file)]
    with tempfile.TemporaryDirectory() as folder:
        homes = [_copy(Path(folder, str(i))) for i in range(os.cpu_count() or 1)]
        for file in files:
            if not _passes(homes[0], TESTS(file)):
                raise SystemExit(f"{file}: its tests fail before any change")

        def work(task):
            home = homes.pop()
            try:
                return survives(task, home)
            finally:
                homes.append(home)

        with ThreadPoolExecutor(len(homes)) as pool:
            alive = []
            for task, lives in zip(tasks, pool.map(work, tasks), strict=True):
                if lives:
                    alive.append(task)
                    reason = EQUIVALENT.get((task.file, task.name))
                    print(f"{'same' if reason else 'ALIVE'}  {task.file}  {task.name}", flush=True)
    return report(files, tasks, alive)


def default_files(root: Path) -> list[Path]:
    """Objectives, metrics and the engine."""
    formulas = [
        p for ring in ("objectives", "metrics") for p in (root / "pipeline" / ring).glob("*.py")
    ]
    engine = [
        root / "pipeline" / name
        for name in ("ensemble.py", "training.py", "ahead.py", "optimizers.py", "streams.py")
    ]
    known = [p for p in sorted(formulas) + engine if p.stem != "__init__"]
    return known + [root / name for name in ORACLE]


def report(files: list[str], tasks: list[Mutant], alive: list[Mutant]) -> int:
    """The kill rate of each file, and the survivors with what is known of them."""
    print(f"{'file':44}{'mutants':>8}{'killed':>8}{'same':>6}{'alive':>7}{'rate':>8}")
    unexplained = 0
    for file in files:
        total = sum(t.file == file for t in tasks)
        same = sum(t.file == file and (t.file, t.name) in EQUIVALENT for t in alive)
        lost = sum(t.file == file for t in alive) - same
        rate = (total - same - lost) / max(total - same, 1)
        print(f"{file:44}{total:8}{total - same - lost:8}{same:6}{lost:7}{rate:8.1%}")
        unexplained += lost
    for task in alive:
        why = EQUIVALENT.get((task.file, task.name), "not noticed")
        print(f"{task.file}: {task.name}\n    {why}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
