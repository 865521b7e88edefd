"""What the suite costs: CPU seconds of every test, also of the processes that it starts.

    python -m pytest -q -p tests.seconds [...]    at the end: the dearest files, and all of them

In one process, without -n. Seconds of a CPU hardly depend on what else a machine does, as those of
a clock would; a child counts when it has been waited for. Nothing is held to them.
"""

import os
from collections import Counter

import pytest

FILES, TESTS = Counter[str](), Counter[str]()
SHOWN = 40


def _now() -> float:
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    began = _now()
    try:
        return (yield)
    finally:
        spent = _now() - began
        FILES[item.nodeid.partition("::")[0]] += spent
        TESTS[item.nodeid] += spent


def pytest_terminal_summary(terminalreporter):
    told = terminalreporter.write_line
    told(f"{sum(FILES.values()):.0f} CPU seconds in {len(TESTS)} tests")
    for spent in (FILES, TESTS):
        for name, seconds in spent.most_common(SHOWN):
            told(f"{seconds:8.1f}  {name}")
