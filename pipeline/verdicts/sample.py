"""Which replicas of a run have a value, and the verdict where not all do.

    a number         the metric of that replica
    None             the metric is undefined there: the width of a mode without samples
    NaN, +-infinity  the replica diverged

A replica that diverged counts against its claim, it is not left out: a training that ends so
with any positive chance has no finite mean to make a claim about. An undefined metric says
nothing of the training, for or against, and to leave it out would be to select replicas by
their result: the claim is undecided, and its line says for how many.
"""

import math

from pipeline.verdicts import Values, Verdict


def defined(values: Values) -> list[float]:
    """The values that are numbers, infinity among them; of a sound sample, all."""
    return [v for v in values if v is not None]


def diverged(values: Values) -> int:
    """How many replicas have a value that is not finite."""
    return sum(not math.isfinite(v) for v in defined(values))


def undefined(*columns: Values) -> Verdict | None:
    """The verdict where a metric is undefined for some replica of a run; None where for none.

    columns: of each run, one value per seed.
    """
    n = sum(map(len, columns))
    if (k := n - sum(len(defined(values)) for values in columns)) == 0:
        return None
    because = f"The metric is undefined for {k} of {n} replicas, which speak for neither side."
    return Verdict("undecided", because, n=n)


def without_interval(*columns: Values) -> Verdict | None:
    """The verdict on a statement about means that have no interval; None for all others.

    columns: of each run that the statement is about, one value per seed.
    """
    n = sum(map(len, columns))
    if lost := sum(map(diverged, columns)):
        because = f"{lost} of {n} replicas are not finite, so neither is the mean over seeds."
        return Verdict("fails", because, n=n)
    if (flaw := undefined(*columns)) is not None:
        return flaw
    if (least := min(map(len, columns))) < 2:
        found = f"{least} seed{'s' * (least != 1)}"
        return Verdict("undecided", f"An interval needs two seeds; there is {found}.", n=n)
    if not any(map(_varies, columns)):
        each = " and ".join(f"{column[0]:.4g}" for column in columns)
        because = f"All {n} replicas give {each}: what does not vary has no interval."
        return Verdict("undecided", because, columns[0][0] if len(columns) == 1 else None, n=n)
    return None


def without_comparison(values: Values, others: Values) -> Verdict | None:
    """The same of two runs, where the statement is about the first.

    Replicas of the other run that diverged do not speak against the first, nor for it.

    values, others: one value per seed of each run.
    """
    if (lost := diverged(others)) and not diverged(values):
        because = (
            f"{lost} of {len(others)} replicas of the run that it is compared with are not "
            "finite: there is no mean to compare with."
        )
        return Verdict("undecided", because, n=len(values) + len(others))
    return without_interval(values, others)


def _varies(values: Values) -> bool:
    # Not by the standard deviation: that of three 0.1 is not zero in floating point.
    return len(set(values)) > 1
