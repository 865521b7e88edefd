"""Does the suite notice wrong code? Breaks it, one change at a time, and runs the tests.

    python -m tests.mutate                     the sample over all rooms, and those made by hand
    python -m tests.mutate pipeline/verdicts   of one room; --per-room 40: more of it
    python -m tests.mutate pipeline/objectives/minimax.py ...     every change of a file

A mutant is one small change of one file. tests/operators.py makes them by the kinds that
tests/slips.py lists, and tests/sampled.py takes a sample of them, with a committed seed;
tests/mutants.py has those that were found in respected code, and tests/mutants_of_theorems.py one
for each theorem test. Each is written into a copy of the repository, where tests run until one
fails, in the order of tests/which.py: what is nearest to the file comes first. A test that takes
more than LIMIT seconds of a core has noticed it too; and a test that fails of the unchanged code
as well has noticed nothing. The process that has a room's tests loaded forks for each mutant
(tests/patched.py); what that cannot show is tried in a fresh process.

What is found is written to tests/mutants.jsonl as it comes: a run that was broken off goes on,
here or on another machine. A mutant is tried again only if the function or class that it changes
has another text, or, where it lived, its tests have.
tests/mutants.md has the table. One that computes the same thing is in EQUIVALENT, with the
reason. DeMillo, Lipton & Sayward, "Hints on Test Data Selection" (1978).
"""

import argparse
import ast
import contextlib
import hashlib
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from tests.copied import BUDGET, LIMIT, ROOT, WALL, Copy, Ended, begin
from tests.mutants import EQUIVALENT, NAMED
from tests.operators import Mutant, changes
from tests.sampled import PER_ROOM, rooms, sample
from tests.which import TESTS, beside

RESULTS = ROOT / "tests" / "mutants.jsonl"
TIMES = ROOT / "work" / "mutants.times.json"  # of each test, seconds of a core
STDOUT = os.dup(1)
LOADED = (  # once, for all children
    "torch", "scipy.stats", "hypothesis.extra.numpy", "pytest", "pydantic", "ruamel.yaml",
    "sklearn.datasets", "rich.progress", "typer", "jinja2", "threadpoolctl", "tests.ended",
)  # fmt: skip
NEAR = 6  # test files that are loaded for a mutant at once


def by_hand(file: str) -> list[Mutant]:
    """The named mutants of a file."""
    source = Path(file).read_text(encoding="utf-8")
    made = []
    for name, old, new in NAMED.get(file, ()):
        if old not in source:
            raise SystemExit(f"{file}: the named mutant {name!r} has nothing to change: {old!r}")
        made.append(Mutant(file, name, source.replace(old, new, 1)))
    return made


def tried(names: list[str], per_room: int) -> list[Mutant]:
    """The mutants that are asked for."""
    files = [n for n in names if n.endswith(".py")]
    if files:
        every = [m for f in files for c in changes(f) if (m := c.made())]
        return every + [m for f in files for m in by_hand(f)]
    places = names or rooms()
    hand = [f for f in sorted(NAMED) if Path(f).parent.as_posix() in places]
    return sample(names, per_room) + [m for f in hand for m in by_hand(f)]


class Known:
    """What was found before, and what is found now."""

    def __init__(self, path: Path):
        self.path = path
        self.read()

    def read(self) -> None:
        exists = self.path.exists()
        lines = self.path.read_text(encoding="utf-8").splitlines() if exists else []
        found = [json.loads(line) for line in lines if line.endswith("}")]
        self.results = {(r["file"], r["name"], r["digest"]): r for r in found}

    def of(self, mutant: Mutant) -> dict | None:
        found = self.last(mutant)
        if found and not found["by"] and not found["all"]:
            return None
        if found and not found["by"] and found["tests"] != _tests_digest(mutant):
            return None
        return found

    def last(self, mutant: Mutant) -> dict | None:
        """What was found of it last, whether that still holds or not."""
        return self.results.get((mutant.file, mutant.name, digest(_changed(mutant))))

    def add(self, mutant: Mutant, end: Ended) -> dict:
        sha = digest(_changed(mutant))
        result = {"file": mutant.file, "name": mutant.name, "digest": sha, "by": end.by}
        result |= {"all": end.all_run, "tests": _tests_digest(mutant), "s": round(end.seconds, 1)}
        self.results[mutant.file, mutant.name, sha] = result
        self.path.parent.mkdir(exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(result, ensure_ascii=False) + "\n")
        return result


@cache
def _changed(mutant: Mutant) -> str:
    """The functions, classes and other statements of a file that a mutant changes, changed."""
    original = (ROOT / mutant.file).read_text(encoding="utf-8")
    both = original, mutant.source
    before, after = ([ast.unparse(node) for node in ast.parse(text).body] for text in both)
    return "\n".join(text for text in after if text not in before) or mutant.source


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _tests_digest(mutant: Mutant) -> str:
    files = [ROOT / test for test in _near(mutant)]
    return digest("".join(file.read_text(encoding="utf-8") for file in files))


def room(tasks: list[Mutant], copy: Copy, known: Known) -> None:
    """Tries the mutants of a room: in one process that has its tests, or each in a fresh one."""
    reader = os.fork()
    if reader == 0:
        with contextlib.suppress(BaseException):
            files = [t for m in tasks for t in _near(m)]
            begin(copy.home)
            import pytest

            from tests.patched import Loop

            loop = Loop(lambda items: _each(tasks, items, copy, known))
            marks = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not fault"]
            pytest.main([*marks, *dict.fromkeys(files)], plugins=[loop])
        os._exit(0)
    os.waitpid(reader, 0)
    known.read()
    for task in (t for t in tasks if not known.of(t)):
        tell(task, known.add(task, _fresh(task, copy)))


def _file(item) -> str:
    return item.nodeid.partition("::")[0]


def _near(mutant: Mutant) -> list[str]:
    """The tests that are tried: the nearest of its file, then all of its room."""
    return [*dict.fromkeys([*TESTS(mutant.file)[:NEAR], *beside(mutant.file)])]


def _each(tasks, by_file, copy, known):
    from tests.patched import in_function, patch, run

    told, fine = copy.home.with_suffix(".txt"), set()
    times = json.loads(TIMES.read_text()) if TIMES.exists() else {}
    for task in tasks:
        began = time.monotonic()
        original = (ROOT / task.file).read_text(encoding="utf-8")
        inside = task.operator == "by hand" or in_function(original, task.lines)
        near = {test: i >= NEAR for i, test in enumerate(_near(task))}
        items = [item for test in near for item in by_file.get(test, ())]
        items.sort(key=lambda item: (near[_file(item)], times.get(item.nodeid, 0.5)))
        while items:
            with copy.changed(task):
                lines = run(
                    items, told, lambda t=task: patch(t.file, t.source), (LIMIT, BUDGET, WALL)
                )
            for seconds, _, test in (line.partition(" ") for line in lines[2:] if line):
                times[test] = max(float(seconds), times.get(test, 0.0))
            if lines[0] == "passed":
                if inside and task.operator != "by hand":
                    end = Ended("", lines[1] == "all", time.monotonic() - began)
                    tell(task, known.add(task, end))
                break  # what is read as a module is loaded: in a fresh process
            by = lines[1] if lines[0] == "failed" else lines[0] or "ended"
            own = [item for item in items if item.nodeid == by]
            again = ["passed"]
            if own and (task.file, by) not in fine:
                again = run(
                    own, told, lambda t=task, o=original: patch(t.file, o), (LIMIT, BUDGET, WALL)
                )
            if again[0] == "passed":
                fine.add((task.file, by))
                TIMES.write_text(json.dumps(times))
                tell(task, known.add(task, Ended(by, True, time.monotonic() - began)))
                break
            items.remove(own[0])  # it fails before any change


def _fresh(mutant: Mutant, copy: Copy) -> Ended:
    """Its nearest tests, without those that fail before any change."""
    broken: set[str] = set()
    while True:
        end = copy.ended(mutant, _near(mutant), broken)
        if "::" not in end.by or not copy.ended(None, [end.by], broken).by:
            return end
        broken.add(end.by)


def tell(task: Mutant, found: dict) -> None:
    how = found["by"] or ("same" if (task.file, task.name) in EQUIVALENT else "ALIVE")
    line = f"{found['s']:6} s  {task.file}  {task.name}: {how}\n"
    os.write(STDOUT, line.encode())


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m tests.mutate")
    parser.add_argument("names", nargs="*", help="rooms or files; by default all")
    parser.add_argument("--per-room", type=int, default=PER_ROOM)
    parser.add_argument("--list", action="store_true", help="only say what would be tried")
    parser.add_argument("--part", default="0/1", help="i/n: of n shares of the rooms, this one")
    asked = parser.parse_args(argv)
    known, tasks = Known(RESULTS), tried(asked.names, asked.per_room)
    part, parts = map(int, asked.part.split("/"))
    places = list(dict.fromkeys(Path(m.file).parent for m in tasks))[part::parts]
    left = [m for m in tasks if Path(m.file).parent in places and not known.of(m)]
    if asked.list:
        print("\n".join(f"{m.file}  {m.name}" for m in tasks))
        return 0
    for name in LOADED if left else ():
        importlib.import_module(name)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder, "copy")) if left else None
        for name in dict.fromkeys(Path(m.file).parent for m in left):
            room([m for m in left if Path(m.file).parent == name], copy, known)
    from tests.mutants_table import written

    return written(tasks, Known(RESULTS), whole=not asked.names and parts == 1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
