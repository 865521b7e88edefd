"""Several claims of one experiment: the error that each may have, so that all are safe.

    error of each = error of the family / m

Bonferroni, after Dunn, "Multiple comparisons among means" (1961). Holm's procedure (1979)
rejects more, but by p-values in order: the interval printed beside a claim would no longer be
the one that decides it. Here a reader sees the verdict in the interval. The family is the
experiment, whose claims share their trainings and so their accidents.
"""


def each(family_error: float, claims: int) -> float:
    """The chance of a wrong verdict that one claim may have.

    family_error: the chance that any claim of the family gets a wrong verdict.
    claims: how many are in it, decided or not.
    """
    return family_error / claims
