"""A client of MLflow's store for the mirror: the stored runs, and batched calls."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.results import schema

# Of one call. A server accepts 1,000 metrics, parameters and tags, 100 of each of the last two.
BATCH, WORDS = 800, 100
NOTE = "mlflow.note.content"  # tag: the description
NON_FINITE = "nonfinite."  # tag: the first round at which a value was left out


class Point(NamedTuple):
    """A value of a metric at a round, with a time stamp in milliseconds since 1970."""

    key: str
    value: float
    round: int
    stamp: int


@dataclass
class Stored:
    """A run in the store, as far as it is known here."""

    id: str
    start: int  # milliseconds since 1970
    status: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]  # the last value of each
    deleted: bool = False

    def named(self, key: str) -> str | None:
        """The run's identifying tag, or the parameter of that name if the tag was removed."""
        return self.tags.get(f"dstar.{key}") or self.params.get(key)


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Client:
    """The store."""

    def __init__(self, mlflow: Any, artifacts: Path | None):
        """mlflow: an MlflowClient. artifacts: folder of images; None: the server decides."""
        self.mlflow, self.artifacts = mlflow, artifacts
        self.calls = 0  # that were answered

    def experiment(self, name: str, note: str) -> str:
        """The id of the MLflow experiment of this name, which is created or restored if needed.

        note: its description, unless it has one.
        """
        found = self.mlflow.get_experiment_by_name(name)
        if found is None:
            folder = (self.artifacts / name).as_uri() if self.artifacts else None
            tags = {NOTE: note} if note else None
            return self._answered(self.mlflow.create_experiment(name, folder, tags))
        if found.lifecycle_stage == "deleted":
            self.mlflow.restore_experiment(found.experiment_id)
        if note and NOTE not in found.tags:
            self.mlflow.set_experiment_tag(found.experiment_id, NOTE, note)
        return self._answered(found.experiment_id)

    def search(self, experiment: str) -> list[Stored]:
        """All runs of an MLflow experiment (its id), the oldest first, including deleted ones."""
        from mlflow.entities import ViewType

        runs: list[Stored] = []
        token = None
        while True:
            found = self.mlflow.search_runs(
                [experiment], "", ViewType.ALL, max_results=1000, page_token=token
            )
            for run in found:
                info, data = run.info, run.data
                known = dict(data.tags), dict(data.params), dict(data.metrics)
                deleted = info.lifecycle_stage == "deleted"
                runs.append(Stored(info.run_id, info.start_time, info.status, *known, deleted))
            token = self._answered(found.token)
            if not token:
                return sorted(runs, key=lambda run: run.start)

    def create(self, experiment: str, name: str, tags: Mapping[str, str]) -> Stored:
        """A new run. experiment: id of the MLflow experiment; name: of the run."""
        start = now()
        made = self.mlflow.create_run(experiment, start, dict(tags), name)
        return self._answered(Stored(made.info.run_id, start, "RUNNING", dict(tags), {}, {}))

    def restore(self, run: Stored) -> None:
        """Restores a deleted run."""
        self.mlflow.restore_run(run.id)
        run.deleted = self._answered(False)

    def status(self, run: Stored, status: str, seconds: float | None = None) -> None:
        """Sets the status of a run: RUNNING, FINISHED or KILLED.

        seconds: its duration, if known; otherwise it ends now.
        """
        if run.status != status:
            if status == "RUNNING":
                self.mlflow.update_run(run.id, status=status)
            else:
                end = None if seconds is None else run.start + round(1000 * seconds)
                self.mlflow.set_terminated(run.id, status, end)
            run.status = self._answered(status)

    def send(
        self,
        run: Stored,
        points: Iterable[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Sends points, and the parameters and tags that the run does not have, in few calls."""
        from mlflow.entities import Metric, Param, RunTag

        tags = dict(tags or {})
        params = {k: v for k, v in (params or {}).items() if k not in run.params}
        metrics = []
        for name, value, moment, stamp in points:
            if abs(value) < float("inf"):
                metrics.append(Metric(name, value, stamp, moment))
            elif NON_FINITE + name not in run.tags:  # a store would keep infinity as 1.8e308
                tags.setdefault(NON_FINITE + name, str(moment))
        tags = {k: v for k, v in tags.items() if run.tags.get(k) != v}
        if not (metrics or params or tags):
            return
        whole = (len(metrics) - 1) // BATCH * BATCH if metrics else 0
        for i in range(0, whole, BATCH):
            self._answered(self.mlflow.log_batch(run.id, metrics[i : i + BATCH]))
        given = [Param(k, v) for k, v in params.items()]
        said = [RunTag(k, v) for k, v in tags.items()]
        for i in range(
            0, max(1, len(given), len(said)), WORDS
        ):  # a tag states what was sent, so it comes last
            rest = metrics[whole:] if i == 0 else []
            self._answered(
                self.mlflow.log_batch(run.id, rest, given[i : i + WORDS], said[i : i + WORDS])
            )
        run.tags |= tags
        run.params |= params
        run.metrics |= {metric.key: metric.value for metric in metrics}

    def untag(self, run: Stored, tag: str) -> None:
        """Removes a tag from a run."""
        self._answered(self.mlflow.delete_tag(run.id, tag))
        del run.tags[tag]

    def picture(self, run: Stored, image: np.ndarray, name: str) -> None:
        """Stores an image, grey levels of shape (height, width), under a name."""
        self._answered(self.mlflow.log_image(run.id, image, artifact_file=name))

    def folder(self, run: Stored, files: Path, name: str) -> None:
        """Stores the files of a folder, under a name."""
        self._answered(self.mlflow.log_artifacts(run.id, str(files), name))

    def trained_on(self, run: Stored, data: schema.Data, source: str) -> None:
        """Logs the data set as the run's input, under the study's own digest.

        source: its file.
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag

        dataset = Dataset(
            name=data.name,
            digest=data.digest[:36],  # MLflow's limit; the whole digest is a parameter
            source_type="local",
            source=json.dumps({"uri": source}),
            profile=json.dumps({"shape": data.shape}),
        )
        context = InputTag("mlflow.data.context", "training")
        self._answered(self.mlflow.log_inputs(run.id, datasets=[DatasetInput(dataset, [context])]))

    def _answered(self, value: Any) -> Any:
        self.calls += 1
        return value
