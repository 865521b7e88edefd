"""The schema of params.yaml: every key, its type, and its range.

An unknown name, a wrong type or a value out of range is an error before anything is computed
(pipeline/study/reader.py).
"""

from typing import Annotated, Any, Literal

from annotated_types import Interval, Len
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from pipeline.study.fields import Count, Decay, Fraction, Index, NonNegative, Positive, Share


class Block(BaseModel):
    """A mapping in params.yaml: unknown keys and inexact types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


FORMS = ("for all", "per replica")  # a number of an optimizer: one number, or a list of R numbers
ForAll, PerReplica, Each = Tag(FORMS[0]), Tag(FORMS[1]), Len(1, 1000)  # in the order of the seeds
form = Discriminator(lambda value: FORMS[isinstance(value, list)])
form_of_pairs = Discriminator(
    lambda pairs: FORMS[isinstance(pairs, list) and isinstance(next(iter(pairs), 0), list | tuple)]
)
Pair = tuple[Decay, Decay]
Positives = Annotated[
    Annotated[Positive, ForAll] | Annotated[list[Positive], Each, PerReplica], form
]
Decays = Annotated[Annotated[Decay, ForAll] | Annotated[list[Decay], Each, PerReplica], form]
Shares = Annotated[Annotated[Share, ForAll] | Annotated[list[Share], Each, PerReplica], form]
Pairs = Annotated[Annotated[Pair, ForAll] | Annotated[list[Pair], Each, PerReplica], form_of_pairs]


class Falling(Block):
    """The schedule of a learning rate: linear to `final`, or geometric with ratio `decay`.

    The formulas are in pipeline/engine/schedules.py.
    """

    final: Shares = 1.0  # the last round's lr, as a fraction of lr; linear in between
    decay: Annotated[float, Interval(gt=0, le=1)] = 1.0  # the factor on lr from round to round
    floor: Share = 0.0  # the least lr under decay, as a fraction of lr

    @model_validator(mode="after")
    def _one_fall(self) -> "Falling":
        if self.decay < 1 and self.final != 1.0:
            raise ValueError("the learning rate falls by final or by decay, not by both")
        if self.floor and self.decay == 1:
            raise ValueError("floor is of a learning rate that falls by decay")
        return self


class Adam(Falling):
    """Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1."""

    name: Literal["adam"]
    lr: Positives
    betas: Pairs = (0.9, 0.999)
    eps: Positive = 1e-8


class SGD(Falling):
    """Stochastic gradient descent with momentum, as algorithm 1 of the GAN paper uses it."""

    name: Literal["sgd"]
    lr: Positives
    momentum: Decays = 0.0
    momentum_end: Decay | None = None  # the final momentum, reached linearly
    momentum_rounds: Count | None = None  # in this number of rounds

    @model_validator(mode="after")
    def _one_rise(self) -> "SGD":
        if (self.momentum_end is None) != (self.momentum_rounds is None):
            raise ValueError("momentum_end and momentum_rounds belong together")
        if self.momentum_end is not None and isinstance(self.momentum, list):
            raise ValueError("a momentum that rises is one for all replicas")
        return self


Optimizer = Annotated[Adam | SGD, Field(discriminator="name")]
# Also a folder and a DVC stage.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
Seeds = Annotated[list[Index], Len(1, 1000)]


class Train(Block):
    """A resolved `train` block: the study's, overridden by the experiment's and the run's."""

    seeds: Seeds  # one replica each; listed, so that more never change the earlier ones
    rounds: Count  # a round is every player's steps
    batch: Count  # examples per step and replica
    log_every: Count  # rounds
    samples: Count  # drawn from each replica at the end
    snapshots: Index = (
        0  # 0, or the number of equal parts of the training after which weights are kept
    )
    optimizer: Optimizer
    players: dict[str, Optimizer] = {}  # each player's own; params.yaml states only what differs
    average: Fraction | None = None  # beta of the average of weights, kept beside the last weights


class Run(Block):
    """Model x data x arguments, with all its replicas; missing keys come from its experiment."""

    data: str
    model: str
    arguments: dict[str, Any] = {}
    train: Train
    # The search in tuning/ that found these settings; it decides no byte of the result.
    search: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")] | None = None


class BestOf(Block):
    """The expected best of n settings, drawn per group of runs (pipeline/verdicts/best_of.py)."""

    metric: str  # its name in reports/metrics
    groups: Annotated[list[Name], Len(1, 20)]  # a run belongs to the longest prefix of its name


class Converged(Block):
    """Which curve must be flat at the end for a run to have converged, and to within how much."""

    metric: str  # the name of a series in reports/metrics
    margin: Positive  # at most a third of the effect that the claims speak of
    better: Literal["higher", "lower"] | None = (
        None  # None: no drop from an earlier quarter counts
    )


class Experiment(Block):
    """A question put to several runs."""

    question: Annotated[str, Len(1, 300)]
    metrics: Annotated[list[str], Len(1, 50)]
    figures: Annotated[list[str], Len(0, 50)] = []
    controls: Annotated[list[str], Len(0, 20)] = []  # rows that are no trainings
    best_of: BestOf | None = None
    converged: Converged | None = None
    draws: Count = 256  # per test image, for its likelihood by importance sampling
    # The split that is measured: a search on test data would select on them.
    split: Literal["test", "validation"] = "test"
    # Defaults of its runs, which may override them (pipeline/study/inheritance.py).
    data: str | None = None
    model: str | None = None
    arguments: dict[str, Any] = {}
    train: dict[str, Any] = {}
    runs: Annotated[dict[Name, Run], Len(1, 500)]


Budget = Literal["taste", "cpu", "paper"]  # pipeline/study/budgets.py
Classifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")]


class Study(Block):
    """Every number of the study."""

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")]
    threads: Annotated[int, Interval(ge=1, le=1024)]  # of each training process
    chunk: Index  # the most replicas per call; 0: what suits the device and the networks
    compile: Literal["auto", "always", "never"]
    processes: Annotated[int, Interval(ge=0, le=1024)]  # side by side; 0: as many as fit
    checkpoint_seconds: NonNegative
    budget: Budget = "cpu"  # which of the numbers that a run states for several
    data: dict[str, Any]
    train: dict[str, Any]
    # {data set: experiment/run} of the classifier of generated images of that data set.
    evaluation_classifier: dict[str, Classifier] = {}
    experiments: Annotated[dict[Name, Experiment], Len(1, 500)]
