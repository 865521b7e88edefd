"""The mirror: the study's content in MLflow's store, and how it is updated from files.

There is one MLflow experiment per experiment of the study, because its runs are compared: same
metrics, same charts. It has one run per run of the study and fingerprint, with one child run per
replica. A point's time stamp is the run's start plus one millisecond per round, so that a point
that is sent twice is stored once. The desired content of a run is compared with the stored one,
and only the difference is sent: so interrupted syncs are completed, and deleted runs restored.

Tags of a run: dstar.title, dstar.run, dstar.fingerprint, dstar.code, dstar.weights (their file),
dstar.model (the artifact that MLflow loads), dstar.current (whether runs/ holds this one),
dstar.sent (last round of the mean), dstar.mirrored (its curves are complete), verdict.<claim>,
nonfinite.<key> (first round with a value left out).
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.results import schema, shelf
from pipeline.tracking import logged, record
from pipeline.tracking.client import NOTE, Client, Point, Stored, now
from pipeline.tracking.picture import picture

VERDICT = "verdict."


class Mirror:
    """The store, and its content for one study."""

    def __init__(
        self,
        client: Client,
        root: Path,
        study: str,
        origin: Mapping[str, str],
        questions: Mapping[str, str] | None = None,
        listed: Collection[str] | None = None,
    ):
        """root: the folder with runs/ and reports/. study: its name in the store.

        origin: tags for runs that are new to the store. questions: {experiment: its question}.
        listed: "<experiment>/<run>" of all runs of the study; None: root does not decide which
        runs are current.
        """
        self.client, self.root, self.study, self.origin = client, root, study, origin
        self.questions, self.listed = questions or {}, listed
        self.reports = record.Reports(root)
        self.experiments: dict[str, str] = {}
        self.runs: dict[tuple[str, str], Stored] = {}  # by name and fingerprint
        # And place among the run's replicas: a search trains one seed with many settings.
        self.replicas: dict[tuple[str, str, str], Stored] = {}

    def follow(self, name: str, directory: Path, last: bool) -> None:
        """Sends the new points of the curves of a run in training; `last`: training has ended.

        name: "<experiment>/<run>".
        """
        run = schema.read(schema.Record, directory / "run.json")
        stored = self._run(name, run)
        if "dstar.mirrored" in stored.tags:
            return
        self._send_mean(stored, record.curves(directory, run, finished=False))
        if last and stored.status == "RUNNING":
            done = (directory / "done.json").is_file()
            self.client.status(stored, "FINISHED" if done else "KILLED")

    def keep(self, name: str, seconds: Callable[[str], float | None]) -> bool:
        """Updates the store with a finished run. Returns whether the run has its scores.

        name: "<experiment>/<run>". seconds: wall time of the training with a fingerprint.
        """
        directory = self.root / "runs" / name
        shelf.verify(directory)
        run = schema.read(schema.Record, directory / "run.json")
        stored = self._run(name, run)
        scores = self.reports.scores(name, run)
        whole = "dstar.mirrored" in stored.tags
        curves = {} if whole else record.curves(directory, run)
        values = dict(scores.run) if scores else {}
        took = seconds(run.fingerprint)
        if took is not None:
            values["time/training_seconds"] = took
        verdicts = self.reports.verdicts(name) if scores else {}
        tags = {VERDICT + claim: verdict for claim, verdict in verdicts.items()}
        self._send_mean(stored, curves, _changed(stored, values), tags)
        for tag in [t for t in stored.tags if t.startswith(VERDICT) and t not in tags and scores]:
            self.client.untag(stored, tag)
        for replica, seed in enumerate(run.train.seeds):
            own = scores.replicas[replica] if scores else {}
            self._replica(stored, name, run, replica, seed, curves, own)
        if not whole:
            self.client.trained_on(stored, run.data, f"data/{run.data.name}.npz")
            image = picture(directory, run)
            if image is not None:
                self.client.picture(stored, image, "samples.png")
        if "dstar.model" not in stored.tags and logged.able(directory):
            with TemporaryDirectory() as made:
                logged.write(Path(made), directory, name)
                self.client.folder(stored, Path(made), "model")
            self.client.send(stored, tags={"dstar.model": "model"})
        self.client.status(stored, "FINISHED", took)
        self.client.send(stored, tags={"dstar.mirrored": "whole"})
        if self.listed is not None:
            for (other, _), found in self.runs.items():
                if other == name:
                    self._flag(found, found is stored)
        return scores is not None

    def _run(self, name: str, run: schema.Record) -> Stored:
        """The stored run of this name and fingerprint, created if there is none."""
        experiment = name.split("/")[0]
        if experiment not in self.experiments:
            self._look(experiment)
        known = (name, run.fingerprint)
        tags = {
            "dstar.kind": "run",
            "dstar.run": name,
            "dstar.fingerprint": run.fingerprint,
            "dstar.code": run.code,
            "dstar.weights": record.weights(self.study, name),
            "dstar.title": record.title(run),
            "dvc.stage": f"train@{experiment}",
        }
        if known not in self.runs:
            about = {
                "dstar.current": "false",
                NOTE: record.description(run, self.questions.get(experiment, "")),
                **self._source(experiment),
                **self.origin,
            }
            made = self.client.create(self.experiments[experiment], name, tags | about)
            self.runs[known] = made
        stored = self.runs[known]
        if stored.deleted:
            self.client.restore(stored)
        self.client.send(stored, (), record.parameters(run) | _identity(name, run), tags)
        return stored

    def _look(self, experiment: str) -> None:
        """Reads the stored runs of an experiment."""
        found = self.client.experiment(
            f"{self.study}/{experiment}", self.questions.get(experiment, "")
        )
        # Of duplicates, the oldest that was not deleted counts.
        for stored in sorted(self.client.search(found), key=lambda stored: stored.deleted):
            name, fingerprint = stored.named("run"), stored.named("fingerprint")
            replica = stored.named("replica")
            if name and fingerprint and replica:
                self.replicas.setdefault((name, fingerprint, replica), stored)
            elif name and fingerprint and not stored.named("seed"):
                self.runs.setdefault((name, fingerprint), stored)
        if self.listed is not None:
            for (name, _), stored in self.runs.items():
                if name not in self.listed:
                    self._flag(stored, False)
        self.experiments[experiment] = found

    def _flag(self, stored: Stored, current: bool) -> None:
        """Tags whether this is the run in runs/; a run that it replaces is no longer RUNNING."""
        if not stored.deleted:
            self.client.send(stored, tags={"dstar.current": str(current).lower()})
            if not current and stored.status == "RUNNING":
                self.client.status(stored, "KILLED")

    def _replica(
        self,
        parent: Stored,
        name: str,
        run: schema.Record,
        replica: int,
        seed: int,
        curves: Mapping[str, record.Curve],
        scores: Mapping[str, float | None],
    ) -> None:
        """Updates the child run of one replica, with its own curves and scores."""
        experiment = name.split("/")[0]
        known = (name, run.fingerprint, str(replica))
        tags = {
            "dstar.kind": "replica",
            "dstar.run": name,
            "dstar.fingerprint": run.fingerprint,
            "dstar.seed": str(seed),
            "dstar.replica": str(replica),
            "mlflow.parentRunId": parent.id,
        }
        if known not in self.replicas:
            made = tags | self._source(experiment)
            alone = run.train.seeds.count(seed) == 1
            called = f"{name} seed {seed}" if alone else f"{name} replica {replica} seed {seed}"
            self.replicas[known] = self.client.create(self.experiments[experiment], called, made)
        child = self.replicas[known]
        if child.deleted:
            self.client.restore(child)
        points = []
        if child.status != "FINISHED":
            curves = curves or record.curves(self.root / "runs" / name, run)
            points = [
                Point(key, value, moment, child.start + moment)
                for key, curve in curves.items()
                for moment, value in curve.of(replica)
            ]
        params = _identity(name, run) | {"seed": str(seed), "replica": str(replica)}
        self.client.send(child, [*points, *_changed(child, scores)], params, tags)
        self.client.status(child, "FINISHED")

    def _send_mean(
        self,
        stored: Stored,
        curves: Mapping[str, record.Curve],
        more: Iterable[Point] = (),
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Sends the mean over replicas at rounds that the store does not have, and more points."""
        sent = int(stored.tags.get("dstar.sent", -1))
        points = [
            Point(key, value, moment, stored.start + moment)
            for key, curve in curves.items()
            for moment, value in zip(curve.rounds, curve.mean(), strict=True)
            if moment > sent
        ]
        tags = dict(tags or {})
        if points:
            if stored.status == "KILLED":
                self.client.status(stored, "RUNNING")
            reached = min(curve.rounds[-1] for curve in curves.values() if curve.rounds)
            tags["dstar.sent"] = str(reached)
        self.client.send(stored, [*points, *more], tags=tags)

    def _source(self, experiment: str) -> dict[str, str]:
        command = f"python -m pipeline train {experiment}"
        return {"mlflow.source.type": "LOCAL", "mlflow.source.name": command}


def _identity(name: str, run: schema.Record) -> dict[str, str]:
    """The parameters that identify a run; unlike tags, users cannot remove them."""
    return {"run": name, "fingerprint": run.fingerprint}


def _changed(stored: Stored, values: Mapping[str, float | None]) -> list[Point]:
    """The final metrics whose stored value differs.

    They are at round 0, because MLflow draws metrics without other rounds as bars, run beside run.
    Their time stamps are later than before, since the store shows the value with the latest one.
    """
    stamp = now()
    return [
        Point(key, math.nan if value is None else value, 0, stamp)
        for key, value in values.items()
        if value is None or stored.metrics.get(key) != value
    ]
