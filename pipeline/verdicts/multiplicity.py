"""Claims that rest on the same trainings: the error that each may have, so that all are safe.

    error of each = error of the family / m
    E(wrong verdicts of the study) <= sum over families of the family's error

Bonferroni, after Dunn, "Multiple comparisons among means" (1961); it holds however the claims
depend on each other. Holm's procedure (1979) rejects more, but by p-values in order: the
interval printed beside a claim would no longer be the one that decides it. Here a reader sees
the verdict in the interval.

A family is what trainings join: two claims are in one where both rest on one training, or where
a chain of claims does that joins them. An accident of a training is then within one family,
wherever the headings of params.yaml put it, and families share none. The chance of *any* wrong
verdict in the study is bounded by the same sum.
"""

from collections.abc import Iterable, Mapping


def each(family_error: float, claims: int) -> float:
    """The chance of a wrong verdict that one claim may have.

    family_error: the chance that any claim of the family gets a wrong verdict.
    claims: how many are in it, decided or not.
    """
    return family_error / claims


def families(trainings: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """The claims that share trainings, together, in the order in which they are given.

    trainings: by claim, names of those that it rests on (pipeline/study/trainings.py); of none,
        it is in no family.
    """
    found: dict[str, list[str]] = {}  # by training, the family that it is in
    for claim, prints in trainings.items():
        joined: list[list[str]] = []
        for one in prints:
            family = found.setdefault(one, [])
            if not any(family is other for other in joined):
                joined.append(family)
        if not joined:
            continue
        whole = joined[0]
        for family in joined[1:]:
            whole += family
            found |= {one: whole for one, other in found.items() if other is family}
        whole.append(claim)
    place = {claim: k for k, claim in enumerate(trainings)}
    distinct = {id(family): family for family in found.values()}
    return sorted(
        (tuple(sorted(family, key=place.__getitem__)) for family in distinct.values()),
        key=lambda family: place[family[0]],
    )


def errors(trainings: Mapping[str, Iterable[str]], family_error: float) -> dict[str, float]:
    """The chance of a wrong verdict that each claim may have, by claim.

    trainings: by claim, names of those that it rests on, at least one.
    family_error: the chance that any claim of a family gets a wrong verdict.
    """
    return {
        claim: each(family_error, len(family))
        for family in families(trainings)
        for claim in family
    }


def expected_wrong(errors: Iterable[float]) -> float:
    """The most that the mean number of wrong verdicts in the study is.

    errors: the chance of a wrong verdict of each claim, of all families. Families are bounded
    one by one, so that many of them make a wrong verdict somewhere likely: a reader is told.
    """
    return sum(errors)
