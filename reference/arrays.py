"""How the oracle reads its arguments: real numbers, in float64, checked once and by name.

Nothing is clipped and nothing is repaired. A wrong type, shape or value raises an error of one
line that names the argument and what is wrong with it.
"""

import numpy as np

from reference.errors import DomainError, ShapeError


def refuse(name, x, wrong, rule):
    """Raise DomainError for the first entry of x where `wrong` is true.

    >>> refuse("x", np.array([1.0, -2.0]), np.array([False, True]), "at least 0")
    Traceback (most recent call last):
    reference.errors.DomainError: x must be at least 0: x[1] = -2.0
    """
    if np.any(wrong):
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f"{name}[{', '.join(map(str, index))}]" if index else name
        raise DomainError(f"{name} must be {rule}: {where} = {np.asarray(x)[index]}")


def real(name, x, infinite=False):
    """x as a read-only float64 array.

    infinite: whether plus and minus infinity are allowed, because the formula has limits there.
    Raises TypeError for booleans, complex numbers and objects; DomainError for NaN.

    >>> real("x", [1, 2]).dtype
    dtype('float64')
    """
    array = np.asarray(x)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, not {array.dtype}")
    array = array.astype(np.float64, copy=False)
    if infinite:
        refuse(name, array, np.isnan(array), "a number")
    else:
        refuse(name, array, ~np.isfinite(array), "finite")
    return array


def non_negative(name, x, infinite=False):
    """x as float64, every entry at least 0.

    >>> non_negative("x", 2)
    array(2.)
    """
    array = real(name, x, infinite)
    refuse(name, array, array < 0, "at least 0")
    return array


def positive(name, x):
    """x as float64, every entry finite and above 0.

    >>> float(positive("x", 2))
    2.0
    """
    array = real(name, x)
    refuse(name, array, array <= 0, "above 0")
    return array


def within(name, x, low, high):
    """x as float64, every entry in [low, high].

    >>> float(within("x", 1, 0, 1))
    1.0
    """
    array = real(name, x)
    refuse(name, array, (array < low) | (array > high), f"in [{low}, {high}]")
    return array


def inside(name, x, low, high):
    """x as float64, every entry in the open interval (low, high).

    >>> float(inside("x", 0.5, 0, 1))
    0.5
    """
    array = real(name, x)
    wrong = (array <= low) | (array >= high)
    refuse(name, array, wrong, f"strictly between {low} and {high}")
    return array


def whole(name, x, low=None, high=None):
    """x as an array of int64 in low ... high - 1: labels and counts.

    >>> whole("x", [2.0, 1]).tolist()
    [2, 1]
    """
    array = np.asarray(x)
    if array.dtype.kind not in "iub":
        values = real(name, x)
        refuse(name, values, values != np.round(values), "whole")
        refuse(name, values, np.abs(values) > 2.0**53, "at most 2^53, where all whole numbers are")
        array = values
    if low is not None:
        refuse(name, array, array < low, f"at least {low}")
    if high is not None:
        refuse(name, array, array >= high, f"below {high}")
    return array.astype(np.int64)


def chosen(name, value, known):
    """A name among those that are known.

    >>> chosen("kind", "a", ("a", "b"))
    'a'
    """
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}: {value!r}")
    return value


def count(name, n, low=1):
    """One integer, at least low, as an int.

    >>> count("n", 3)
    3
    """
    array = whole(name, n, low)
    if array.ndim:
        raise ShapeError(f"{name} must be one number, not shape {array.shape}")
    return int(array)


def number(name, x, infinite=False):
    """One real number, as a float64 scalar.

    >>> float(number("x", 3))
    3.0
    """
    array = real(name, x, infinite)
    if array.ndim:
        raise ShapeError(f"{name} must be one number, not shape {array.shape}")
    return array[()]


def broadcast(**arrays):
    """The arrays, broadcast against each other; ShapeError names every shape.

    An axis of length 1 is stretched, and so is a missing one, but not both at once: (B, 1) against
    (B,) would be (B, B), which is never meant.

    >>> [a.shape for a in broadcast(a=np.zeros((2, 1)), b=np.zeros((1, 3)), c=np.float64(0))]
    [(2, 3), (2, 3), (2, 3)]
    """
    shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
    try:
        found = np.broadcast_arrays(*arrays.values())
    except ValueError:
        raise ShapeError(f"shapes do not broadcast: {shapes}") from None
    shape, given = found[0].shape, [a.shape for a in arrays.values() if a.ndim]
    lacking = any(len(s) < len(shape) for s in given)
    stretched = any(s != shape[len(shape) - len(s) :] for s in given)
    if lacking and stretched:
        raise ShapeError(f"shapes would make a table of all pairs: {shapes}")
    return found


def along(axis, **arrays):
    """The arrays, broadcast except along `axis`, where all have the same length, at least 1.

    A single number is constant along the axis; a vector of length 1 is not broadcast.

    >>> [a.shape for a in along(-1, p=np.zeros((2, 3)), q=np.zeros(3))]
    [(2, 3), (2, 3)]
    """
    sizes = {event(name, a, axis).shape[axis] for name, a in arrays.items() if a.ndim}
    if not sizes:
        event(next(iter(arrays)), next(iter(arrays.values())), axis)
    if len(sizes) > 1:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise ShapeError(f"shapes differ along axis {axis}: {shapes}")
    return broadcast(**arrays)


def equal_shapes(**arrays):
    """The arrays unchanged; ShapeError unless all have the same shape.

    >>> len(equal_shapes(a=np.zeros(2), b=np.ones(2)))
    2
    """
    if len({a.shape for a in arrays.values()}) > 1:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise ShapeError(f"shapes differ: {shapes}")
    return tuple(arrays.values())


def event(name, array, axis=-1):
    """The array unchanged; ShapeError unless `axis` exists and is not empty.

    >>> event("x", np.zeros((0, 2))).shape
    (0, 2)
    """
    if array.ndim == 0 or not -array.ndim <= axis < array.ndim:
        raise ShapeError(f"{name} has no axis {axis}: shape {array.shape}")
    if array.shape[axis] == 0:
        raise ShapeError(f"{name} is empty along axis {axis}: shape {array.shape}")
    return array


def dimensions(name, array, ndim):
    """The array unchanged; ShapeError unless it has `ndim` axes, none of them empty.

    >>> dimensions("x", np.zeros(2), 1).shape
    (2,)
    """
    if array.ndim != ndim or array.size == 0:
        raise ShapeError(f"{name} must be filled and {ndim}-dimensional: shape {array.shape}")
    return array


def samples(name, x, least=1):
    """Rows of finite numbers, shape (n, d), n at least `least`; a vector is n rows of one.

    >>> samples("x", [1.0, 2.0]).shape
    (2, 1)
    """
    array = real(name, x)
    if array.ndim == 1:
        array = array[:, None]
    dimensions(name, array, 2)
    if len(array) < least:
        raise DomainError(f"{name} must have at least {least} rows: it has {len(array)}")
    return array


def two_samples(least=1, **named):
    """Two named samples with the same number of columns, and at least `least` rows each.

    >>> [s.shape for s in two_samples(x=[[0.0], [1.0]], y=[2.0])]
    [(2, 1), (1, 1)]
    """
    x, y = (samples(name, s, least) for name, s in named.items())
    if x.shape[1] != y.shape[1]:
        shapes = " and ".join(f"{n} {s.shape}" for n, s in zip(named, (x, y), strict=True))
        raise ShapeError(f"{shapes} differ in their last axis")
    return x, y


def probabilities(name, p, axis=-1, normalize=False):
    """p as float64, not negative and summing to 1 along `axis` within 1e-9 max(1, sqrt K).

    normalize: divide by the sum instead of requiring 1.

    >>> float(probabilities("p", [1, 3], normalize=True)[1])
    0.75
    """
    p = event(name, non_negative(name, p), axis)
    total = p.sum(axis, keepdims=True)
    if normalize:
        refuse(name, total, total <= 0, "not all zero")
        return p / total
    slack = 1e-9 * max(1.0, np.sqrt(p.shape[axis]))
    wrong = np.abs(total - 1) > slack
    refuse(f"sum of {name}", total, wrong, "1")
    return p


@np.errstate(all="ignore")
def covariance(name, matrix, singular=False):
    """A symmetric matrix (d, d), positive (semi-)definite as `singular` allows.

    Raises DomainError for an asymmetry above 1e-12 of the norm or a negative eigenvalue.

    >>> covariance("S", [[2.0, 1.0], [1.0, 2.0]]).shape
    (2, 2)
    """
    matrix = dimensions(name, real(name, matrix), 2)
    if matrix.shape[0] != matrix.shape[1]:
        raise ShapeError(f"{name} must be square: shape {matrix.shape}")
    size = np.abs(matrix).max() or 1.0  # squares of the entries may overflow
    scaled = matrix / size
    if np.abs(scaled - scaled.T).max() > 1e-12 * np.linalg.norm(scaled):
        raise DomainError(f"{name} must be symmetric: it differs from its transpose")
    least, most = np.linalg.eigvalsh(scaled)[[0, -1]]
    slack = len(matrix) * np.finfo(float).eps * max(most, 0)
    if least < -10 * slack or (not singular and least <= 0):
        kind = "semi-definite" if singular else "definite"
        raise DomainError(
            f"{name} must be positive {kind}: its least eigenvalue is {least * size}"
        )
    return matrix
