"""What the tests of the theorems say, all asked in one run of pytest."""

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from pipeline.study.repository import ROOT

# Of a test's cases the first in this order speaks for all.
WORST_FIRST = ("failed", "error", "skipped", "passed")


def outcomes(nodes: Sequence[str]) -> dict[str, str]:
    """How each test ended: passed, failed, error, skipped, absent or unavailable.

    nodes: tests as pytest names them, path::function, relative to the repository.
    """
    # One unknown test would keep pytest from running any, so those are told apart first.
    there = [node for node in nodes if _exists(node)]
    ended = dict.fromkeys(nodes, "absent")
    if not there:
        return ended
    # What a person at the keyboard adds to every pytest must not change a verdict.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    options = ["-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", *there]
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        if not report.is_file():
            return ended | dict.fromkeys(there, "unavailable")
        cases = ElementTree.parse(report).getroot().findall(".//testcase")
    for node in there:
        file, _, function = node.partition("::")
        module = file.removesuffix(".py").replace("/", ".")
        found = {
            _ended(case)
            for case in cases
            if case.get("classname") == module
            and case.get("name", "").partition("[")[0] == function
        }
        # Nothing under its name: its file could not be imported.
        ended[node] = next((word for word in WORST_FIRST if word in found), "error")
    return ended


def _exists(node: str) -> bool:
    file, _, function = node.partition("::")
    try:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return False
    return any(isinstance(f, ast.FunctionDef) and f.name == function for f in tree.body)


def _ended(case: ElementTree.Element) -> str:
    for tag, word in (("failure", "failed"), ("error", "error"), ("skipped", "skipped")):
        if case.find(tag) is not None:
            return word
    return "passed"
