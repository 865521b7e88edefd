"""A changed module put in the place of one that is loaded, and the tests that then fail.

A process collects the tests of a room once. For each mutant it forks a child, which gives the
functions of the module that was changed the code of the changed text, and runs the tests: so a
mutant costs its tests and no imports. What stands outside of functions is read when a module is
loaded, and such a change is tried in a fresh process (tests/mutate.py).
"""

import ast
import contextlib
import functools
import os
import signal
import sys
import time
import types
from collections.abc import Callable, Iterator
from importlib.abc import InspectLoader
from pathlib import Path

from tests.ended import Noticed


def in_function(source: str, lines: tuple[int, int]) -> bool:
    """Whether a statement is run when a function is called, and not when its module is loaded."""
    return any(
        isinstance(node, ast.FunctionDef) and node.body[0].lineno <= lines[0] <= node.end_lineno
        for node in ast.walk(ast.parse(source))
    )


class _Changed(InspectLoader):
    """A module of the repository as a mutant has it."""

    def __init__(self, source: str, path: str):
        self.source, self.path = source, path

    def get_source(self, fullname: str) -> str:
        return self.source

    def get_code(self, fullname: str) -> types.CodeType:
        return self.source_to_code(self.source, self.path)


def patch(file: str, source: str) -> None:
    """Gives the loaded module of a file the functions of another text."""
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if name not in sys.modules:
        return
    module = sys.modules[name]
    fresh = types.ModuleType(name)
    fresh.__dict__.update({k: v for k, v in vars(module).items() if k.startswith("__")})
    _Changed(source, module.__file__ or file).exec_module(fresh)
    for key, new in vars(fresh).items():
        old = vars(module).get(key)
        if getattr(old, "__module__", name) != name:
            continue
        if isinstance(old, type) and isinstance(new, type):
            for attribute, value in vars(new).items():
                _renew(vars(old).get(attribute), value)
        else:
            _renew(old, new)


def _renew(old: object, new: object) -> None:
    """The code of one function in the place of another's, wherever the latter is known."""
    for mine, other in zip(_functions(old), _functions(new), strict=False):
        if len(mine.__code__.co_freevars) == len(other.__code__.co_freevars):
            mine.__code__ = other.__code__
            mine.__defaults__, mine.__kwdefaults__ = other.__defaults__, other.__kwdefaults__


def _functions(value: object) -> Iterator[types.FunctionType]:
    match value:
        case types.FunctionType():
            yield value
            if hasattr(value, "__wrapped__"):
                yield from _functions(value.__wrapped__)
        case property():
            yield from _functions(value.fget)
        case staticmethod() | classmethod():
            yield from _functions(value.__func__)
        case functools.cached_property():
            yield from _functions(value.func)
        case _ if hasattr(value, "cache_clear"):
            value.cache_clear()
            yield from _functions(value.__wrapped__)


class Loop:
    """A plugin of pytest that runs no test itself, but does `work` with what it has collected."""

    def __init__(self, work: Callable):
        self.work = work

    def pytest_runtestloop(self, session):
        by_file: dict[str, list] = {}
        for item in session.items:
            by_file.setdefault(item.nodeid.partition("::")[0], []).append(item)
        self.work(by_file)
        return True


def run(items: list, told: Path, change: Callable[[], None], limits: tuple[float, float, float]):
    """Runs tests in a forked child until one fails; what `told` says then, in lines.

    limits: seconds of a core for one test, and for all; seconds that may go by.
    """
    limit, budget, wall = limits
    told.write_text("")
    ends = time.monotonic() + wall
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            sys.dont_write_bytecode = True
            _play(items, told, change, limit, budget)
        finally:
            os._exit(0)
    while time.monotonic() < ends and not os.waitpid(child, os.WNOHANG)[0]:
        time.sleep(0.01)
    if time.monotonic() >= ends:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    stop_all(child)
    return told.read_text().split("\n")


def stop_all(child: int) -> None:
    """Ends what a child has left running in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def _play(items, told, change, limit, budget):
    try:
        change()
    except BaseException as error:
        told.write_text(f"import: {type(error).__name__}\n")
        return
    noticed = Noticed(told, set(), limit, budget)
    if not items:
        told.write_text("passed\nall\n")
        return
    config, session = items[0].config, items[0].session
    config.pluginmanager.register(noticed)
    for item, after in zip(items, [*items[1:], None], strict=True):
        config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if noticed.failed:
            return
        if session.shouldstop:
            break
    told.write_text(f"passed\n{'part' if noticed.spent else 'all'}\n{noticed.times()}")
