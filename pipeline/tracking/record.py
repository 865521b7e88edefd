"""A run's files as content for a tracking server: parameters, points, scores, verdicts.

All that is sent is made here from files alone, so that the same files always give the same record,
during training or years later. Keys of points:

    train/<player>/<term>     a curve over rounds
    test/<metric>             after the last round, the mean over replicas
    test/interval/<metric>    .low and .high of that mean
    test/reference/<metric>   its reference value
    time/training_seconds     wall time, where this machine trained the run

MLflow's UI makes one section per prefix before the last slash, so means are compared with means.
"""

import json
import math
import re
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from pipeline.results import schema
from pipeline.study.errors import DATA, StudyError
from pipeline.study.repository import ROOT

# The most points of a curve. More points of a mean are not visible on a screen; a study has ten
# replicas per mean, and their points are most of what is sent.
POINTS, REPLICA_POINTS = 200, 50
T = TypeVar("T")


class Curve(NamedTuple):
    """One term over the rounds of a run: rounds of shape (N,), values of shape (N, R)."""

    rounds: list[int]
    values: np.ndarray

    def mean(self) -> list[float]:
        """The mean over replicas at each round; not finite where one of the replicas is not."""
        with np.errstate(all="ignore"):
            return self.values.mean(axis=1).tolist()

    def of(self, replica: int) -> list[tuple[int, float]]:
        """Rounds and values of one replica, thinned to at most REPLICA_POINTS + 1."""
        count = len(self.rounds)
        kept = [i for i in range(count) if i % math.ceil(count / REPLICA_POINTS) == 0]
        kept += [i for i in range(count)[-1:] if i not in kept]
        return [(self.rounds[i], float(self.values[i, replica])) for i in kept]


def key(text: str) -> str:
    """The text as a name that every tracking server accepts."""
    return re.sub(r"[^\w\-. /]", "_", text)


def parameters(run: schema.Record) -> dict[str, str]:
    """The numbers of a run, flat: {"model": "gan", "train.rounds": "15000", ...}.

    run: run.json.
    """
    # Tags, which can be searched; and what has no number.
    named_elsewhere = {"format", "fingerprint", "code", "diverged"}
    flat: dict[str, str] = {}

    def put(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for part, inner in value.items():
                put(f"{name}.{part}", inner)
        else:
            flat[key(name)] = value if isinstance(value, str) else json.dumps(value)

    for name, value in schema.plain(run).items():
        if name not in named_elsewhere:
            put(name, value)
    return flat


def title(run: schema.Record) -> str:
    """What a person calls a run: the model, its data, and how many trainings of which length.

    run: run.json.
    """
    file = ROOT / "pipeline" / "models" / f"{run.model}.py"
    text = file.read_text(encoding="utf-8") if file.is_file() else run.model
    first = text.lstrip('"').partition("\n")[0].partition(":")[0]
    return f"{first} on {run.data.name}: {len(run.train.seeds)} seeds, {run.train.rounds:,} rounds"


def description(run: schema.Record, question: str) -> str:
    """What stands at the head of a run's page, in Markdown. question: of its experiment."""
    arguments = ", ".join(f"{k} {v}" for k, v in run.arguments.items())
    lines = [
        f"**{title(run)}**",
        question,
        f"Arguments: {arguments}." if arguments else "",
        f"Mean over {len(run.train.seeds)} replicas, each a child run. Steps are rounds; time "
        "stamps count rounds, not seconds.",
        'Samples: `mlflow.pyfunc.load_model("runs:/<run id>/model").predict({"count": 16})`.',
    ]
    return "\n\n".join(filter(None, lines))


def curves(directory: Path, run: schema.Record, finished: bool = True) -> dict[str, Curve]:
    """The curve of each term, thinned to at most POINTS + 1 rounds.

    The file grows during training: rounds that are incomplete are left out. Which rounds are kept
    depends on the run's settings, not on the length of the file, so that the points shown during
    training are part of those kept at the end.

    directory: contains curves.csv, with columns round, player, term, replica, value.
    run: content of run.json. finished: whether to keep the last round in any case.
    """
    path = directory / "curves.csv"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = text[: text.rfind("\n") + 1].splitlines()[1:]
    found: dict[str, dict[int, dict[int, float]]] = {}
    for number, line in enumerate(lines, start=2):
        try:
            moment, player, term, replica, value = line.split(",")
            curve = found.setdefault(key(f"train/{player}/{term}"), {})
            curve.setdefault(int(moment), {})[int(replica)] = float(value)
        except ValueError:
            raise StudyError(f"{path}: line {number} is not a point of a curve", DATA) from None

    train = run.train
    replicas = range(len(train.seeds))
    stride = max(1, math.ceil(train.rounds / train.log_every / POINTS))
    thinned = {}
    for name, points in found.items():
        whole = [moment for moment in sorted(points) if len(points[moment]) == len(replicas)]
        kept = whole[::stride]
        if finished and whole and kept[-1] != whole[-1]:
            kept.append(whole[-1])
        values = [[points[moment][r] for r in replicas] for moment in kept]
        thinned[name] = Curve(kept, np.array(values).reshape(len(kept), len(replicas)))
    return thinned


BOUNDS = ("low", "high")  # of the interval of a mean


class Scores(NamedTuple):
    """The results of `evaluate`: numbers of the run, and numbers of each replica."""

    run: dict[str, float | None]
    replicas: list[dict[str, float | None]]


class Reports:
    """The files that `evaluate` and `claims` have written, each read once for all runs."""

    def __init__(self, root: Path):
        """root: contains reports/metrics/<experiment>.json and reports/claims.json."""
        self.folder = root / "reports"
        self.measured: dict[str, dict[str, schema.MeasuredRun]] = {}

    def scores(self, name: str, run: schema.Record) -> Scores | None:
        """The run's metrics, or None if it has not been evaluated with its current weights.

        name: "<experiment>/<run>". run: content of run.json.
        """
        experiment, short = name.split("/")
        if experiment not in self.measured:
            found = _read(schema.Measurements, self.folder / "metrics" / f"{experiment}.json")
            self.measured[experiment] = found.runs if found else {}
        block = self.measured[experiment].get(short)
        if block is None or block.fingerprint != run.fingerprint:
            return None  # of an earlier training: this run has not been evaluated yet
        together: dict[str, float | None] = {}
        replicas: list[dict[str, float | None]] = [{} for _ in run.train.seeds]
        for metric, measured in block.metrics.items():
            title = key(f"{block.split}/{metric}")
            together[title] = measured.mean
            interval = key(f"{block.split}/interval/{metric}")
            together |= {f"{interval}.{bound}": getattr(measured, bound) for bound in BOUNDS}
            together[key(f"{block.split}/reference/{metric}")] = measured.reference
            if len(measured.values) == len(replicas):  # an ensemble has one value for all replicas
                for replica, value in zip(replicas, measured.values, strict=True):
                    replica[title] = value
        return Scores(together, replicas)

    def verdicts(self, name: str) -> dict[str, str]:
        """The verdicts of the claims that use a run: {claim: "holds", "fails" or "undecided"}.

        name: "<experiment>/<run>".
        """
        experiment, short = name.split("/")
        return {
            claim.id: claim.verdict
            for claim in self._claims
            if claim.experiment == experiment
            and short in {claim.run, claim.versus, *(claim.runs or [])}
        }

    @cached_property
    def _claims(self) -> list[schema.Decided]:
        found = _read(schema.Verdicts, self.folder / "claims.json")
        return found.claims if found else []


def _read(kind: type[T], path: Path) -> T | None:
    """The content of a file; None if its stage has not written it, or in an older format."""
    try:
        return schema.read(kind, path) if path.is_file() else None
    except schema.Outdated:
        return None


def weights(study: str, name: str) -> str:
    """The file with a run's weights, from the top of the repository.

    study: its folder there, or "dstar" for the top. name: "<experiment>/<run>".
    """
    return f"{'' if study == 'dstar' else f'{study}/'}runs/{name}/weights.npz"
