"""The types of numbers in a block of params.yaml, with their ranges.

A model or a data set is a frozen dataclass whose fields have these types. A value out of range is
an error before anything is computed (pipeline/study/reader.py).
"""

from typing import Annotated, Any, get_type_hints

from annotated_types import Ge, Gt, Interval, Le
from pydantic import AllowInfNan

Count = Annotated[int, Ge(1), Le(100_000_000)]  # 1, 2, 3 ...
Index = Annotated[int, Ge(0), Le(2**31 - 1)]  # 0, 1, 2 ...
Real = Annotated[float, AllowInfNan(False)]
Positive = Annotated[Real, Gt(0)]
NonNegative = Annotated[Real, Ge(0)]
Fraction = Annotated[Real, Interval(gt=0, lt=1)]  # strictly between 0 and 1
Share = Annotated[Real, Interval(ge=0, le=1)]
Decay = Annotated[Real, Interval(ge=0, lt=1)]  # of a moving average: 0 keeps nothing of the past


class PerReplica:
    """One number per replica in place of one for all, in the order of the seeds.

    The engine replaces it by the replica's number inside losses (pipeline/engine/settings.py).
    Anywhere else it has no value: using it raises an error.
    """

    def __init__(self, numbers: Any):
        self.numbers = tuple(map(float, numbers))

    def __repr__(self) -> str:
        return f"{list(self.numbers)}, one per replica"

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r}: has no single value here")

    __float__ = __int__ = __hash__ = __bool__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PerReplica):
            return self.numbers == other.numbers
        raise TypeError(f"{self!r}: has no single value here")


def per_replica(kind: Any, block: dict[str, Any]) -> dict[str, list[Any]]:
    """The real-valued fields of the dataclass kind for which a block gives a list."""
    hints = get_type_hints(kind)
    return {k: v for k, v in block.items() if isinstance(v, list) and hints.get(k) is float}


def with_lists(made: Any, lists: dict[str, list[Any]]) -> Any:
    """The object with some fields replaced by one number per replica."""
    for key, numbers in lists.items():
        object.__setattr__(made, key, PerReplica(numbers))  # it is frozen
    return made
