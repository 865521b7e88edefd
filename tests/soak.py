"""What takes long to fail: the engine for half an hour, ten thousand studies, every file damaged.

    python -m tests.soak [engine] [params] [damage] [kills] [--minutes 30] [--count 10000]
                         [--each 1000] [--runs 100]

writes  tests/soak.md    one line per part: what was done, what was seen, when and on what
Ends with exit code 1 if a part fails. Parts that are not named keep their lines.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

TABLE = Path(__file__).with_suffix(".md")
HEAD = """# Soak

Written by `make soak` (tests/soak.py); a part that was not run again keeps its line.

| part | what | seen | passed |
| --- | --- | --- | --- |
"""
GROWTH = 1.05, 16.0  # of the memory at the end to that after a tenth: times, and MiB


def engine(given: argparse.Namespace) -> tuple[str, str, bool]:
    """One training of many rounds, and small trainings one after another, half the time each."""
    from pipeline.execution import units, worker
    from pipeline.stages import check
    from tests import tiny

    half = 30.0 * given.minutes
    long = tiny.params(gan={"train": {"rounds": 10**8, "log_every": 10**6}})
    tiny.write(Path(), long | {"compile": "never"})
    (unit,) = units.units(check.study(), "toy")
    training, began = worker.begin(unit), time.monotonic()
    first, rounds = _watched(half, lambda: _block(training)), training.round
    seeds = iter(range(10**6))

    def once():
        train = {"rounds": 40, "seeds": [next(seeds), 10**6], "snapshots": 2}
        tiny.write(Path(), tiny.params(gan={"train": train}))
        worker.train(units.units(check.study(), "toy")[0], 1000.0)

    once()
    second = _watched(half, once)
    what = f"{rounds:,} rounds of one training, then {next(seeds) - 1} trainings"
    seen = f"{(time.monotonic() - began) / 60:.0f} min; {first[0]}; then {second[0]}"
    return what, seen, first[1] and second[1]


def _block(training):
    training.advance(training.round + 16)
    training.reports()


def _watched(seconds: float, work: Callable[[], object]) -> tuple[str, bool]:
    """Repeats the work, and says how memory, threads and open files have grown."""
    began, seen = time.monotonic(), list[tuple[float, int, int]]()
    while (past := time.monotonic() - began) < seconds or len(seen) < 2:
        work()
        if past >= seconds * len(seen) / 100:
            seen.append(_held())
    start, end = seen[len(seen) // 10], seen[-1]
    sound = end[0] <= start[0] * GROWTH[0] + GROWTH[1] and end[1:] <= start[1:]
    return (
        f"{start[0]:.0f} → {end[0]:.0f} MiB, {start[1]} → {end[1]} threads, "
        f"{start[2]} → {end[2]} files"
    ), sound


def _held() -> tuple[float, int, int]:
    """Resident MiB, threads and open files of this process."""
    import psutil

    process = psutil.Process()
    return process.memory_info().rss / 2**20, process.num_threads(), process.num_fds()


def params(given: argparse.Namespace) -> tuple[str, str, bool]:
    """Generated params.yaml: each is refused in lines, or accepted; some of these are run."""
    from tests import generated

    counts, wrong, every = Counter[str](), list[str](), max(1, given.count // (8 * given.runs))
    for seed in range(given.count):
        try:
            counts[generated.outcome(seed, run=seed % every == 0)] += 1
        except (Exception, SystemExit) as error:
            wrong.append(f"{seed}: {error!r}"[:200])
            print(f"params {wrong[-1]}", file=sys.stderr, flush=True)
    seen = ", ".join(f"{n:,} {what}" for what, n in sorted(counts.items()))
    return f"{given.count:,} generated params.yaml", f"{seen}, {len(wrong)} tracebacks", not wrong


def damage(given: argparse.Namespace) -> tuple[str, str, bool]:
    """Every kind of stored file: so many truncations and so many flipped bits."""
    from pipeline.results.files import write_text
    from tests import damage
    from tests.execution.interrupted import interrupted, unit
    from tests.stages.test_unmoved import LEDGER

    write_text("claims.yaml", LEDGER)
    u = unit(Path())
    with pytest.MonkeyPatch.context() as patched:
        interrupted(u, patched)
    stores, refused, wrong = damage.stores(u), 0, list[str]()
    for name, stored in stores.items():
        own, missed = damage.unnoticed(stored, given.each)
        refused += own
        wrong += [f"{name}: {what}" for what in missed]
        print(
            f"damage {name}: {own} of {2 * given.each} refused, {len(missed)} missed", flush=True
        )
    total = 2 * given.each * len(stores)
    what = f"{given.each:,} truncations and {given.each:,} flipped bits of {len(stores)} files"
    seen = f"{refused:,} of {total:,} refused, the others say the same; {len(wrong)} read as other"
    return what, seen, not wrong


def kills(given: argparse.Namespace) -> tuple[str, str, bool]:
    """Every stage, killed at every one of its file operations."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-s",
         "tests/stages/test_killed.py"],
        cwd=TABLE.parents[1], env=os.environ | {"DSTAR_KILLS": "0"}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    print(done.stdout[-2000:], flush=True)
    counts = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("killed:")]
    what = "each stage killed (SIGKILL) at each of its file operations, and called again"
    seen = f"{sum(map(int, counts))} kills, {done.stdout.splitlines()[-1].strip('= ')}"
    return what, seen, done.returncode == 0


PARTS = {part.__name__: part for part in (engine, params, damage, kills)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the engine")
    parser.add_argument("--count", type=int, default=10_000, help="generated files")
    parser.add_argument("--runs", type=int, default=100, help="of those, about so many run")
    parser.add_argument("--each", type=int, default=1000, help="truncations, and flips, per file")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part of it: {', '.join(unknown)}; allowed: {', '.join(PARTS)}")
    lines = _lines()
    for variable in ("DVC_ROOT", "DSTAR_WORK"):
        os.environ.pop(variable, None)
    for name in given.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            what, seen, passed = PARTS[name](given)
        where = f"{platform.machine()}, Python {platform.python_version()}"
        lines[name] = f"| {name} | {what} | {seen} ({where}) | {'yes' if passed else '**no**'} |"
        text = HEAD + "".join(f"{lines[part]}\n" for part in PARTS if part in lines)
        TABLE.write_text(text, encoding="utf-8")
        print(lines[name], flush=True)
    return int(any(line.endswith("**no** |") for line in lines.values()))


def _lines() -> dict[str, str]:
    """The lines of the table, by part."""
    rows = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.is_file() else []
    return {row.split("|")[1].strip(): row for row in rows if row.split("|")[1:2]} if rows else {}


if __name__ == "__main__":
    sys.exit(main())
