"""Work that is killed at one of its file operations, as `kill -9` or a failing power supply would.

A forked child does the work, and dies by SIGKILL just before it opens its n-th file for writing,
makes or removes its n-th file or folder, or renames its n-th: each as the interpreter is asked
for it (sys.addaudithook), so that none is left out.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR


def killed(at: int, work: Callable[[], object]) -> bool:
    """Whether the work was killed before its `at`-th operation, from 0; False: it has ended."""
    return _forked(work, at)[1]


def operations(work: Callable[[], object]) -> int:
    """Does the work, and returns the number of its operations."""
    return _forked(work, -1)[0]


def _forked(work, at):
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            seen = _die_at(at)
            work()
            os.write(writer, str(len(seen)).encode())
            code = 0
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
        finally:
            os._exit(code)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        count = int(told.read() or 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return count, os.WIFSIGNALED(status)


def _die_at(at):
    """Counts the operations in the current folder in a list; SIGKILL before the `at`-th."""
    here, seen = f"{Path.cwd()}{os.sep}", list[str]()

    def hook(event, arguments):
        if event != "open" and event not in CHANGES:
            return
        path = arguments[0]
        if event == "open" and not (arguments[2] or 0) & WRITING:
            return
        if not isinstance(path, str | bytes | os.PathLike):
            return
        if not os.path.abspath(os.fsdecode(path)).startswith(here):
            return
        if len(seen) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen.append(event)

    sys.addaudithook(hook)
    return seen


ADVISORY = {"seconds.json", "times.json", "paces.json"}  # no results


def contents(folder: Path) -> Mapping[str, bytes]:
    """Every file in a folder; but for times, and for what is hidden."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name not in ADVISORY and not file.name.startswith(".")
    }
