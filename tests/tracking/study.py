"""A fabricated study for the tests of tracking: run directories as the stages leave them."""

import shutil
from pathlib import Path

import numpy as np

from pipeline.results import schema
from pipeline.results.files import write_npz, write_text
from pipeline.tracking.sync import NOT_SCORED, sync
from tests.results import made


def curve_rows(rounds, seeds=(0, 1, 2), terms=("real", "fake")):
    """Lines of curves.csv. Values at round r: r + replica / 10, and 100 more for fake."""
    for moment in rounds:
        for term in terms:
            for replica in range(len(seeds)):
                value = moment + replica / 10 + (100 if term == "fake" else 0)
                yield f"{moment},discriminator,{term},{replica},{value!r}"


def write_curves(directory, rows):
    lines = ["round,player,term,replica,value", *rows]
    write_text(Path(directory) / "curves.csv", "\n".join(lines) + "\n")


def unit(directory, fingerprint="a" * 16, seeds=(0, 1, 2), rounds=50, log_every=10, shape=(2,)):
    """The files of one run in a directory: those of a training that has ended.

    Logged are rounds 0, 10, 20, 30, 40 unless log_every says otherwise.
    """
    directory = Path(directory)
    train = made.TRAIN.model_copy(
        update={"seeds": list(seeds), "rounds": rounds, "log_every": log_every}
    )
    run = made.record(
        fingerprint=fingerprint,
        train=train,
        code="c0de" * 3,
        arguments={"latent": 2, "width": 32, "saturating": False},
        data=schema.Data("ring", "d" * 64, list(shape)),
    )
    schema.write(directory / "run.json", run)
    write_curves(directory, curve_rows(range(0, rounds, log_every), seeds))
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (len(seeds), 100, int(np.prod(shape)))).astype(np.float32)
    write_npz(directory / "samples.npz", {"x": x})
    write_npz(directory / "weights.npz", {"generator/0.weight": np.zeros((len(seeds), 3))})
    schema.write(directory / "done.json", schema.Done(fingerprint, {}))
    return run


def evaluated(
    root, experiment="ring", run="gan", fingerprint="a" * 16, values=(8, 7, 6), others=()
):
    """reports/metrics/<experiment>.json with modes covered for each replica.

    others: fingerprints of more runs with the same metrics, by name.
    """
    finite = [value for value in values if value is not None]
    mean = sum(finite) / len(finite)
    metric = made.metric(
        values, title="modes covered", mean=mean, low=mean - 0.5, high=mean + 0.5, reference=8.0
    )
    runs = {
        name: made.measured(
            made.record(range(len(values)), fingerprint=mark), {"coverage.modes": metric}
        )
        for name, mark in {run: fingerprint, **dict(others)}.items()
    }
    path = Path(root) / "reports" / "metrics" / f"{experiment}.json"
    schema.write(path, schema.Measurements(experiment, runs))


def judged(root, **claims):
    """reports/claims.json; claims: id=(experiment, run, versus, verdict)."""
    found = [
        made.decided(name, verdict=verdict, experiment=experiment, run=run, versus=versus)
        for name, (experiment, run, versus, verdict) in claims.items()
    ]
    content = schema.Verdicts([*found, made.decided("theorem")], [], {})
    schema.write(Path(root) / "reports" / "claims.json", content)


def track(root):
    """Bring the store up to date with every run in runs/. Returns whether all curves are there."""
    root = Path(root)
    names = ["/".join(file.parts[-3:-1]) for file in sorted(root.glob("runs/*/*/run.json"))]
    return set(sync(root, names).values()) <= {NOT_SCORED}


def forget(root):
    """Delete the store, as a person would: rm -r mlflow.db* mlartifacts."""
    for path in [*Path(root).glob("mlflow.db*"), Path(root) / "mlartifacts"]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


class Shelf:
    """What a store holds, read with MLflow's own client."""

    def __init__(self, uri):
        import mlflow

        self.client = mlflow.MlflowClient(tracking_uri=uri)

    def runs(self, condition=""):
        experiments = self.client.search_experiments(filter_string="name LIKE 'dstar/%'")
        return list(self.client.search_runs([e.experiment_id for e in experiments], condition))

    def parents(self):
        """Runs of the study, the oldest first."""
        return self.runs("tags.`dstar.kind` = 'run'")[::-1]

    def children(self, parent):
        found = self.runs(f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
        return sorted(found, key=lambda run: run.data.params.get("replica", ""))

    def points(self, run, key):
        """[(round, value)] of all that was ever logged under the key."""
        history = self.client.get_metric_history(run.info.run_id, key)
        return sorted((point.step, point.value) for point in history)

    def all(self):
        """Everything that follows from files: no ids, no times."""
        mine = ("mlflow.parentRunId", "mlflow.note.content")
        return sorted(
            (
                run.info.run_name,
                run.info.status,
                sorted(run.data.params.items()),
                sorted((k, v) for k, v in run.data.tags.items() if k not in mine),
                sorted((key, self.points(run, key)) for key in run.data.metrics),
                [d.dataset.digest for d in run.inputs.dataset_inputs],
                [f.path for f in self.client.list_artifacts(run.info.run_id)],
            )
            for run in self.runs()
        )
