"""Functions of the oracle at corner cases: what is right, what is refused, what is wrong.

    python -m tests.oracle [names]

Each function is called with arguments that its record draws (tests/reference/), of which one
array or number at a time, and then all, is taken to a corner. The value is right where it is the
record's independent one, up to the record's tolerance or to what a rounding of the arguments
explains; without one, where nothing but the layout in memory was changed and the value was not.
It is refused by an error of one line that names an argument. All else is wrong: another error, a
warning, NaN, another value, a changed argument, no end. What has a value that nothing stands
beside is open. Ends with 1 if anything is wrong. The table is kept in tests/reference/oracle.txt,
of which names renew their own rows.
"""

import inspect
import re
import signal
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from reference import REGISTRY
from tests.reference.corners import CORNERS, LAYOUTS, UNKNOWN, VALUES
from tests.reference.record import (
    Record,
    call,
    compared,
    drawn,
    known,
    paired,
    tolerated,
)
from tests.reference.trees import leaves, mapped

TABLE = Path("tests", "reference", "oracle.txt")
EXAMPLES = 2
SECONDS = 10.0  # of the processor that one value may take
MARKS = {"right": ".", "refused": "r", "open": "?", "wrong": "W"}


def places(arguments, corner):
    """Where there is something that can be taken to a corner."""
    of_numbers = (int, float, np.number) if corner in VALUES else ()
    return [
        place
        for place, leaf in leaves(arguments)
        if (isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fi" and leaf.ndim)
        or (isinstance(leaf, of_numbers) and not isinstance(leaf, bool))
    ]


def variants(arguments, corner):
    """The arguments with the corner in one place at a time, and in all of them."""
    found = places(arguments, corner)
    if not found and corner == "as drawn":  # names and counts alone
        yield set(), arguments
    change = CORNERS[corner]
    for chosen in [{p} for p in found] + ([set(found)] if len(found) > 1 else []):

        def changed(place, leaf, chosen=chosen):
            if place not in chosen:
                return leaf
            return change(leaf) if isinstance(leaf, np.ndarray) else change(leaf)[()]

        yield chosen, mapped(arguments, changed)


def refusal(name, arguments, error, chosen=None):
    """Whether an error is of one line that names an argument, or a key of one.

    chosen: the places of what is wrong; by default any.
    """
    parameters = list(inspect.signature(REGISTRY[name]).parameters)
    places = chosen or [place for place, _ in leaves(arguments)]
    keys = [str(key) for place in places for key in place if isinstance(key, str)]
    named = [parameters[place[0]] for place in places] if chosen else parameters
    words = [*named, *(k.split(".")[-1] for k in keys)]
    text = str(error)
    named = any(re.search(rf"\b{re.escape(word)}\b", text) for word in words)
    return isinstance(error, ValueError | TypeError) and named and "\n" not in text


@contextmanager
def limited(seconds):
    """TimeoutError in the main thread once it took so many seconds of the processor."""

    def late(*_):
        raise TimeoutError(f"no value in {seconds:g} s")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def judged(name, record, arguments, plain=None, chosen=None):
    """One of MARKS, and why it is wrong. chosen: the places that an error must name."""
    before = [np.array(a).tobytes() for _, a in leaves(arguments)]
    try:
        with limited(SECONDS):
            value = call(name, arguments)
    except Exception as error:
        why = repr(error)
        by_name = refusal(name, arguments, error, chosen)
        return ("refused", "") if by_name else ("wrong", why)
    if before != [np.array(a).tobytes() for _, a in leaves(arguments)]:
        return "wrong", "an argument was changed"
    value = compared(record, value, arguments)
    exact = mapped(arguments, lambda _, a: _wide(a))
    try:
        with limited(SECONDS):
            theirs = known(record, exact)
        pairs = paired(value, theirs)
    except Exception:  # beyond what the other formula can do
        theirs, pairs = None, list(zip(value, plain or value, strict=False))
    if theirs is None and plain is None:
        bad = any(a.dtype.kind == "f" and np.isnan(a).any() for a in value)
        empty = all(a.size == 0 for a in value)
        return ("wrong", "NaN") if bad else ("right" if empty else "open", "")
    return _held(record, exact, pairs, theirs is not None)


def _wide(a):
    return a.astype(float) if getattr(a, "dtype", None) == np.float32 else a


def _held(record, arguments, pairs, exact):
    marks = set()
    for place, (ours, theirs) in enumerate(pairs):
        if ours.shape != theirs.shape:
            if ours.size or theirs.size:
                return "wrong", f"shape {ours.shape} and not {theirs.shape}"
            continue
        if ours.dtype.kind not in "fic" or theirs.dtype.kind not in "fic":
            if (ours != theirs).any():
                return "wrong", f"{ours} and not {theirs}"
            continue
        told = ~np.isnan(theirs)
        if not told.all() and not np.isnan(ours[~told]).all():
            marks.add("open")
        rtol, atol = (
            (max(record.rtol, 4e-15), tolerated(record, arguments)) if exact else (1e-8, 1e-15)
        )
        if not _close(ours[told], theirs[told], rtol, atol):
            slack = _slack(record, arguments, place) if exact else 0
            if not _close(
                ours[told], theirs[told], rtol, np.broadcast_to(slack, told.shape)[told]
            ):
                return "wrong", f"{ours[told]} and not {theirs[told]}"
    return ("open" if marks else "right"), ""


def _close(ours, theirs, rtol, atol):
    with np.errstate(all="ignore"):
        near = np.abs(ours - theirs) <= rtol * np.abs(theirs) + atol + 1e-322
    return bool(((ours == theirs) | (near & (np.isfinite(ours) | np.isinf(atol)))).all())


def _slack(record, arguments, place):
    """How far a rounding of the arguments moves the value."""
    rng, most = np.random.default_rng(0), 0.0
    plain = known(record, arguments)

    def rounded(_, a):
        if np.asarray(a).dtype.kind != "f":
            return a
        return np.asarray(a) * (1 + 2.0**-52 * rng.choice([-1, 1], np.shape(a)))[()]

    for _ in range(3):
        with np.errstate(all="ignore"):
            try:
                moved = known(record, mapped(arguments, rounded))
            except Exception:
                continue
            size = len(moved[0]) if len(moved) == 1 and np.ndim(moved[0]) else 0
            a, b = (
                (x[place] if len(x) > place else x[0][place] if size > place else x[0])
                for x in (moved, plain)
            )
            if np.shape(a) == np.shape(b):
                most = np.fmax(most, 8 * np.abs(a - b))
    return np.where(np.isfinite(most), most, 0.0)


def row(name, record: Record, corners=tuple(CORNERS), n=None):
    """The mark of each corner, how often each mark was given, and what was wrong."""
    line, total, wrong = "", Counter(), []
    examples = drawn(record, n or EXAMPLES)
    for corner in corners:
        marks = Counter()
        for arguments in examples:
            plain = None
            if corner in LAYOUTS and corner != "float32":
                plain = compared(record, call(name, arguments), arguments)
            for places_, case in variants(arguments, corner):
                own = places_ if corner in UNKNOWN else None
                mark, why = judged(name, record, case, plain, own)
                marks[mark] += 1
                if mark == "wrong":
                    wrong.append(f"{name}, {corner}: {why}"[:300].replace("\n", " "))
        total += marks
        worst = next((m for m in reversed(MARKS) if marks[m]), None)
        line += MARKS[worst] if worst else " "
    return line, total, wrong


def table():
    """The rows of the table as it is kept, by function."""
    marks = "".join(map(re.escape, MARKS.values()))
    text = TABLE.read_text() if TABLE.exists() else ""
    return dict(re.findall(rf"^(\S+) +\|([{marks} ]{{{len(CORNERS)}}})\|$", text, re.MULTILINE))


def printed(rows):
    """The table, with the names of the corners above and the sums below."""
    width = max(map(len, rows))
    lines = [f"{'':{width}}  {'|' * i}{corner}" for i, corner in enumerate(CORNERS)]
    lines += [f"{name:{width}} |{rows[name]}|" for name in sorted(rows)]
    held, all_ = {REGISTRY[name] for name in rows}, set(REGISTRY.values())
    total = Counter("".join(rows.values()))
    sums = ", ".join(f"{total[sign]:,} {mark} ({sign})" for mark, sign in MARKS.items())
    return "\n".join([*lines, "", f"{len(held)} of {len(all_)} functions; {sums}", ""])


def main(names):
    from tests.reference.contract import RECORDS

    rows = {name: line for name, line in table().items() if name in RECORDS}
    wrong = []
    for name in names or sorted(RECORDS):
        rows[name], marks, faults = row(name, RECORDS[name])
        wrong += faults
        print(f"{name:40} |{rows[name]}| {dict(marks)}", flush=True)
        TABLE.write_text(printed(rows))
    print(printed(rows))
    for text in dict.fromkeys(wrong):
        print(f"wrong: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
