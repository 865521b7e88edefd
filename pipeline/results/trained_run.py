"""A run that has been trained, as the metrics see it, and what a control has of it.

run.sample(n)       what each replica generates, (R, n, ...), latents of stream "evaluate"
run.drawn(n)        the same, so many at a time, with the noise that they are made of
run.logits(x)       a discriminator's logits of x in every replica, (R, N)
run.class_logits(x) a classifier's, (R, N, classes)
run.class_log_probabilities(x)
                    log p(k | x) by the evaluation classifier, (N, K)
run.features(x)     what distances between examples are taken in, (N, d)
run.test, .train    arrays of the splits, .validation too; the metrics measure on test, select
                    nothing. For a search, which does select, .test are the validation examples
run.untrained       the ensemble as it began
run.snapshots       rounds at whose ends weights were kept; run.at(i) is the run at the i-th
run.averaged        the run by the average of its weights, or None where none was kept
run.diverged        the places of the replicas that stand still, whose values count for nothing
run.dataset         the density, where there is one
run.draws           how many the experiment asks for
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import torch
from torch import Tensor

from pipeline import models
from pipeline.engine.ensemble import Ensemble
from pipeline.metrics import at_once
from pipeline.results import data, schema, shelf
from pipeline.results.files import digest, read_npz
from pipeline.results.on_device import ensemble
from pipeline.study.errors import DATA, StudyError
from pipeline.study.reader import FILE
from pipeline.study.schema import Run, Study

CHUNK = 2_500  # examples a call, or fewer where they or their noise are large
KEPT = 2**27  # numbers in samples that are kept from one metric to the next: 512 MiB
LOGITS = 500  # examples a call whose logits are asked for: what lies between layers stays cached


class Replicas(ABC):
    """The replicas of a model, or of a control, and the data that they are held to."""

    settings: Study
    folder: Path
    record: Any  # schema.Record, or what stands in its place
    run: Run  # its block of params.yaml
    dataset: Any
    model: Any
    seeds: Sequence[int]
    ensemble: Ensemble
    draws: int
    split: Literal["test", "validation"]  # that is measured on
    device: str = "cpu"  # where its networks are; data and results are on the host

    @property
    def compiles(self) -> bool:
        """Whether what is called often may be compiled."""
        return self.settings.compile != "never"

    @property
    @abstractmethod
    def snapshots(self) -> list[int]:
        """The rounds at whose ends weights were kept."""

    @abstractmethod
    def at(self, snapshot: int) -> Self:
        """The run as it was at the end of round snapshots[snapshot]."""

    @property
    @abstractmethod
    def diverged(self) -> list[int]:
        """The places of the replicas that ceased to be finite, in rising order."""

    @property
    @abstractmethod
    def averaged(self) -> Self | None:
        """The run by the average of its weights over the rounds, where there is one."""

    @cached_property
    def _splits(self):
        loaded = data.load(self.run.data, self.dataset)
        return {
            split: {name: torch.from_numpy(array) for name, array in arrays.items()}
            for split, arrays in loaded.items()
        }

    @property
    def test(self) -> dict[str, Tensor]:
        return self._splits[self.split]

    @property
    def train(self) -> dict[str, Tensor]:
        return self._splits["train"]

    @property
    def validation(self) -> dict[str, Tensor]:
        return self._splits["validation"]

    @cached_property
    def untrained(self) -> Ensemble:
        """The same replicas before their first round."""
        return ensemble(self.model, self.seeds, self.device)

    def drawn(self, count: int) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
        """What each replica generates from its own stream, so many at a time, with its noise.

        Yields {name: (R, n, ...)} and (R, n, features).
        """
        chunk = min(CHUNK, at_once(self.test["x"].shape[-1], self.model.prior()))
        for block, start in enumerate(range(0, count, chunk)):
            size = (min(chunk, count - start),)
            noise = self.ensemble.noise(self.model.prior(), size, f"evaluate/{block}")
            yield noise, self.ensemble.each(self.model.sample, noise)

    def sample(self, count: int) -> Tensor:
        """(R, count, features): what each replica generates from its own stream.

        Several metrics ask for as many: where they fit in memory, they are drawn once.
        """
        kept = self.__dict__.setdefault("_sampled", {})
        if count not in kept:
            x = torch.cat([x for _, x in self.drawn(count)], dim=1)
            if x.numel() > KEPT:
                return x
            kept.clear()
            kept[count] = x
        found: Tensor = kept[count]
        return found

    def logits(self, x: Tensor) -> Tensor:
        """The discriminator's logits in every replica, (R, N).

        x: examples that all replicas see, (N, features), or each its own, (R, N, features).
        """
        return self._by_parts(self.model.logits, x)

    def class_logits(self, x: Tensor) -> Tensor:
        """The classifier's logits in every replica, (R, N, classes). x: as above.

        One replica after another: side by side, the convolutions of ten take 3.5 ms an image of
        MNIST, as grouped ones, where they take 1.1 so.
        """
        own = self._own(x)
        f, count = self.model.class_logits, len(self.seeds)
        return torch.cat([self._by_parts(f, own[r : r + 1], self._alone(r)) for r in range(count)])

    def _alone(self, r):
        """The ensemble of the r-th replica."""
        alone = copy(self.ensemble)
        alone.settings = {name: t[r : r + 1] for name, t in alone.settings.items()}
        alone.state = {
            n: {k: t[r : r + 1] for k, t in tensors.items()} for n, tensors in alone.state.items()
        }
        return alone

    def _own(self, x):
        """x of each replica, (R, N, ...), where they may all see the same, (N, ...)."""
        return x if x.dim() > self.test["x"].dim() else x.expand(len(self.seeds), *x.shape)

    def _by_parts(self, f, x, of=None):
        each = (of or self.ensemble).each
        return torch.cat([each(f, part) for part in self._own(x).split(LOGITS, 1)], dim=1)

    @cached_property
    def classifier(self) -> "Trained":
        """The evaluation classifier that params.yaml names for this data set, or for its parts."""
        data = getattr(self.dataset, "classified_as", self.run.data)
        if data not in self.settings.evaluation_classifier:
            raise StudyError(f"{FILE}: evaluation_classifier names none for the data set {data}")
        experiment, name = self.settings.evaluation_classifier[data].split("/")
        return Trained(self.settings, experiment, name, self.device)

    def _parts(self, x):
        """What of x the evaluation classifier is shown, one after another."""
        return self.dataset.parts(x) if hasattr(self.dataset, "parts") else [x]

    def class_log_probabilities(self, x: Tensor) -> Tensor:
        """log p(k | x), p the mean of the evaluation classifier's replicas, (N, K).

        Of parts that are named one by one, of their classes together: for two of ten, K = 100.
        """
        joint = torch.zeros(len(x), 1, device=x.device)
        for part in self._parts(x):
            votes = self.classifier.class_logits(part).log_softmax(-1)
            named = votes.logsumexp(0) - torch.tensor(float(len(votes))).log()
            joint = (joint[:, :, None] + named[:, None, :]).flatten(1)
        return joint

    def features(self, x: Tensor) -> Tensor:
        """What distances between examples are taken in, (N, d) in float64.

        Of images the evaluation classifier's logits: the mean over its replicas, less the mean
        over classes, which a softmax does not see. Others are their own features.
        """
        if self.dataset.levels is None:
            return x.double()
        logits = [self.classifier.class_logits(part).double().mean(0) for part in self._parts(x)]
        return torch.cat([part - part.mean(-1, keepdim=True) for part in logits], dim=-1)


class Trained(Replicas):
    """The replicas of one run with their final weights, and the data they are held to."""

    def __init__(self, settings: Study, experiment: str, name: str, device: str = "cpu"):
        """settings: of params.yaml. experiment, name: of the run, whose files are in runs/.

        device: where its networks are computed.
        """
        self.settings, self.folder = settings, Path("runs", experiment, name)
        self.device = device
        self.record = schema.read(schema.Record, self.folder / "run.json")
        self.run = settings.experiments[experiment].runs[name]
        if changed := _changed(self.run, self.record):
            raise StudyError(
                f"{self.folder}: trained with other settings than {FILE} has now "
                f"({', '.join(changed)}); run `python -m pipeline train {experiment}`",
                DATA,
            )
        shelf.verify(self.folder)
        file = Path("data", f"{self.run.data}.npz")
        if not file.is_file() or digest(file) != self.record.data.digest:
            raise StudyError(f"{file}: not the data that {self.folder} was trained on", DATA)
        self.dataset = settings.data[self.run.data]
        asked = settings.experiments[experiment]
        self.draws, self.split = asked.draws, asked.split
        self.model = models.build(self.run.model, self.run.arguments, self.dataset)
        self.seeds = self.record.train.seeds
        self.ensemble = ensemble(self.model, self.seeds, device)
        self._load(read_npz(self.folder / "weights.npz"))

    @property
    def diverged(self) -> list[int]:
        """The places of the replicas that ceased to be finite, in rising order."""
        return [stopped.replica for stopped in self.record.diverged]

    @cached_property
    def averaged(self) -> "Trained | None":
        """The run by the average of its weights over the rounds, where `average` asks for one."""
        if self.run.train.average is None:
            return None
        return self._with(read_npz(self.folder / "average.npz"))

    def _with(self, weights):
        """The same run with other weights, and nothing that was found of these."""
        found = copy(self)
        found.ensemble = ensemble(self.model, self.seeds, self.device)
        found.__dict__.pop("_sampled", None)
        found._load(weights)
        return found

    def _load(self, weights):
        state = self.ensemble.state
        expected = {f"{n}/{k}": tuple(t.shape) for n, ts in state.items() for k, t in ts.items()}
        found = {name: array.shape for name, array in weights.items()}
        if expected != found:
            wrong = sorted(set(expected.items()) ^ set(found.items()))[0]
            raise StudyError(f"{self.folder}/weights.npz: {wrong[0]} is not of this model", DATA)
        with torch.no_grad():
            for network, tensors in state.items():
                for name, tensor in tensors.items():
                    tensor.copy_(torch.from_numpy(weights[f"{network}/{name}"]))

    @cached_property
    def _snapshots(self):
        return (
            read_npz(self.folder / "snapshots.npz") if self.run.train.snapshots else {"round": ()}
        )

    @property
    def snapshots(self) -> list[int]:
        """The rounds at whose ends weights were kept; none where `snapshots` is 0."""
        return [int(played) for played in self._snapshots["round"]]

    def at(self, snapshot: int) -> "Trained":
        """The run as it was at the end of round snapshots[snapshot]."""
        weights = {
            name: array[snapshot] for name, array in self._snapshots.items() if name != "round"
        }
        return self._with(weights)


def _changed(run: Run, record: schema.Record) -> list[str]:
    """The keys of a run's block that had other values when it was trained."""
    now = {"model": run.model, "data": run.data, "arguments": run.arguments}
    then = {"model": record.model, "data": record.data.name, "arguments": record.arguments}
    for found, train in ((now, run.train), (then, record.train)):
        found |= {f"train.{key}": value for key, value in train.model_dump(mode="json").items()}
    return [key for key in now if now[key] != then[key]]
