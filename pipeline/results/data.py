"""The arrays of a data set that stage prepare has written."""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline import datasets
from pipeline.results.files import read_npz
from pipeline.study.errors import DATA, StudyError


def load(name: str, dataset: Any, folder: Path | str = "data") -> dict[str, dict[str, np.ndarray]]:
    """The arrays of a prepared data set: {split: {"x": float32, "label": int64}}.

    dataset: its DataSet, or its block.
    folder: where prepare put <name>.npz.
    x has shape (N, features). Grey levels 0 ... levels become numbers from -1 to 1.
    """
    if isinstance(dataset, dict):
        dataset = datasets.build(name, dataset)
    path = Path(folder, f"{name}.npz")
    arrays = read_npz(path)
    loaded = {}
    for split in datasets.SPLITS:
        try:
            x, label = arrays[f"{split}_x"], arrays[f"{split}_label"]
        except KeyError as missing:
            raise StudyError(f"{path}: has no array {missing}; run prepare again", DATA) from None
        if x.shape != (len(label), dataset.features):
            expected = (len(label), dataset.features)
            raise StudyError(f"{path}: {split}_x is {x.shape}, expected {expected}", DATA)
        x = x.astype(np.float32)
        if dataset.levels is not None:
            x = 2 * x / np.float32(dataset.levels) - 1
        loaded[split] = {"x": x, "label": label.astype(np.int64)}
    return loaded
