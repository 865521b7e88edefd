"""The result of an undisturbed training; and in CI, where Ray is, nothing may be skipped."""

import os

import pytest

from tests.execution.conftest import whole as whole

# A cluster on 127.0.0.1 alone, as Ray has it on macOS; on Linux it takes the machine's address.
# Ray reads this when it is imported.
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"


def pytest_sessionfinish(session):
    """With DSTAR_NO_SKIPS a test that was skipped is one that failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("DSTAR_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("error: nothing may be skipped here", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
