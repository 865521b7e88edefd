"""What holds of a function of the oracle, and how it is asked: its record.

draw      its arguments: a Hypothesis strategy, or a function of a NumPy generator
known     the same quantity by other means: a definition in many digits (exact.py), scipy,
          enumeration; None where a test of its own holds it against something else
bad       arguments that must raise, and what, beside those that must for every function: NaN,
          complex numbers, text
rtol      against `known`, relative; atol absolute, or what of the arguments rounding counts in
batch     whether every array may get a leading axis, each row then by itself
seen      what of the value is compared, f(value, *arguments), where it is not unique
"""

import inspect
import warnings
from typing import Any, NamedTuple

import numpy as np

from reference import REGISTRY


class Record(NamedTuple):
    draw: Any
    known: Any = None
    bad: tuple = ()
    rtol: float = 1e-12
    atol: Any = 0.0
    batch: bool = False
    seen: Any = None


def drawn(record: Record, n: int) -> list[tuple]:
    """n of the arguments that a record draws, always the same."""
    if inspect.isfunction(record.draw):
        return [tuple(record.draw(np.random.default_rng(seed))) for seed in range(n)]
    from hypothesis import HealthCheck, Phase, given, settings

    found: list = []

    @settings(
        max_examples=4 * n,
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
    return found[:: max(1, len(found) // n)][:n]


def strategy(record: Record) -> Any:
    """The record's draw as Hypothesis takes it."""
    if not inspect.isfunction(record.draw):
        return record.draw
    from hypothesis import strategies as st

    return st.integers(0, 2**32 - 1).map(lambda s: tuple(record.draw(np.random.default_rng(s))))


def mapped(value: Any, change: Any, place: tuple = ()) -> Any:
    """A tree of tuples, lists and dictionaries with its arrays and numbers changed."""
    if isinstance(value, dict):
        return {k: mapped(v, change, (*place, k)) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(mapped(v, change, (*place, i)) for i, v in enumerate(value))
    return change(place, value)


def leaves(value: Any) -> list[tuple[tuple, Any]]:
    """The arrays and numbers of a tree, with their places."""
    found: list = []
    mapped(value, lambda place, leaf: found.append((place, leaf)))
    return found


def call(name: str, arguments: Any) -> list[np.ndarray]:
    """The function's values as arrays; a warning is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = REGISTRY[name](*arguments)
    return flat(value)


def flat(value: Any) -> list[np.ndarray]:
    return [np.array(leaf) for _, leaf in leaves(value)]


def known(record: Record, arguments: Any) -> list[np.ndarray]:
    """The same by other means."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return flat(record.known(*arguments))


def compared(record: Record, value: Any, arguments: Any) -> list[np.ndarray]:
    """What of the function's values is compared."""
    if record.seen is None:
        return value
    with np.errstate(all="ignore"):
        return flat(record.seen(*value, *arguments))


def paired(ours: list[np.ndarray], theirs: list[np.ndarray]) -> list[tuple]:
    """Value by value; a formula of old records stacks those that are a tuple."""
    if len(theirs) == 1 and len(ours) > 1 and len(theirs[0]) == len(ours):
        theirs = [np.asarray(a) for a in theirs[0]]
    return list(zip(ours, theirs, strict=True))


def tolerated(record: Record, arguments: Any) -> Any:
    """The absolute tolerance."""
    return record.atol(*arguments) if callable(record.atol) else record.atol
