"""The result of an undisturbed training; trainings that share their traced rounds.

In tests/conftest.py the latter would stand under the hash of all claims.
"""

import pytest

from pipeline.execution import done, worker
from pipeline.results.files import read_json
from tests import tiny
from tests.engine.shared import traced_once
from tests.execution.interrupted import unit

__all__ = ["traced_once"]


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The SHA-256 of each file of a result that nothing has disturbed, done.json and run.json."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.delenv("DVC_ROOT", raising=False)
        patched.delenv("DSTAR_WORK", raising=False)
        u = unit(folder)
        worker.train(u, 1000.0)
        return tiny.result(u), done.record(u), read_json(u.folder / "run.json")
