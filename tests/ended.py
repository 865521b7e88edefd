"""A plugin of pytest for tests/mutate.py: says in a file which test failed first."""

import resource
import signal
from pathlib import Path


class Noticed:
    """Writes "failed" and the test, or "passed" and whether all were run; then what each took.

    told: the file. without: tests that are left out. limit: seconds of a core for one test, more
    of which is a failure. budget: for all, after which no other begins.
    """

    def __init__(self, told: Path, without: set[str], limit: float, budget: float):
        self.told, self.without, self.limit, self.budget = told, without, limit, budget
        self.began, self.spent, self.failed = _seconds(), False, ""
        self.took: dict[str, float] = {}  # by test, seconds of a core

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if item.nodeid not in self.without]

    def times(self) -> str:
        return "".join(f"{seconds:.3f} {test}\n" for test, seconds in self.took.items())

    def pytest_runtest_logstart(self, nodeid):
        self.took[nodeid] = -_seconds()
        self.told.write_text(f"failed\n{nodeid}\n")  # should it end the process, or never end
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, self.limit)

    def pytest_runtest_logfinish(self, nodeid):
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.took[nodeid] += _seconds()
        self.told.write_text(f"failed\n{self.failed}\n{self.times()}" if self.failed else "")

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.failed:
            self.failed = report.nodeid
            self.told.write_text(f"failed\n{report.nodeid}\n")

    def pytest_runtest_protocol(self, item):
        if _seconds() - self.began > self.budget:
            self.spent = True
            item.session.shouldstop = "the budget is spent"

    def pytest_sessionfinish(self, session, exitstatus):
        if self.failed:
            return
        if session.testsfailed:
            self.told.write_text("collection\n")
        else:
            self.told.write_text(f"passed\n{'part' if self.spent else 'all'}\n")


def _seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
