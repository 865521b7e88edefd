"""Small wrong changes of a file, made by listed operators.

Each operator is one kind of slip: tests/slips.py has its name and what it does. A change is one
edit of the text, so that all else of the file stays as it is. What decides nothing is left alone:
docstrings, annotations, assertions, texts of errors, and whatever ends processes or removes
folders, which a wrong change would do outside the copy too.
"""

import ast
import copy
import warnings
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tests.slips import ARITHMETIC, CHECKS, DROPPED, MOVED, NAMES, REDUCTIONS, TURNED

ORDERED = ast.Sub | ast.Div | ast.FloorDiv | ast.Mod | ast.Pow | ast.MatMult
OUTSIDE = {"kill", "killpg", "terminate", "rmtree", "unlink", "remove", "rmdir", "system", "run"}
HEADS = ast.If | ast.While | ast.For | ast.With | ast.FunctionDef | ast.ClassDef | ast.Try
Edit = tuple[ast.AST, str]  # a node, and the text in its place


class Mutant(NamedTuple):
    file: str
    name: str  # where, and what became what
    source: str
    operator: str = "by hand"
    lines: tuple[int, int] = (0, 0)  # of the statement that it changes: from, to


def _other(node: ast.AST, **fields) -> str:
    other = copy.copy(node)
    for key, value in fields.items():
        setattr(other, key, value)
    return f"({ast.unparse(other)})"


def _comparisons(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    match node:
        case ast.Compare(ops=[op]):
            if type(op) in TURNED:
                yield "comparison turned", (node, _other(node, ops=[TURNED[type(op)]()]))
            if type(op) in MOVED:
                yield "boundary moved", (node, _other(node, ops=[MOVED[type(op)]()]))
        case ast.BoolOp(op=op, values=values):
            turned = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "logic changed", (node, _other(node, op=turned))
            for i in range(len(values)):
                left = values[:i] + values[i + 1 :]
                text = _other(node, values=left) if left[1:] else f"({ast.unparse(left[0])})"
                yield "condition dropped", (node, text)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "negation dropped", (node, f"({ast.unparse(operand)})")
        case ast.If(test=test) | ast.IfExp(test=test):
            yield from (("branch forced", (test, value)) for value in ("True", "False"))
        case ast.comprehension(ifs=[*tests]):
            yield from (("filter dropped", (test, "True")) for test in tests)


def _numbers(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) in ARITHMETIC and not _texts(left, right):
                yield "arithmetic changed", (node, _other(node, op=ARITHMETIC[type(op)]()))
            if isinstance(op, ORDERED) and not _texts(left, right):
                yield "operands exchanged", (node, _other(node, left=right, right=left))
            if isinstance(op, ast.Add | ast.Sub | ast.Mult | ast.Div) and not _texts(left, right):
                yield "operand dropped", (node, f"({ast.unparse(left)})")
                yield "operand dropped", (node, f"({ast.unparse(right)})")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "sign dropped", (node, f"({ast.unparse(operand)})")
        case ast.Constant(value=bool() as value):
            yield "truth turned", (node, str(not value))
        case ast.Constant(value=int() as value):
            yield "constant moved", (node, str(value + 1))
        case ast.Constant(value=float() as value):
            yield "constant moved", (node, str(2 * value + 0.5))


def _calls(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    if not isinstance(node, ast.Call):
        return
    match node.func:
        case ast.Attribute(value=inner, attr=name):
            if name in NAMES:
                func = ast.Attribute(inner, NAMES[name], ast.Load())
                yield "function changed", (node, _other(node, func=func))
            if name in DROPPED:
                module = isinstance(inner, ast.Name) and inner.id in ("np", "torch", "math")
                kept = node.args[0] if module and node.args else inner
                yield "call dropped", (node, f"({ast.unparse(kept)})")
            if name in REDUCTIONS and len(node.args) == 1 and not _is_module(inner):
                yield from _axis(node.args[0])
        case ast.Name(id=name):
            if name in NAMES:
                func = ast.Name(NAMES[name], ast.Load())
                yield "function changed", (node, _other(node, func=func))
            if name in DROPPED and node.args:
                yield "call dropped", (node, f"({ast.unparse(node.args[0])})")
    if not any(isinstance(a, ast.Starred) for a in node.args):
        for i in range(len(node.args) - 1):
            args = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
            yield "arguments exchanged", (node, _other(node, args=args))
    for keyword in node.keywords:
        if keyword.arg in ("axis", "dim"):
            yield from _axis(keyword.value)
        elif keyword.arg not in (None, *CHECKS):
            left = [k for k in node.keywords if k is not keyword]
            yield "keyword dropped", (node, _other(node, keywords=left))


def _axis(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    text = ast.unparse(node)
    if text.lstrip("-").isdigit():
        yield "axis changed", (node, "0" if text == "-1" else "-1")


def _statements(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    match node:
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise():
            yield "statement dropped", (node, "pass")
        case ast.For(iter=items) | ast.comprehension(iter=items):
            yield "first left out", (items, f"list({ast.unparse(items)})[1:]")
        case ast.Slice(lower=lower, upper=upper):
            if lower and upper:
                yield "bound dropped", (node, f"{ast.unparse(lower)}:")
                yield "bound dropped", (node, f":{ast.unparse(upper)}")
        case ast.Break():
            yield "jump exchanged", (node, "continue")
        case ast.Continue():
            yield "jump exchanged", (node, "break")
        case ast.Tuple(elts=[first, second, *more], ctx=ast.Load()):
            if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
                yield "tuple exchanged", (node, _other(node, elts=[second, first, *more]))
        case ast.Subscript(slice=ast.Constant(value=str() as text) as key):
            yield "name changed", (key, repr(f"{text}_"))
        case ast.Compare(comparators=[ast.Constant(value=str() as text) as key]):
            yield "name changed", (key, repr(f"{text}_"))
        case ast.Dict(keys=keys):
            for key in keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield "name changed", (key, repr(f"{key.value}_"))


def _parameters(node: ast.AST) -> Iterator[tuple[str, list[Edit]]]:
    if isinstance(node, ast.FunctionDef):
        # Those with a default are passed by name: their order is nothing.
        needed = len(node.args.args) - len(node.args.defaults)
        found = [a for a in node.args.args[:needed] if a.arg not in ("self", "cls")]
        for a, b in pairwise(found):
            yield "parameters exchanged", [(_name(a), b.arg), (_name(b), a.arg)]


def _name(argument: ast.arg) -> ast.AST:
    """The place of a parameter's name alone, without its annotation."""
    place = copy.copy(argument)
    place.end_lineno = argument.lineno
    place.end_col_offset = argument.col_offset + len(argument.arg.encode())
    return place


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "torch", "math", "nn")


def _texts(*nodes: ast.AST) -> bool:
    return any(
        isinstance(n, ast.JoinedStr) or isinstance(getattr(n, "value", None), str) for n in nodes
    )


def _walk(node: ast.AST, where: str, statement: ast.stmt | None) -> Iterator[tuple]:
    """All nodes that may be changed, with the function and the statement that they stand in."""
    if isinstance(node, ast.stmt):
        statement = node
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = node.name
    if statement is not None:
        yield node, where, statement
    if isinstance(node, ast.Assert | ast.JoinedStr | ast.Raise | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.Call):
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in OUTSIDE:
            return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child, where, statement)


def _outside(node: ast.AST) -> bool:
    names = {getattr(n, "attr", getattr(n, "id", "")) for n in ast.walk(node)}
    return bool(names & OUTSIDE)


def _header(statement: ast.stmt) -> tuple[int, int]:
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
    body = getattr(statement, "body", None) if isinstance(statement, HEADS) else None
    last = body[0].lineno - 1 if body else statement.end_lineno or first
    return first, max(first, last)


def _edited(source: bytes, edits: list[Edit]) -> bytes:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node, text in sorted(edits, key=lambda e: -starts[e[0].lineno - 1] - e[0].col_offset):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        source = source[:begin] + text.encode() + source[end:]
    return source


class Change(NamedTuple):
    """A mutant that is not yet made."""

    file: str
    name: str
    operator: str
    lines: tuple[int, int]
    edits: list[Edit]

    def made(self, root: Path = Path()) -> Mutant | None:
        """None where the change is none, or no Python."""
        text = (root / self.file).read_bytes()
        source = _edited(text, self.edits)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", SyntaxWarning)
                compile(source, self.file, "exec")
        except (SyntaxError, SyntaxWarning):
            return None
        if ast.dump(ast.parse(source)) == ast.dump(ast.parse(text)):
            return None
        return Mutant(self.file, self.name, source.decode(), self.operator, self.lines)


def changes(file: str, root: Path = Path()) -> Iterator[Change]:
    """Every change of a file by the operators, in the order of the text."""
    times: dict[str, int] = defaultdict(int)
    for node, where, statement in _walk(ast.parse((root / file).read_bytes()), "", None):
        if isinstance(node, ast.stmt) and not isinstance(node, HEADS) and _outside(node):
            continue
        found: list[tuple[str, list[Edit]]] = list(_parameters(node))
        for kind in (_comparisons, _numbers, _calls, _statements):
            found += [(operator, [edit]) for operator, edit in kind(node)]
        for operator, edits in found:
            name = f"{where or 'module'}: {operator}: {_told(node, edits)}"
            times[name] += 1
            if times[name] > 1:
                name += f" ({times[name]})"
            yield Change(file, name, operator, _header(statement), edits)


def _told(node: ast.AST, edits: list[Edit]) -> str:
    if isinstance(node, ast.FunctionDef):
        return " and ".join(text for _, text in edits)
    was, now = (" ".join(s.split()) for s in (ast.unparse(edits[0][0]), edits[0][1]))
    return f"`{was}` -> `{now}`"
