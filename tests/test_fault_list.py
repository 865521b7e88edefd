"""The tests that faults.yaml names are there; those that only `make faults` runs are named."""

import ast
from pathlib import Path

import pytest

from tests import faults

NAMED = sorted({node for fault in faults.listed().values() for node in fault.tests})


@pytest.mark.parametrize("node", NAMED)
def test_a_test_that_is_named_is_there(node):
    file, _, name = node.partition("::")
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    known = {item.name for item in tree.body if isinstance(item, ast.FunctionDef)}
    assert name in known if name else any(function.startswith("test_") for function in known)


def marked(file):
    """The functions of a test file that are marked as faults; "" where the whole file is."""
    for item in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(item, ast.Assign) and "mark.fault" in ast.unparse(item):
            yield ""
        elif isinstance(item, ast.FunctionDef) and "mark.fault" in "".join(
            map(ast.unparse, item.decorator_list)
        ):
            yield item.name


def test_what_no_other_target_runs_is_named():
    found = {(f.as_posix(), name) for f in Path("tests").rglob("test_*.py") for name in marked(f)}
    assert len(found) > 5
    assert not [(file, name) for file, name in found if not {file, f"{file}::{name}"} & set(NAMED)]
