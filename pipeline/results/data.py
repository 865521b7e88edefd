"""Loading the arrays of a data set that stage prepare has written."""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline import datasets
from pipeline.results.files import read_npz
from pipeline.study.errors import DATA, StudyError


def load(name: str, dataset: Any, folder: Path | str = "data") -> dict[str, dict[str, np.ndarray]]:
    """The arrays of a prepared data set: {split or pool: {"x": float32, "label": int64, ...}}.

    dataset: its DataSet, or its block.
    folder: that of <name>.npz.
    x has shape (N, features), and so has each further array of a split or pool, for instance the
    partner of x. Grey levels 0 ... levels become numbers from -1 to 1.
    """
    if isinstance(dataset, dict):
        dataset = datasets.build(name, dataset)
    path = Path(folder, f"{name}.npz")
    arrays = read_npz(path)
    loaded: dict[str, dict[str, np.ndarray]] = {}
    for pool in (*datasets.SPLITS, *datasets.pools(dataset)):
        own = {k[len(pool) + 1 :]: a for k, a in arrays.items() if k.rpartition("_")[0] == pool}
        for array in ("x", "label"):
            if array not in own:
                missing = f"{path}: has no array '{pool}_{array}'; run prepare again"
                raise StudyError(missing, DATA)
        expected = (len(own["label"]), dataset.features)
        loaded[pool] = {"x": own["x"], "label": own["label"].astype(np.int64)}
        for array, x in own.items():
            if array == "label":
                continue
            if x.shape != expected:
                raise StudyError(f"{path}: {pool}_{array} is {x.shape}, expected {expected}", DATA)
            x = x.astype(np.float32)
            if dataset.levels is not None:
                x = 2 * x / np.float32(dataset.levels) - 1
            loaded[pool][array] = x
    return loaded
