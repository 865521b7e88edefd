"""A copy of the repository, in which the code is broken and tests are run."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.operators import Mutant
from tests.patched import stop_all

ROOT = Path.cwd()
LIMIT = 30  # seconds of a core for one test
BUDGET = 40  # for all tests of a mutant: after it no other test begins
WALL = 900  # seconds that may go by
OURS = {"pipeline", "reference", "tests"}


class Ended(NamedTuple):
    """How the tests of a mutant ended."""

    by: str  # the test that noticed it, or nothing
    all_run: bool  # False: BUDGET was spent before the last test
    seconds: float


class Copy:
    """A copy of the repository, in which one change at a time is made."""

    def __init__(self, home: Path):
        self.home = home
        subprocess.run(["git", "clone", "-q", "--shared", ".", home], check=True)
        listed = ["git", "ls-files", "-z", "-m", "-o", "--exclude-standard"]
        found = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
        for name in filter(None, found.split("\0")):
            if Path(name).is_file() and not Path(name).is_symlink():
                (home / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(name, home / name)
        self._git("add", "-A")
        self._git("commit", "-q", "--no-verify", "--allow-empty", "-m", "as it is")

    def _git(self, *command: str) -> None:
        who = ["-c", "user.name=mutate", "-c", "user.email=mutate@localhost"]
        subprocess.run(["git", *who, *command], cwd=self.home, check=True)

    @contextlib.contextmanager
    def changed(self, mutant: Mutant | None) -> Iterator[None]:
        """Meanwhile the change stands in its file; then whatever the tests moved is put back."""
        if mutant:
            path = self.home / mutant.file
            path.write_text(mutant.source, encoding="utf-8")
            for old in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
                old.unlink()
        try:
            yield
        finally:
            self._git("checkout", "-q", "-f", "HEAD")
            self._git("clean", "-qfd")

    def ended(self, mutant: Mutant | None, tests: list[str], without: set[str]) -> Ended:
        """Runs the tests in a fresh process with a change, or with none."""
        began = time.monotonic()
        told = self.home.with_suffix(".txt")
        told.write_text("")
        with self.changed(mutant):
            child = os.fork()
            if child == 0:
                with contextlib.suppress(BaseException):
                    _child(self.home, tests, without, mutant is None, told)
                os._exit(70)
            while time.monotonic() < began + WALL and not os.waitpid(child, os.WNOHANG)[0]:
                time.sleep(0.02)
            if time.monotonic() >= began + WALL:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            stop_all(child)
        lines = told.read_text().split("\n")
        seconds = time.monotonic() - began
        if lines[0] == "passed":
            return Ended("", lines[1] == "all", seconds)
        return Ended(lines[1] if lines[0] == "failed" else lines[0] or "ended", True, seconds)


def begin(home):
    """Makes a forked process one of the copy, that has nothing of the code loaded."""
    os.chdir(home)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    resource.setrlimit(resource.RLIMIT_AS, (24 << 30, 24 << 30))
    for name in [n for n in sys.modules if n.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.path[:] = [str(home), *(p for p in sys.path if p not in ("", str(ROOT)))]
    os.environ["DSTAR_EXAMPLES"] = "unshrunk"
    os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = str(home.parent)
    tempfile.tempdir = None


def _child(home, tests, without, caching, told):
    os.setsid()
    begin(home)
    sys.dont_write_bytecode = not caching
    import pytest

    from tests.ended import Noticed

    noticed = Noticed(told, without, LIMIT, BUDGET)
    marks = [] if any("::" in t for t in tests) else ["-m", "not slow and not fault"]
    pytest.main(["-x", "-q", "-p", "no:cacheprovider", *marks, *tests], plugins=[noticed])
    os._exit(0)
