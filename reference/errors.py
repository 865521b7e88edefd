"""What the oracle says when it is asked something that has no answer."""


class ShapeError(ValueError):
    """Arrays whose shapes do not fit each other, or an axis with nothing in it."""


class DomainError(ValueError):
    """A value outside the set on which the formula is defined."""
