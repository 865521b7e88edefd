"""A trained run, as the metrics see it.

run.sample(n)       samples of each replica, (R, n, ...), from latents of stream "evaluate"
run.drawn(n)        the same in batches, with the noise of each
run.logits(x)       a discriminator's logits of x in every replica, (R, N)
run.class_logits(x) a classifier's, (R, N, classes)
run.class_log_probabilities(x)
                    log p(k | x) by the evaluation classifier, (N, K)
run.features(x)     the features in which distances between examples are measured, (N, d)
run.test, .train    arrays of the splits, also .validation; metrics measure on test, and nothing
                    is selected there. For a search, which selects, .test is the validation split
run.untrained       the ensemble at round 0
run.snapshots       the rounds of the snapshots; run.at(i) is the run at the i-th
run.averaged        the run with the average of its weights, or None where none was kept
run.diverged        the positions of the diverged replicas, whose values are not used
run.dataset         the DataSet, with its density where there is one
run.draws           draws per test image, as the experiment says
"""

from collections.abc import Iterator
from copy import copy
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from pipeline import models
from pipeline.engine.ensemble import Ensemble
from pipeline.metrics import at_once
from pipeline.results import data, schema
from pipeline.results.files import digest, read_npz
from pipeline.study.errors import DATA, StudyError
from pipeline.study.reader import FILE
from pipeline.study.schema import Study

CHUNK = 2_500  # the most examples per call; fewer where they or their noise are large
LOGITS = 500  # the most examples per call for logits: activations stay in the cache


class Trained:
    """The replicas of one run with their final weights, and the data to measure them on."""

    def __init__(self, settings: Study, experiment: str, name: str):
        """settings: of params.yaml. experiment, name: of the run, whose files are in runs/."""
        self.settings, self.folder = settings, Path("runs", experiment, name)
        self.record = schema.read(schema.Record, self.folder / "run.json")
        self.run = settings.experiments[experiment].runs[name]
        if (self.run.arguments, self.run.data) != (self.record.arguments, self.record.data.name):
            raise StudyError(f"{self.folder}: of other params; run stage train again", DATA)
        file = Path("data", f"{self.run.data}.npz")
        if not file.is_file() or digest(file) != self.record.data.digest:
            raise StudyError(f"{file}: not the data that {self.folder} was trained on", DATA)
        self.dataset = settings.data[self.run.data]
        asked = settings.experiments[experiment]
        self.draws, self.split = asked.draws, asked.split
        self.model = models.build(self.run.model, self.run.arguments, self.dataset)
        self.seeds = self.record.train.seeds
        self.ensemble = Ensemble(self.model, self.seeds)
        self._load(read_npz(self.folder / "weights.npz"))

    @property
    def diverged(self) -> list[int]:
        """The positions of the diverged replicas, in increasing order."""
        return [stopped.replica for stopped in self.record.diverged]

    @cached_property
    def averaged(self) -> "Trained | None":
        """The run with the average of its weights over the rounds, if `average` is set."""
        if self.run.train.average is None:
            return None
        return self._with(read_npz(self.folder / "average.npz"))

    def _with(self, weights):
        """The same run with other weights, without cached values."""
        found = copy(self)
        found.ensemble = Ensemble(self.model, self.seeds)
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
        return Ensemble(self.model, self.seeds)

    @cached_property
    def _snapshots(self):
        return (
            read_npz(self.folder / "snapshots.npz") if self.run.train.snapshots else {"round": ()}
        )

    @property
    def snapshots(self) -> list[int]:
        """The rounds of the snapshots; none where `snapshots` is 0."""
        return [int(played) for played in self._snapshots["round"]]

    def at(self, snapshot: int) -> "Trained":
        """The run at the end of round snapshots[snapshot]."""
        weights = {
            name: array[snapshot] for name, array in self._snapshots.items() if name != "round"
        }
        return self._with(weights)

    def drawn(self, count: int) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
        """Samples of each replica from its own stream, in batches, with their noise.

        Yields the noise, {name: (R, n, ...)}, and the samples, (R, n, features).
        """
        chunk = min(CHUNK, at_once(self.test["x"].shape[-1], self.model.prior()))
        for block, start in enumerate(range(0, count, chunk)):
            size = (min(chunk, count - start),)
            noise = self.ensemble.noise(self.model.prior(), size, f"evaluate/{block}")
            yield noise, self.ensemble.each(self.model.sample, noise)

    def sample(self, count: int) -> Tensor:
        """Samples of each replica from its own stream, (R, count, features)."""
        return torch.cat([x for _, x in self.drawn(count)], dim=1)

    def logits(self, x: Tensor) -> Tensor:
        """The discriminator's logits in every replica, (R, N).

        x: examples that all replicas see, (N, features), or each its own, (R, N, features).
        """
        return self._by_parts(self.model.logits, x)

    def class_logits(self, x: Tensor) -> Tensor:
        """The classifier's logits in every replica, (R, N, classes). x: as above."""
        return self._by_parts(self.model.class_logits, x)

    def _by_parts(self, f, x):
        own = x if x.dim() > self.test["x"].dim() else x.expand(len(self.seeds), *x.shape)
        return torch.cat([self.ensemble.each(f, part) for part in own.split(LOGITS, 1)], dim=1)

    @cached_property
    def classifier(self) -> "Trained":
        """The evaluation classifier that params.yaml names for this data set, or for its parts."""
        data = getattr(self.dataset, "classified_as", self.run.data)
        if data not in self.settings.evaluation_classifier:
            raise StudyError(f"{FILE}: evaluation_classifier names none for the data set {data}")
        return Trained(self.settings, *self.settings.evaluation_classifier[data].split("/"))

    def _parts(self, x):
        """The parts of x that the evaluation classifier classifies, one after another."""
        return self.dataset.parts(x) if hasattr(self.dataset, "parts") else [x]

    def class_log_probabilities(self, x: Tensor) -> Tensor:
        """log p(k | x), p the mean of the evaluation classifier's replicas, (N, K).

        Where parts are classified one by one, k is their joint class: K = 100 for two of ten.
        """
        joint = torch.zeros(len(x), 1, device=x.device)
        for part in self._parts(x):
            votes = self.classifier.class_logits(part).log_softmax(-1)
            named = votes.logsumexp(0) - torch.tensor(float(len(votes))).log()
            joint = (joint[:, :, None] + named[:, None, :]).flatten(1)
        return joint

    def features(self, x: Tensor) -> Tensor:
        """The features in which distances between examples are measured, (N, d) in float64.

        For images, the evaluation classifier's logits, averaged over its replicas, minus their
        mean over classes, to which a softmax is invariant. Other data are their own features.
        """
        if self.dataset.levels is None:
            return x.double()
        logits = [self.classifier.class_logits(part).double().mean(0) for part in self._parts(x)]
        return torch.cat([part - part.mean(-1, keepdim=True) for part in logits], dim=-1)
