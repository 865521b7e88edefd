"""The tests that faults.yaml names are there."""

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
