"""A trained run as a model that MLflow loads, without a pickle: weights stay arrays.

    model = mlflow.pyfunc.load_model("runs:/<run id>/model")
    model.predict({"count": 16, "seed": 3})    (16, features): samples by the replica of seed 3
    model.predict({"count": 16})               (R, 16, features): by all replicas

writes  MLmodel                                    what MLflow reads
        data/runs/<experiment>/<run>/run.json, weights.npz

The format of MLmodel: MLflow's "python_function" flavor with a loader module, which is this one.
"""

import json
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import load

FILES = ("run.json", "weights.npz")


class Samples:
    """What MLflow calls: `predict` draws samples of a trained run."""

    def __init__(self, run: Any):
        """run: as `pipeline.load` gives it."""
        self.run = run

    def predict(self, asked: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Samples as an array. asked: {"count": n, "seed": s}, or a table of one such row.

        params: of MLflow's own interface, unused.
        """
        table = asked if isinstance(asked, Mapping) else dict(asked)
        first = {key: _first(value) for key, value in table.items()}
        seed = first.get("seed")
        drawn = self.run.sample(int(first["count"]), None if seed is None else int(seed))
        return drawn.numpy()


def _first(value):
    """A number, or the first of a column of a table."""
    return value.iloc[0] if hasattr(value, "iloc") else value


def _load_pyfunc(path: str) -> Samples:
    """What MLflow loads from the folder `data` of the model."""
    (file,) = Path(path).glob("runs/*/*/run.json")
    return Samples(load(f"{file.parts[-3]}/{file.parts[-2]}", path))


def able(source: Path) -> bool:
    """Whether the folder of a run has what can be loaded."""
    return all((source / file).is_file() for file in FILES)


def write(folder: Path, source: Path, name: str) -> None:
    """Writes the model to a folder. source: the folder of the run; name: "experiment/run"."""
    place = folder / "data" / "runs" / name
    place.mkdir(parents=True)
    for file in FILES:
        shutil.copyfile(source / file, place / file)
    flavor = {
        "loader_module": __name__,
        "data": "data",
        "python_version": platform.python_version(),
    }
    said = {"flavors": {"python_function": flavor}, "artifact_path": "model"}
    (folder / "MLmodel").write_text(json.dumps(said, indent=1), encoding="utf-8")  # JSON is YAML
