"""What MLflow's store holds of this study, and how it is brought up to date with files.

One MLflow experiment a question, because its runs are what is compared: same metrics, same
charts. In it one run for each run of the study and fingerprint, found again by its tags, with
a child run for each replica. A point's time stamp is the run's start plus one millisecond a
round: sent twice it is the same point, and MLflow keeps one.

Tags of a run: dstar.run, dstar.fingerprint, dstar.code, dstar.current (whether runs/ holds this
one), dstar.sent (last round of the mean), dstar.mirrored (all of it is there), dstar.scores
(digest of the metrics that it has), nonfinite.<key> (first round with a value left out).
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.results import schema
from pipeline.tracking import record

BATCH = 800  # metrics in one call; a server takes 1,000 metrics, parameters and tags


@dataclass
class Page:
    """A run of the store, as far as it is known here."""

    id: str
    start: int  # milliseconds since 1970
    status: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]  # the last value of each


class Mirror:
    """The store, and what it holds of this study."""

    def __init__(
        self, client: Any, root: Path, artifacts: Path | None, origin: dict[str, str], judge: bool
    ):
        """client: an MlflowClient; root: the folder with runs/ and reports/.

        artifacts: the folder for pictures; None: the server knows.
        origin: tags of runs that are new to the store.
        judge: whether root is the place that says which runs are current.
        """
        self.client, self.root, self.artifacts = client, root, artifacts
        self.origin, self.judge = origin, judge
        self.experiments: dict[str, str] = {}
        self.pages: dict[str, list[Page]] = {}

    def follow(self, name: str, directory: Path, last: bool) -> None:
        """Send what is new in the curves of a run in training; `last`: training has ended."""
        run = schema.read(schema.Record, directory / "run.json")
        page = self._page(name, run)
        if "dstar.mirrored" in page.tags:
            return
        self._send_mean(page, record.curves(directory, run, finished=False))
        if last and page.status == "RUNNING":
            self._end(page, "FINISHED" if (directory / "done.json").is_file() else "KILLED")

    def keep(self, directory: Path) -> None:
        """Bring the store up to date with a finished run, runs/<experiment>/<run>."""
        experiment, short = directory.parts[-2:]
        name = f"{experiment}/{short}"
        run = schema.read(schema.Record, directory / "run.json")
        page = self._page(name, run)
        scores = record.scores(self.root, experiment, short, run)
        whole = "dstar.mirrored" in page.tags
        children = {}
        if not whole or (scores and page.tags.get("dstar.scores") != scores.digest):
            children = self._children(page)
        if not whole:
            curves = record.curves(directory, run)
            self._send_mean(page, curves)
            for replica, seed in enumerate(run.train.seeds):
                self._replica(page, children, short, replica, seed, curves)
            self._inputs(page, run)
            picture = record.picture(directory, run)
            if picture is not None:
                self.client.log_image(page.id, picture, artifact_file="samples.png")
        if scores and page.tags.get("dstar.scores") != scores.digest:
            for seed, values in zip(run.train.seeds, scores.replicas, strict=True):
                if str(seed) in children:  # else a person deleted it
                    self._score(children[str(seed)], values)
            self._score(page, scores.run, {"dstar.scores": scores.digest})
        if not whole:
            if page.status != "FINISHED":
                self._end(page, "FINISHED")
            self._send(page, tags={"dstar.mirrored": "whole"})
        if self.judge:
            for other in self.pages[name]:
                self._flag(other, other is page)

    def _page(self, name: str, run: schema.Record) -> Page:
        """The store's run of this name and fingerprint, made when there is none."""
        experiment, short = name.split("/")
        if experiment not in self.experiments:
            self.experiments[experiment] = self._experiment(f"dstar/{experiment}")
            found = self._search(self.experiments[experiment], "tags.`dstar.kind` = 'run'")
            for page in sorted(found, key=lambda page: page.start):
                self.pages.setdefault(page.tags["dstar.run"], []).append(page)
        pages = self.pages.setdefault(name, [])
        same = [p for p in pages if p.tags.get("dstar.fingerprint") == run.fingerprint]
        if not same:
            replicas = len(run.train.seeds)
            tags = {
                "dstar.kind": "run",
                "dstar.run": name,
                "dstar.fingerprint": run.fingerprint,
                "dstar.code": run.code,
                "dstar.current": "false",
                "dvc.stage": f"train@{experiment}",
                "mlflow.note.content": f"Mean over {replicas} replicas, each a child run. "
                "Steps are rounds; time stamps count rounds, not seconds.",
                "mlflow.source.type": "LOCAL",
                "mlflow.source.name": f"python -m pipeline train {experiment}",
                **self.origin,
            }
            same = [self._create(experiment, short, tags)]
            pages.extend(same)
        page = same[0]
        missing = {k: v for k, v in record.parameters(run).items() if k not in page.params}
        if missing and "dstar.mirrored" not in page.tags:
            self._send(page, params=missing)
        return page

    def _replica(
        self,
        parent: Page,
        children: dict[str, Page],
        short: str,
        replica: int,
        seed: int,
        curves: Mapping[str, record.Curve],
    ) -> None:
        """The child run of one replica with its own curves."""
        child = children.get(str(seed))
        if child is None:
            tags = {
                "dstar.kind": "replica",
                "dstar.seed": str(seed),
                "mlflow.parentRunId": parent.id,
                "mlflow.source.type": "LOCAL",
                "mlflow.source.name": parent.tags["mlflow.source.name"],
            }
            experiment = parent.tags["dstar.run"].split("/")[0]
            child = self._create(experiment, f"{short} seed {seed}", tags)
            children[str(seed)] = child
        if child.status != "FINISHED":
            points = [
                (name, value, moment, child.start + moment)
                for name, curve in curves.items()
                for moment, value in zip(
                    curve.rounds, curve.values[:, replica].tolist(), strict=True
                )
            ]
            self._send(child, points, {"seed": str(seed), "replica": str(replica)})
            self._end(child, "FINISHED")

    def _send_mean(self, page: Page, curves: Mapping[str, record.Curve]) -> None:
        """The mean over replicas at the rounds that the store has not yet seen."""
        sent = int(page.tags.get("dstar.sent", -1))
        points = [
            (name, value, moment, page.start + moment)
            for name, curve in curves.items()
            for moment, value in zip(curve.rounds, curve.mean(), strict=True)
            if moment > sent
        ]
        if points:
            if page.status == "KILLED":
                self.client.update_run(page.id, status="RUNNING")
                page.status = "RUNNING"
            reached = min(curve.rounds[-1] for curve in curves.values() if curve.rounds)
            self._send(page, points, tags={"dstar.sent": str(reached)})

    def _score(
        self,
        page: Page,
        values: Mapping[str, float | None],
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Metrics of the end; those that the store has with this value are left.

        At step 0, because MLflow draws as bars, run beside run, what has no other step.
        """
        now = time.time_ns() // 1_000_000  # a later stamp: the store shows it as the last value
        new = [
            (name, float("nan") if value is None else value, 0, now)
            for name, value in values.items()
            if value is None or page.metrics.get(name) != value
        ]
        self._send(page, new, tags=tags)

    def _send(
        self,
        page: Page,
        points: Iterable[tuple[str, float, int, int]] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Points (key, value, round, time stamp), then parameters and tags, in few calls."""
        from mlflow.entities import Metric, Param, RunTag

        tags, params = dict(tags or {}), dict(params or {})
        metrics = []
        for name, value, moment, stamp in points:
            if abs(value) < float("inf"):
                metrics.append(Metric(name, value, stamp, moment))
            else:  # a store keeps infinity as 1.8e308: better a tag with the first such round
                tags.setdefault(f"nonfinite.{name}", str(moment))
        tags = {k: v for k, v in tags.items() if k not in page.tags or k[:9] != "nonfinite"}
        *full, rest = [metrics[i : i + BATCH] for i in range(0, len(metrics), BATCH)] or [[]]
        for batch in full:
            self.client.log_batch(page.id, batch)
        self.client.log_batch(
            page.id,
            rest,
            [Param(k, v) for k, v in params.items()],
            [RunTag(k, v) for k, v in tags.items()],
        )
        page.tags |= tags
        page.params |= params
        page.metrics |= {metric.key: metric.value for metric in metrics}

    def _create(self, experiment: str, name: str, tags: Mapping[str, str]) -> Page:
        start = time.time_ns() // 1_000_000
        made = self.client.create_run(self.experiments[experiment], start, dict(tags), name)
        return Page(made.info.run_id, start, "RUNNING", dict(tags), {}, {})

    def _end(self, page: Page, status: str) -> None:
        self.client.set_terminated(page.id, status)
        page.status = status

    def _flag(self, page: Page, current: bool) -> None:
        """Say whether this is the run that runs/ holds; what it replaced does not run any more."""
        flag = str(current).lower()
        if page.tags.get("dstar.current") != flag:
            self._send(page, tags={"dstar.current": flag})
        if not current and page.status == "RUNNING":
            self._end(page, "KILLED")

    def _inputs(self, page: Page, run: schema.Record) -> None:
        """The data set as the run's input, under the study's own digest."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = run.data
        dataset = Dataset(
            name=data.name,
            digest=data.digest[:36],  # as long as MLflow takes them; the whole is a parameter
            source_type="local",
            source=json.dumps({"uri": f"data/{data.name}.npz"}),
            profile=json.dumps({"shape": data.shape}),
        )
        context = InputTag("mlflow.data.context", "training")
        self.client.log_inputs(page.id, datasets=[DatasetInput(dataset, [context])])

    def _children(self, page: Page) -> dict[str, Page]:
        """The runs of a run's replicas, by seed."""
        experiment = self.experiments[page.tags["dstar.run"].split("/")[0]]
        found = self._search(experiment, f"tags.`mlflow.parentRunId` = '{page.id}'")
        return {child.tags["dstar.seed"]: child for child in found}

    def _search(self, experiment: str, condition: str) -> list[Page]:
        pages, token = [], None
        while True:
            found = self.client.search_runs(
                [experiment], condition, max_results=1000, page_token=token
            )
            for run in found:
                info, data = run.info, run.data
                pages.append(
                    Page(
                        info.run_id,
                        info.start_time,
                        info.status,
                        dict(data.tags),
                        dict(data.params),
                        dict(data.metrics),
                    )
                )
            token = found.token
            if not token:
                return pages

    def _experiment(self, name: str) -> str:
        """The id of the MLflow experiment of this name, made or taken out of the bin."""
        found = self.client.get_experiment_by_name(name)
        if found is None:
            folder = (self.artifacts / name).as_uri() if self.artifacts else None
            return self.client.create_experiment(name, folder)
        if found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        return found.experiment_id
