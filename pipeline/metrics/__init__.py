"""What is measured on a trained run: one metric per file.

A metric's formula is a pure function of samples or logits, for one replica, with a twin in
`reference/metrics`. Beside it stands `measure(run)`, which feeds the formula with a run's replicas
(pipeline/results/trained_run.py) and says what the number should be: `{name: Measured}`, or
`{name: Histogram}`. What a run must be to be measured so is declared, and `python -m pipeline
check` refuses any other before it is trained:

    NEEDS                   roles of the model (pipeline/models/roles.py)
    NEEDS_DATA              attributes of the data set, if any
    SNAPSHOTS               how many parts of a training, if any
    CLASSIFIER              whose examples it shows the evaluation classifier: of "all" data, or
                            of "images" only
    lacks(model, dataset)   where roles do not say it all: what is still needed, in words, or ""
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.randomness import Distribution, draw

FROZEN_SEED = 0
# These bound the memory of a call, by replica, for more seeds must not change the earlier ones.
VALUES = 2**18  # of the examples
NOISE = 2**22  # of their noise
PAIRS = 2**20  # of a table of two samples: 8 MiB, five times faster than 64, which no cache holds


class Measured(NamedTuple):
    """A number per replica, and the reference value that is printed beside it."""

    title: str
    unit: str
    values: Sequence[float]  # one per seed
    reference: float | None
    reference_is: str
    better: str  # "higher", "lower" or "reference": the nearer to it, the better
    share: bool = False  # values are 0 and 1: what is published is their share


class Series(NamedTuple):
    """A number per replica at each snapshot of training, and what is printed beside it."""

    title: str
    unit: str
    rounds: Sequence[int]  # (M,)
    values: Sequence[Sequence[float]]  # (R, M)
    reference: float | None
    reference_is: str
    log: bool = False  # drawn on a logarithmic axis


class Profile(NamedTuple):
    """Functions on the line at each snapshot of training, of the first replica, to be drawn."""

    title: str
    unit: str  # of x
    x: Sequence[float]  # (X,)
    lines: Mapping[str, Sequence[Sequence[float]]]  # by name, (M, X) each
    rounds: Sequence[int]  # (M,)


class Histogram(NamedTuple):
    """A share of each class per replica, and the shares that are printed beside it."""

    title: str
    labels: Sequence[str]
    values: Sequence[Sequence[float]]  # (R, K)
    reference: Sequence[float]
    reference_is: str


Found = Mapping[str, Measured | Series | Profile | Histogram]  # what `measure` returns


class Run(Protocol):
    """A trained run, as metrics see it; what each is stands in pipeline/results/trained_run.py."""

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
    """The metrics that there are, in alphabetical order."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))


def frozen(model: Any, x: Tensor) -> dict[str, Tensor]:
    """The noise of what a likelihood sees of test images: drawn once, alike for all.

    model: its observation() is what is drawn, from stream "frozen" of seed 0.
    x: the images, shape (N, features).
    """
    return {
        name: draw(distribution, (len(x),), FROZEN_SEED, f"frozen/{name}", 0, x.device)
        for name, distribution in model.observation().items()
    }


def in_double(net: Nets) -> Nets:
    """The networks of a replica in float64, with the weights that they have in float32."""

    def wide(t: Tensor) -> Tensor:
        return t.double() if t.is_floating_point() else t

    return net.replace(
        **{n: {key: wide(t) for key, t in tensors.items()} for n, tensors in net.state.items()}
    )


def at_once(features: int, distributions: Mapping[str, Distribution]) -> int:
    """How many examples a call is given, or makes. distributions: of the noise of an example."""
    noise = sum(math.prod(distribution.shape) for distribution in distributions.values())
    return max(1, min(VALUES // features, NOISE // max(1, noise)))


def by_rows(f: Callable[[Tensor], Tensor], x: Tensor, width: int) -> Tensor:
    """f of all rows of x, of so many at a time that its tables stay small.

    f: from (n, ...) to (n, ...), each row by itself. width: numbers that it makes of a row.
    """
    return torch.cat([f(part) for part in x.split(max(1, PAIRS // width))])


def slices(run: Run, times: int = 1) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """The test images, so many at a time, and the frozen noise of each.

    times: how many times as many as where images are decoded.
    Yields shapes (n, features) and (n, ...), n alike but for the last.
    """
    x, seen = run.test["x"], frozen(run.model, run.test["x"])
    size = times * at_once(x.shape[-1], {})
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        yield x[part], {name: noise[part] for name, noise in seen.items()}


def bound(run: Run, draws: int) -> dict[str, Tensor]:
    """The terms of the evidence bound of each test image at each draw of z, (draws, R, N).

    A slice of images is a block of stream "evaluate".
    """

    def terms(
        net: Nets, noise: dict[str, Tensor], x: Tensor, seen: dict[str, Tensor]
    ) -> Mapping[str, Tensor]:
        found: Mapping[str, Tensor] = run.model.negative_elbo(net, {"x": x}, noise | seen)
        return found

    parts = []
    for block, (x, seen) in enumerate(slices(run)):
        noise = run.ensemble.noise(run.model.posterior(), (draws, len(x)), "evaluate", block)
        by_draw = ({name: values[:, k] for name, values in noise.items()} for k in range(draws))
        drawn = [run.ensemble.each(terms, one, x=x, seen=seen) for one in by_draw]
        parts.append({name: torch.stack([d[name] for d in drawn]) for name in drawn[0]})
    return {name: torch.cat([part[name] for part in parts], dim=-1) for name in parts[0]}
