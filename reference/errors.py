"""The errors that the oracle raises for arguments outside a formula's domain."""


class ShapeError(ValueError):
    """Arrays whose shapes do not match, or an empty axis."""


class DomainError(ValueError):
    """A value outside the set on which the formula is defined."""
