"""The blocks of params.yaml: every key, its type, and what it may be.

A name that is not known, a wrong type or a value out of range is an error before anything is
computed (pipeline/study/reader.py).
"""

from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field

from pipeline.study.fields import Count, Decay, Index, NonNegative, Positive, Share


class Block(BaseModel):
    """A mapping of params.yaml: every key known, every type exact."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Adam(Block):
    """Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1."""

    name: Literal["adam"]
    lr: Positive
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    eps: Positive = 1e-8
    final: Share = 1.0  # of lr, that the last round has; between, the rate falls linearly


class SGD(Block):
    """Stochastic gradient descent with momentum, as algorithm 1 of the GAN paper uses it."""

    name: Literal["sgd"]
    lr: Positive
    momentum: Decay = 0.0
    final: Share = 1.0


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # also a folder and a DVC stage
Seeds = Annotated[list[Index], Len(1, 1000)]


class Train(Block):
    """How a run is trained: the `train` block, the experiment's over it, the run's over both."""

    seeds: Seeds  # one replica each; listed, so that more never change the earlier ones
    rounds: Count  # a round is every player's steps
    batch: Count  # examples per step and replica
    log_every: Count  # rounds
    samples: Count  # drawn from each replica at the end
    snapshots: Index = (
        0  # 0, or so many equal parts of the training at whose ends weights are kept
    )
    optimizer: Annotated[Adam | SGD, Field(discriminator="name")]


class Run(Block):
    """Model x data x arguments, all its replicas; what it leaves out is its experiment's."""

    data: str
    model: str
    arguments: dict[str, Any] = {}
    train: Train


class BestOf(Block):
    """What the best of n settings is worth to expect, drawn for each of several groups of runs."""

    metric: str  # its name in reports/metrics
    groups: Annotated[list[Name], Len(1, 20)]  # a run belongs to the longest that begins its name


class Experiment(Block):
    """A question put to several runs."""

    question: Annotated[str, Len(1, 300)]
    metrics: Annotated[list[str], Len(1, 50)]
    figures: Annotated[list[str], Len(0, 50)] = []
    best_of: BestOf | None = None
    draws: Count = 256  # of each test image, for its likelihood by importance sampling
    # For all its runs; a run's own go over them (pipeline/study/inheritance.py).
    data: str | None = None
    model: str | None = None
    arguments: dict[str, Any] = {}
    train: dict[str, Any] = {}
    runs: Annotated[dict[Name, Run], Len(1, 500)]


Classifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")]


class Study(Block):
    """Every number of the study."""

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")]
    threads: Count  # of each training process
    chunk: Index  # replicas a call; 0: as many as suits the device and the networks
    compile: Literal["auto", "always", "never"]
    processes: Index  # runs side by side; 0: as many as fit the machine
    checkpoint_seconds: NonNegative
    data: dict[str, Any]
    train: dict[str, Any]
    # By data set, the run whose classifier names what models of that data draw: experiment/run.
    evaluation_classifier: dict[str, Classifier] = {}
    experiments: Annotated[dict[Name, Experiment], Len(1, 100)]
