"""tests/mutants.md: of each room, how many wrong changes the tests notice, and what lives on."""

import hashlib
from collections import defaultdict
from pathlib import Path

from tests.mutants import EQUIVALENT
from tests.sampled import SEED
from tests.slips import OPERATORS

TABLE = Path("tests", "mutants.md")
HEAD = f"""# Mutants

Written by `make mutants` (tests/mutate.py). Sampled by tests/sampled.py with the seed
`{SEED}`, equally over all rooms, and those made by hand (tests/mutants.py,
tests/mutants_of_theorems.py). *Same*: computes the same thing, for the reason that is given.
*Again*: lived, but its tests have changed since, or were more than their budget of time and not
all run. The last column is of those that differ: killed, again and alive.

"""


def written(tasks, known, whole: bool) -> int:
    """Prints the table; keeps it where it is of all. 1 where one lives without a reason."""
    rows = defaultdict(list)
    for mutant in tasks:
        room = Path(mutant.file).parent.as_posix()
        found, last = known.of(mutant), known.last(mutant)
        if not found and last:
            found = last | {"again": True}
        rows["by hand" if mutant.operator == "by hand" else room].append((mutant, found))
    lines = ["| room | mutants | tried | killed | same | again | alive | killed |"]
    lines += ["| --- | --: | --: | --: | --: | --: | --: | --: |"]
    lines += [_row(name, rows[name]) for name in rows]
    every = [pair for row in rows.values() for pair in row]
    lines += [_row("**all**", every), ""]
    lines += [
        "| operator | mutants | tried | killed | same | again | alive | killed |",
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for operator in [*OPERATORS, "by hand"]:
        own = [pair for pair in every if pair[0].operator == operator]
        lines += [_row(operator, own)] if own else []
    living = [(m, r) for m, r in every if r and not r["by"] and "again" not in r]
    lines += ["", "## Alive", ""]
    lines += [_item(m, r) for m, r in living if (m.file, m.name) not in EQUIVALENT]
    lines += ["", "## Same", ""]
    lines += [_item(m, r) for m, r in living if (m.file, m.name) in EQUIVALENT]
    again = [(m, r) for m, r in every if r and "again" in r]
    if again:
        lines += ["", "## Lived, and is to be tried again", ""]
        lines += ["Its tests were cut, or have changed since.", ""]
        lines += [f"- `{m.file}`: {m.name}" for m, _ in again]
    if (tried := sum(bool(r) for _, r in every)) < len(every):
        lines += ["", f"Not whole: {tried} of {len(every)} are tried. `make mutants` goes on."]
    texts = "".join(sorted(r["digest"] for _, r in every if r))
    lines += ["", f"Digest of all mutants: {hashlib.sha256(texts.encode()).hexdigest()[:16]}."]
    text = HEAD + "\n".join(lines) + "\n"
    print(text)
    if whole:
        TABLE.write_text(text, encoding="utf-8")
    return int(any((m.file, m.name) not in EQUIVALENT for m, _ in living))


def _row(name: str, pairs) -> str:
    ended = [(m, r) for m, r in pairs if r]
    killed = sum(bool(r["by"]) for _, r in ended)
    again = sum("again" in r for _, r in ended)
    same = sum(
        not r["by"] and "again" not in r and (m.file, m.name) in EQUIVALENT for m, r in ended
    )
    alive = len(ended) - killed - same - again
    rate = killed / max(killed + alive + again, 1)
    shown = f"{rate:.1%}" if ended else ""
    counts = len(pairs), len(ended), killed, same, again, alive
    return f"| {name} | {' | '.join(map(str, counts))} | {shown} |"


def _item(mutant, found) -> str:
    why = EQUIVALENT.get((mutant.file, mutant.name), "not noticed")
    cut = "" if found["all"] else " (cut)"
    return f"- `{mutant.file}`, {found['digest']}: {mutant.name}{cut}\n  - {why}"
