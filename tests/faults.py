"""Faults that the study survives: injects those of faults.yaml, and says how that ended.

    python -m tests.faults            all of them
    python -m tests.faults R06 R25    some

writes  tests/faults.md    a line per fault: what happens, the tests, how they ended, when
A fault whose tests are not run again keeps its line. The exit code is 1 if a test fails.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
LIST, TABLE = (Path(__file__).with_suffix(suffix) for suffix in (".yaml", ".md"))
HEAD = """# Faults

Written by `make faults` (tests/faults.py), which injects each fault. Seconds are of its tests.

| | fault | what happens | tests | ended |
| --- | --- | --- | --- | --- |
"""


class Fault(NamedTuple):
    """A fault of faults.yaml."""

    fault: str
    happens: str
    tests: list[str]  # as pytest names them


def listed() -> dict[str, Fault]:
    """The faults, by their numbers."""
    with open(LIST, encoding="utf-8") as file:
        return {name: Fault(**block) for name, block in YAML(typ="safe").load(file).items()}


def main(names: list[str]) -> int:
    faults = listed()
    if unknown := set(names) - set(faults):
        print(f"error[2]: {', '.join(sorted(unknown))}: no such fault", file=sys.stderr)
        return 2
    asked = names or list(faults)
    nodes = list(dict.fromkeys(node for name in asked for node in faults[name].tests))
    cases, code = _outcomes(nodes)
    lines = _lines(faults)
    for name in asked:
        lines[name] = _line(name, faults[name], cases)
        print(lines[name])
    text = HEAD + "".join(f"{lines[name]}\n" for name in faults if name in lines)
    TABLE.write_text(text, encoding="utf-8")
    return int(code != 0)


def _outcomes(nodes: list[str]) -> tuple[dict[str, list[tuple[str, float]]], int]:
    """Of each test, as file::function: how each of its cases ended, and its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        ended = subprocess.run(
            [*command, "--show-capture=no", f"--junitxml={report}", *nodes], cwd=ROOT, check=False
        )
        found: dict[str, list[tuple[str, float]]] = {}
        if not report.is_file():
            raise SystemExit(f"pytest ended with {ended.returncode} and wrote no report")
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            file = case.get("classname", "").replace(".", "/") + ".py"
            name = f"{file}::{case.get('name', '').partition('[')[0]}"
            kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
            how = next(iter(kinds), "passed")
            found.setdefault(name, []).append((how, float(case.get("time", 0))))
    return found, ended.returncode


def _line(name: str, fault: Fault, cases: Mapping[str, list[tuple[str, float]]]) -> str:
    own = [
        case
        for node in fault.tests
        for test, found in cases.items()
        if test == node or test.startswith(f"{node}::")
        for case in found
    ]
    ways = [how for how, _ in own]
    told = ", ".join(
        f"{ways.count(how)} {how}"
        for how in ("passed", "failure", "error", "skipped")
        if how in ways
    )
    took = sum(seconds for _, seconds in own)
    tests = ", ".join(f"`{node.removeprefix('tests/')}`" for node in fault.tests)
    ended = f"{told or 'not run'}, {took:.0f} s"
    return f"| {name} | {fault.fault} | {fault.happens} | {tests} | {ended} |"


def _lines(faults: Mapping[str, Fault]) -> dict[str, str]:
    """The lines of the table, by fault."""
    rows = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.is_file() else []
    return {row[2:5]: row for row in rows if row[2:5] in faults}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
