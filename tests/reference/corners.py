"""The corners to which an argument of the oracle is taken: layouts, values and shapes."""

import numpy as np


def _filled(value):
    return lambda a: np.full(np.shape(a), value)


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
VALUES = {
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "denormal": _filled(5e-324),
    "1e-300": _filled(1e-300),
    "1e300": _filled(1e300),
    "-1e300": _filled(-1e300),
    "infinite": _filled(np.inf),
    "NaN": _filled(np.nan),
    "complex": _filled(1j),
    "text": _filled("a"),
}
SHAPES = {
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
    "one row less": lambda a: a[1:],
    "a column": lambda a: a[..., None],
    "a leading axis": lambda a: a[None],
    "integers": lambda a: np.round(np.clip(a, -9, 9)).astype(np.int64),
}
UNKNOWN = ("NaN", "complex", "text", "one NaN")  # whose error names the argument that it is in
CORNERS = LAYOUTS | VALUES | SHAPES
