"""Whether claims.yaml leads somewhere, before anything is computed.

    python -m pipeline check

Its runs, its rules and their arguments are looked at by pipeline/verdicts/ledger.py, as in stage
claims; here also the values of metrics that claims name, and the tests of theorems.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from pipeline import metrics
from pipeline.stages.claims import FILE
from pipeline.study import validation
from pipeline.study.errors import StudyError
from pipeline.study.repository import ROOT
from pipeline.study.schema import Study
from pipeline.verdicts import ledger


def check(settings: Study) -> None:
    """Raises a line for each fault of the ledger in the current folder, where there is one."""
    if not Path(FILE).exists():
        return
    _, claims, _ = ledger.read(FILE, settings.experiments)
    told = ((claim.id, line) for claim in claims for line in _faults(claim, settings))
    if problems := [f"{FILE}: claims.{name}.{line}" for name, line in told]:
        raise StudyError.of(problems)


def _faults(claim: ledger.Claim, settings: Study) -> Iterator[str]:
    """Lines on a claim: values that no metric gives, a test that is not there."""
    if claim.test:
        file, _, name = claim.test.partition("::")
        if name not in (tests := _tests(ROOT / file)):
            yield f"test: {file} has no {name!r}{validation.allowed(name, tests)}"
    files = settings.experiments[claim.experiment].metrics if claim.experiment else []
    for key, value in (("metric", claim.metric), ("versus_metric", claim.versus_metric)):
        if value and (wrong := metrics.no_value(value, files)):
            yield f"{key}: {wrong}"
    if claim.converged and (
        wrong := metrics.no_value(claim.converged.metric, files, by_round=True)
    ):
        yield f"converged.metric: {wrong}"


def _tests(file: Path) -> list[str]:
    """The tests in a file; none where there is no such file."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return []
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for name in functions if name.startswith("test_")]
