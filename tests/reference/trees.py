"""Trees of tuples, lists and dictionaries: their arrays and numbers, and where these are."""

from typing import Any

import numpy as np


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


def flat(value: Any) -> list[np.ndarray]:
    return [np.array(leaf) for _, leaf in leaves(value)]
