"""Metrics of a trained run: one metric per file.

A metric's formula is a pure function of samples or logits, for one replica, with a twin in
`reference/metrics`. Beside it, `measure(run)` applies the formula to each replica of a run
(pipeline/results/trained_run.py) and states the reference value: `{name: Measured}`, `Histogram`,
`Series` or `Profile`. Each metric declares what it needs of a run, and `python -m pipeline check`
refuses any other run before it is trained:

    NEEDS                   roles of the model (pipeline/models/roles.py)
    NEEDS_DATA              attributes of the data set, if any
    NEEDS_EXAMPLES          the least number of examples of a split, where one is too few
    SNAPSHOTS               the least number of snapshots of the training, if any
    VALUES                  the names of the numbers that it may give; of a curve, <name>_by_round
    CLASSIFIER              which examples it gives to the evaluation classifier: those of "all"
                            data sets, or of "images" only
    lacks(model, dataset)   for what roles cannot express: what is missing, in words, or ""
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from pipeline.datasets import sizes
from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.randomness import Distribution, draw
from pipeline.engine.repeated import Repeated
from pipeline.models import roles
from pipeline.study import validation

FROZEN_SEED = 0
BY_ROUND = "_by_round"  # ends the name of a metric's curve over the snapshots
# Limits on the memory of a call, per replica, so that more seeds do not change the earlier ones.
VALUES = 2**18  # numbers in the examples
NOISE = 2**22  # numbers in their noise
COMPILED = 1_000  # calls of a pass from which compiling it, some seconds, is repaid
PAIRS = 2**20  # distances of two samples at a time: 8 MiB, five times as fast as 64 MiB, by cache


class Measured(NamedTuple):
    """A number per replica, and the reference value that is printed beside it."""

    title: str
    unit: str
    values: Sequence[float]  # one per seed
    reference: float | None
    reference_is: str
    better: str  # "higher", "lower" or "reference": the nearer to it, the better
    share: bool = False  # values are 0 and 1; their mean, a proportion, is published
    least: float | None = None  # no value is below this: of a share and a divergence 0
    most: float | None = None  # nor above this: of a share 1, of modes their number


class Series(NamedTuple):
    """A number per replica at each snapshot of training, and the reference value beside it."""

    title: str
    unit: str
    rounds: Sequence[int]  # (M,)
    values: Sequence[Sequence[float]]  # (R, M)
    reference: float | None
    reference_is: str
    log: bool = False  # drawn on a logarithmic axis


class Profile(NamedTuple):
    """Functions on the line at each snapshot of training, of the first replica, for figures."""

    title: str
    unit: str  # of x
    x: Sequence[float]  # (X,)
    lines: Mapping[str, Sequence[Sequence[float]]]  # by name, (M, X) each
    rounds: Sequence[int]  # (M,)


class Histogram(NamedTuple):
    """The frequency of each class per replica, and the reference frequencies beside it."""

    title: str
    labels: Sequence[str]
    values: Sequence[Sequence[float]]  # (R, K)
    reference: Sequence[float]
    reference_is: str


Found = Mapping[str, Measured | Series | Profile | Histogram]  # what `measure` returns


class Run(Protocol):
    """A trained run, as metrics see it; documented in pipeline/results/trained_run.py."""

    model: Any  # of the roles that the metric needs
    dataset: Any
    ensemble: Ensemble
    seeds: Sequence[int]
    record: Mapping[str, Any]
    run: Any  # its block of params.yaml
    draws: int

    @property
    def test(self) -> Mapping[str, Tensor]: ...
    @property
    def train(self) -> Mapping[str, Tensor]: ...
    @property
    def validation(self) -> Mapping[str, Tensor]: ...
    @property
    def untrained(self) -> Ensemble: ...
    @property
    def snapshots(self) -> Sequence[int]: ...
    @property
    def classifier(self) -> "Run": ...
    def at(self, snapshot: int) -> "Run": ...
    def drawn(self, count: int) -> Iterator[tuple[dict[str, Tensor], Tensor]]: ...
    def sample(self, count: int) -> Tensor: ...
    def logits(self, x: Tensor) -> Tensor: ...
    def class_logits(self, x: Tensor) -> Tensor: ...
    def class_log_probabilities(self, x: Tensor) -> Tensor: ...
    def features(self, x: Tensor) -> Tensor: ...


def names() -> list[str]:
    """The names of all metrics, in alphabetical order."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))


def needed(metric: Any, Model: type, model: Any, dataset: Any, split: str = "test") -> list[str]:
    """What a metric's file needs that a model, or its data, has not, in words.

    model, dataset: None where the run's arguments or its data are at fault themselves.
    split: that is measured on in place of the test examples.
    """
    name = Model.__module__.rpartition(".")[2]
    found = [
        f"the role {role}, and {name} has no {', '.join(f'{method}()' for method in methods)}"
        for role, methods in roles.lacking(Model, metric.NEEDS).items()
    ]
    if dataset is not None:
        found += [
            f"data with {attribute}, which these have not"
            for attribute in getattr(metric, "NEEDS_DATA", ())
            if getattr(dataset, attribute, None) is None
        ]
        shown = getattr(metric, "CLASSIFIER", None)
        named = shown == "all" or (shown == "images" and dataset.levels is not None)
        if named and dataset.classes < 2:
            found.append("data of two classes at least")
        there = sizes(dataset)
        for part, least in getattr(metric, "NEEDS_EXAMPLES", {}).items():
            part = split if part == "test" else part
            if (count := there.get(part, least)) < least:
                found.append(f"{least} {part} examples at least, and these data have {count}")
    if model and not found and hasattr(metric, "lacks") and (more := metric.lacks(model, dataset)):
        found.append(more)
    return found


def no_value(key: str, files: Iterable[str], by_round: bool = False) -> str:
    """What is wrong with the key of a value, <file>.<value>, of these metrics; "" if it may be.

    by_round: whether a curve is asked for, which a number gives too, measured at each snapshot.
    """
    file, _, value = key.partition(".")
    if (wrong := validation.no_value(key, files)) or file not in names():
        return wrong
    given = import_module(f"pipeline.metrics.{file}").VALUES
    numbers = [name for name in given if not name.endswith(BY_ROUND)]
    if by_round:
        allowed = dict.fromkeys([*(n + BY_ROUND for n in numbers), *set(given) - set(numbers)])
    else:
        allowed = dict.fromkeys([*numbers, *(f"{name}_average" for name in numbers)])
    if value in allowed:
        return ""
    shown = [name for name in allowed if not name.endswith("_average")]
    return f"{file} has no {value!r}{validation.allowed(value, shown)}"


def frozen(model: Any, x: Tensor) -> dict[str, Tensor]:
    """The noise of the observation of test images, drawn once and shared by all runs and replicas.

    model: its observation() is drawn from stream "frozen" of seed 0.
    x: the images, shape (N, features).
    """
    return {
        name: draw(distribution, (len(x),), FROZEN_SEED, f"frozen/{name}", 0, x.device)
        for name, distribution in model.observation().items()
    }


def in_double(net: Nets) -> Nets:
    """The networks of a replica with their weights converted to float64."""

    def wide(t: Tensor) -> Tensor:
        return t.double() if t.is_floating_point() else t

    return net.replace(
        **{n: {key: wide(t) for key, t in tensors.items()} for n, tensors in net.state.items()}
    )


def at_once(features: int, distributions: Mapping[str, Distribution]) -> int:
    """The number of examples per call. distributions: those of the noise of an example."""
    noise = sum(math.prod(distribution.shape) for distribution in distributions.values())
    return max(1, min(VALUES // features, NOISE // max(1, noise)))


def by_rows(f: Callable[[Tensor], Tensor], x: Tensor, width: int) -> Tensor:
    """f of all rows of x, in batches that bound its memory.

    f: from (n, ...) to (n, ...), each row by itself. width: numbers that it computes per row.
    """
    return torch.cat([f(part) for part in x.split(max(1, PAIRS // width))])


def slices(run: Run, times: int = 1) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """The test images in batches, and the frozen noise of each.

    times: the batch size, as a multiple of that for decoding images.
    Yields shapes (n, features) and (n, ...), with the same n in all batches but the last.
    """
    x, seen = run.test["x"], frozen(run.model, run.test["x"])
    size = times * at_once(x.shape[-1], {})
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        yield x[part], {name: noise[part] for name, noise in seen.items()}


def by_draw(
    run: Run,
    f: Callable[..., Any],
    noise: Callable[[int, int], Iterator[Mapping[str, Tensor]]],
    draws: int,
) -> Iterator[list[Any]]:
    """f of each slice of test images at each of its draws, in a list for each slice.

    f: of a replica's model, its networks, (x, seen) of the images, and a draw's noise. What does
    not depend on the draw is computed once (pipeline.engine.repeated.py). noise: of the i-th
    slice and its n images, the noise of each draw, (R, n, ...). draws: how many.
    """
    images = list(slices(run))
    full, passes = len(images[0][0]), None
    compiled = len(images) * draws >= COMPILED and getattr(run, "compiles", True)
    for i, (x, seen) in enumerate(images):
        n, found = len(x), list[Any]()
        rows = torch.arange(full) % n  # the last slice is filled up with its own images
        given = tree_map(lambda t, rows=rows: t[rows], (x, seen))
        if passes:
            passes.use(given)
        for one in noise(i, n):
            drawn = {k: v[:, rows.to(v.device)] if n < full else v for k, v in one.items()}
            passes = passes or Repeated(run.ensemble, f, given, drawn, compiled)
            found.append(tree_map(lambda t, n=n: t[:, :n], passes(drawn)))
        yield found


def bound(run: Run, draws: int) -> dict[str, Tensor]:
    """The terms of the evidence lower bound of each test image at each draw, (draws, R, N).

    Each slice of images uses its own block of stream "evaluate". draws: of z per image.
    """

    def terms(model: Any, net: Nets, given: Any, noise: dict[str, Tensor]) -> Any:
        x, seen = given
        return model.negative_elbo(net, {"x": x}, noise | seen)

    def noise(block: int, images: int) -> Iterator[Mapping[str, Tensor]]:
        posterior, ensemble = run.model.posterior(), run.ensemble
        drawn = Ensemble.noise(ensemble, posterior, (draws, images), "evaluate", block)
        for k in range(draws):
            yield {name: values[:, k] for name, values in drawn.items()}

    parts = [
        {name: torch.stack([d[name] for d in drawn]).cpu() for name in drawn[0]}
        for drawn in by_draw(run, terms, noise, draws)
    ]
    return {name: torch.cat([part[name] for part in parts], dim=-1) for name in parts[0]}
