"""Every metric on every model and data set: refused by `check`, or measured.

    python -m tests.metrics.walk [METRIC ...]    make walk: all that is accepted, tiny; also with
                                                 weights of 0 and of 1e30, and few examples; and
                                                 every model trained for a round on all data
        --one-in N                               one in N of these, drawn with a fixed seed: all
                                                 are 75,000 measurements, which takes hours

Without METRIC the table in tests/walk.md is written anew.

What a metric gives must be a number for each seed, with a reference: a metric that cannot be
measured is to say so in what it declares. The runs are those of tests/metrics/untrained.py.
"""

import math
import sys
import warnings
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random
from time import process_time
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch

from pipeline import datasets, metrics, models
from pipeline.engine.ensemble import Ensemble
from pipeline.engine.optimizers import optimizer
from pipeline.engine.training import Training
from pipeline.models import roles
from pipeline.stages import check, sizes
from tests.metrics.untrained import ROWS, SEEDS, VARIANTS, Untrained, built, data, splits

METRICS = {name: import_module(f"pipeline.metrics.{name}") for name in metrics.names()}
DRAWN = {"by_mode", "by_class", "by_latent", "by_factor", "densities", "map"}  # no numbers
Combination = tuple[str, str, int, str, int | None]  # metric, model, its variant, data, rows
ROLES = [r for r in vars(roles).values() if getattr(r, "_is_protocol", False) and r.__doc__]


@cache
def accepted(model: str, place: int, name: str) -> bool:
    """Whether `check` lets a model be trained on data."""
    if (made := built(model, place, name)) is None:
        return False
    run = SimpleNamespace(
        model=model, data=name, train=SimpleNamespace(rounds=100, players={}, seeds=SEEDS, batch=4)
    )
    dataset = data(name)
    return not (
        check._unplayable(made, run, dataset, "")
        or check._unsuited(type(made), made, run, dataset)
        or sizes.unfit(made, run, "")
    )


def needed(metric: str, model: str, place: int, name: str, rows: int | None = None) -> Any:
    """What a metric needs of a model and data; None where these misfit."""
    if not accepted(model, place, name):
        return None
    made, of = built(model, place, name, rows), data(name, rows)
    return metrics.needed(METRICS[metric], type(made), made, of)


def every(
    rows: int | None = None,
    asked: Iterable[str] = tuple(METRICS),
    of: Iterable[str] = tuple(datasets.names()),
) -> list[Combination]:
    """All combinations of a metric, a model with its variants, and data, that are accepted.

    rows: examples of each split, where data can be asked for them. asked: metrics. of: data sets.
    """
    return [
        (metric, model, place, name, rows)
        for metric in asked
        for model in models.names()
        for place in range(len(VARIANTS.get(model, [{}])))
        for name in of
        if needed(metric, model, place, name, rows) == []
    ]


def patterns(rows: int | None = None) -> list[Combination]:
    """One combination of each pattern of what a metric can tell apart.

    That are roles of the model which the metric's file names, and what kind of data it meets.
    """
    found = {}
    for one in reversed(every(rows)):
        metric, model, place, name, _ = one
        text = Path(METRICS[metric].__file__ or "").read_text(encoding="utf-8")
        made, of = built(model, place, name, rows), data(name, rows)
        has = {
            role.__name__
            for role in ROLES
            if f"roles.{role.__name__}" in text and not roles.lacking(made, [role])
        }
        kind = (
            of.levels is None,
            len(of.shape),
            of.features == 1,
            tuple(hasattr(of, key) for key in ("classified_as", "parts", "means", "log_density")),
        )
        found[metric, frozenset(has), kind] = one
    return list(found.values())


def small() -> Any:
    """Few samples, and no mixture of eighty Gaussians to stand beside them: a context."""
    stack = ExitStack()
    for module in METRICS.values():
        for constant in ("SAMPLES", "FIXED", "DRAWN", "LATENTS"):
            if hasattr(module, constant):
                stack.enter_context(mock.patch.object(module, constant, 40))
    stack.enter_context(mock.patch.object(METRICS["pair_modes"], "PER_MODE", 1))
    mixture = lambda train, test: ([1.0], "")  # noqa: E731
    floor = METRICS["coverage"].floor  # of so few samples, and afterwards of as many as ever
    floor.cache_clear()
    stack.callback(floor.cache_clear)
    stack.enter_context(mock.patch.object(METRICS["bits_per_dim"], "_mixture", mixture))
    return stack


def measured(
    metric: str, model: str, place: int, name: str, rows: int | None = None, how: str = "plain"
) -> set[str]:
    """The names of what a metric gives; an error where it is not a number for every seed.

    The reference must be finite where examples are many and weights are sound.
    """
    found = METRICS[metric].measure(Untrained(model, place, name, rows, how))
    assert found
    for key, m in found.items():
        if isinstance(m, metrics.Measured):
            assert len(m.values) in (1, len(SEEDS)), key
            sound = rows is None and how == "plain"
            known = m.reference is None or math.isfinite(m.reference)
            assert known or not sound, f"{key}: no reference"
    return set(found)


def played(model: str, place: int, name: str) -> None:
    """A round of a model on data that `check` accepts."""
    pools = {pool: dict(arrays) for pool, arrays in splits(name).items()}
    made = built(model, place, name)
    training = Training(
        Ensemble(made, SEEDS),
        pools.pop("train"),
        4,
        optimizer("adam", lr=1e-3),
        rounds=100,
        pools=pools,
    )
    for _ in training.play(1):
        pass


def trainable() -> list[tuple[str, int, str]]:
    """Every model with its variants on all data that it is accepted for."""
    return [
        (model, place, name)
        for model in models.names()
        for place in range(len(VARIANTS.get(model, [{}])))
        for name in datasets.names()
        if accepted(model, place, name)
    ]


HOW = [(None, "plain"), (None, "none"), (None, "huge"), (6, "plain"), (2, "plain"), (1, "plain")]


RESULTS = Path(__file__).parent.parent / "walk.md"
HEAD = """# Walk

Written by `python -m tests.metrics.walk` (of `make walk`): what `check` accepts is measured, and
trained for a round. A fault is an error, or a value that is not a number for every seed.

| what | accepted | tried | faults | CPU s |
| --- | --- | --- | --- | --- |
"""


def walked(what: str, found: list[Any], one_in: int, do: Callable[[Any], object]) -> str:
    """Does it for one in so many of the combinations; prints the faults. Returns a table's row."""
    began, faults = process_time(), 0
    tried = Random(0).sample(found, math.ceil(len(found) / one_in))
    print(f"{what}: {len(tried)} of {len(found)} combinations", flush=True)
    for one in tried:
        try:
            do(one)
        except Exception as error:
            faults += 1
            print(f"{one}: {type(error).__name__}: {error}", flush=True)
    seconds = process_time() - began
    return f"| {what} | {len(found)} | {len(tried)} | {faults} | {seconds:.0f} |"


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("metrics", nargs="*", metavar="METRIC")
    parser.add_argument("--one-in", type=int, default=1, metavar="N")
    asked = parser.parse_args()
    if asked.one_in < 1:
        parser.error(f"--one-in {asked.one_in}: must be 1 or more")
    if unknown := sorted(set(asked.metrics) - METRICS.keys()):
        parser.error(f"{unknown[0]}: no such metric; there are {', '.join(METRICS)}")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows_of_table = []
    for rows, how in HOW:

        def measure(one: Combination, how: str = how) -> None:
            with small():
                measured(*one, how)

        found = every(rows, asked.metrics or METRICS)
        what = f"measured, {rows or ROWS} examples, weights {how}"
        rows_of_table.append(walked(what, found, asked.one_in, measure))
    if not asked.metrics:
        found = trainable()
        rows_of_table.append(walked("trained", found, asked.one_in, lambda one: played(*one)))
        RESULTS.write_text(HEAD + "\n".join(rows_of_table) + "\n", encoding="utf-8")
    print("\n".join(rows_of_table))
    sys.exit(any(row.split(" | ")[3] != "0" for row in rows_of_table))


if __name__ == "__main__":
    main()
