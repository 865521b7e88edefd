"""The sample of mutants that is tried: of every room of the code the same number.

In each room the operators take turns, and of each those changes come first whose hash with SEED is
lowest. So a file that is edited changes the sample of its own room, and there only where its own
changes stood; and a larger sample holds the smaller one.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from tests.operators import Change, Mutant, changes

SEED = "dstar 2026"
PER_ROOM = 14


def rooms(root: Path = Path()) -> dict[str, list[str]]:
    """Every folder of the code with its files."""
    found = defaultdict(list)
    for top in ("pipeline", "reference"):
        for path in sorted((root / top).rglob("*.py")):
            relative = path.relative_to(root)
            found[relative.parent.as_posix()].append(relative.as_posix())
    return dict(sorted(found.items()))


def sample(asked: Iterable[str] = (), per_room: int = PER_ROOM) -> list[Mutant]:
    """The committed sample: as many of each room, operators in turn, lowest hash first.

    asked: rooms; by default all.
    """
    chosen, known = [], rooms()
    for files in (known[room] for room in asked or known):
        by: dict[str, list[tuple[str, Change]]] = defaultdict(list)
        for change in (c for file in files for c in changes(file)):
            key = hashlib.sha256(f"{SEED} {change.file} {change.name}".encode())
            by[change.operator].append((key.hexdigest(), change))
        queues = sorted((sorted(q, key=_hash) for q in by.values()), key=lambda q: q[0][0])
        depth = max(map(len, queues), default=0)
        turns = (queue[i][1] for i in range(depth) for queue in queues if i < len(queue))
        made = (mutant for change in turns if (mutant := change.made()))
        chosen += list(islice(made, per_room))
    return chosen


def _hash(pair: tuple[str, Change]) -> str:
    return pair[0]
