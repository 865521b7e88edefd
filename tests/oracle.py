"""Functions of the oracle at corner cases: what is right, what is refused, what is wrong.

    python -m tests.oracle [names]

Each function that has a record (tests/reference/) is called with arguments that its record draws,
of which one array at a time, and then all, is taken to a corner. The value is right where it is
the record's independent one, or, without one, where nothing but the layout in memory was changed
and the value was not. It is refused by a ShapeError, DomainError or TypeError of one line that
names an argument. All else is wrong: another error, a warning, NaN, another value, a changed
argument. What has a value that nothing stands beside is open. Ends with 1 if anything is wrong.
"""

import inspect
import sys
import warnings
from collections import Counter

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from numpy.testing import assert_allclose

from reference import REGISTRY, DomainError, ShapeError
from tests.reference import records, records_metrics, records_objectives

RECORDS = records.RECORDS | records_objectives.RECORDS | records_metrics.RECORDS
EXAMPLES = 4
MARKS = {"right": ".", "refused": "r", "open": "?", "wrong": "W"}


def _filled(value):
    return lambda a: np.full(a.shape, value)


def _first(value):
    """One entry of the array is `value`."""

    def corner(a):
        a = a.astype(float)
        a.reshape(-1)[:1] = value
        return a

    return corner


def _read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


@np.errstate(over="ignore")
def _single(a):
    return a.astype(np.float32)


LAYOUTS = {
    "as drawn": lambda a: a,
    "read-only": _read_only,
    "strided": lambda a: np.repeat(a, 2, -1)[..., ::2],
    "backwards": lambda a: a[..., ::-1].copy()[..., ::-1],
    "Fortran": lambda a: np.asfortranarray(a),
    "float32": _single,
}
CORNERS = LAYOUTS | {
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "denormal": _filled(5e-324),
    "1e-300": _filled(1e-300),
    "1e300": _filled(1e300),
    "-1e300": _filled(-1e300),
    "one zero": _first(0.0),
    "one 1e-300": _first(1e-300),
    "one 1e300": _first(1e300),
    "one inf": _first(np.inf),
    "one -inf": _first(-np.inf),
    "one NaN": _first(np.nan),
    "ties": lambda a: np.broadcast_to(a[..., :1], a.shape),
    "one element": lambda a: a[..., :1],
    "empty": lambda a: a[..., :0],
    "no rows": lambda a: a[:0],
    "one row more": lambda a: np.concatenate([a[:1], a]),
    "a column": lambda a: a[..., None],
    "integers": lambda a: np.round(np.clip(a, -9, 9)).astype(np.int64),
}


def drawn(record):
    """A few of the arguments that a record draws, always the same."""
    found: list = []

    @settings(
        max_examples=4 * EXAMPLES,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(record.draw)
    def collect(arguments):
        found.append(tuple(arguments))

    collect()
    return found[:: max(1, len(found) // EXAMPLES)]


def variants(arguments, corner):
    """The arguments with the corner in one array at a time, and in all of them."""
    places = [i for i, a in enumerate(arguments) if isinstance(a, np.ndarray) and a.ndim]
    sets = [{i} for i in places] + ([set(places)] if len(places) > 1 else [])
    for chosen in sets:
        yield tuple(corner(a) if i in chosen else a for i, a in enumerate(arguments))


def value_of(name, arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = REGISTRY[name](*arguments)
    return (
        np.stack([np.asarray(v) for v in value]) if isinstance(value, tuple) else np.asarray(value)
    )


def judged(name, arguments, plain=None):
    """One of MARKS, and why it is wrong."""
    before = [np.array(a) for a in arguments]
    try:
        value = value_of(name, arguments)
    except (ShapeError, DomainError, TypeError) as error:
        text = str(error)
        by_name = any(p in text for p in (*inspect.signature(REGISTRY[name]).parameters, "shape"))
        return ("refused", "") if by_name and "\n" not in text else ("wrong", repr(error))
    except Exception as error:
        return "wrong", repr(error)
    if any(a.tobytes() != np.array(b).tobytes() for a, b in zip(before, arguments, strict=True)):
        return "wrong", "an argument was changed"
    return _compared(RECORDS[name], arguments, value, plain)


def _compared(record, arguments, value, plain):
    """Where the other formula has no number, no value is held to it."""
    known = plain
    if record.known is not None:
        exact = [
            a.astype(float) if getattr(a, "dtype", None) == np.float32 else a for a in arguments
        ]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                known = np.asarray(record.known(*exact), float)
        except Exception:  # beyond what the other formula can do
            known = plain
    if known is None and np.isnan(value).any():
        return "wrong", "NaN"
    if known is None or known.shape != value.shape:
        return "open", ""
    told = ~np.isnan(known)
    value, known = value[told], known[told]
    if not told.any():
        return "open", ""
    rtol, atol = (max(record.rtol, 4e-15), record.atol) if record.known else (1e-8, 1e-15)
    try:
        assert_allclose(value, known, rtol=rtol, atol=atol)
    except AssertionError:
        return "wrong", f"{value} and not {known}"
    return "right", ""


def main(names):
    total: Counter = Counter()
    wrong = []
    width = max(map(len, names))
    for i, corner in enumerate(CORNERS):
        print(f"{'':{width}} {'|' * i}{corner}")
    for name in names:
        line = ""
        examples = drawn(RECORDS[name])
        for corner, change in CORNERS.items():
            marks = Counter()
            for arguments in examples:
                plain = (
                    value_of(name, arguments)
                    if corner in LAYOUTS and corner != "float32"
                    else None
                )
                for case in variants(arguments, change):
                    mark, why = judged(name, case, plain)
                    marks[mark] += 1
                    if mark == "wrong":
                        wrong.append(f"{name}, {corner}: {why}"[:300])
            total += marks
            worst = next((m for m in reversed(MARKS) if marks[m]), None)
            line += MARKS[worst] if worst else " "
        print(f"{name:{width}} {line}", flush=True)
    held = {REGISTRY[name] for name in RECORDS}
    print(f"\n{len(held)} of {len(set(REGISTRY.values()))} functions have a record;", end=" ")
    print(", ".join(f"{total[mark]:,} {mark} ({sign})" for mark, sign in MARKS.items()))
    for text in dict.fromkeys(wrong):
        print("wrong:", text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or sorted(RECORDS)))
