"""Stage prepare: the data sets of params.yaml, as files.

    python -m pipeline prepare

reads   the `data` block of params.yaml; for mnist the four idx files
writes  data/<name>.npz    train_x, train_label, validation_x, ..., test_label: images as uint8
                           grey levels, densities as float32 points, labels as int64

The bytes are a function of params.yaml. A file of a data set that is listed no more is removed if
this stage has written it.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline import datasets
from pipeline.execution import own
from pipeline.results.files import digest, write_npz
from pipeline.stages import unmoved
from pipeline.study.errors import DATA, StudyError

FOLDER = Path("data")


def main(names: Sequence[str] | None = None) -> None:
    """Write the data sets of these names, or all that params.yaml lists."""
    with unmoved.study(lambda study: study.data) as study:
        _prepare(study.data, names)


def _prepare(listed, names):
    for name in names or ():
        if name not in listed:
            raise StudyError(f"params.yaml: data has no {name}; it has {', '.join(listed)}")
    for name in names or listed:
        try:
            arrays = listed[name].splits()
        except ValueError as error:  # of settings that its examples do not allow
            raise StudyError(f"params.yaml: data.{name}: {error}") from None
        if wrong := datasets.faults(listed[name], arrays):
            raise StudyError.of((f"data.{name}: {line}" for line in wrong), DATA)
        path = FOLDER / f"{name}.npz"
        write_npz(path, arrays)
        counts = ", ".join(
            f"{len(label):,} {split.removesuffix('_label')}"
            for split, label in arrays.items()
            if split.endswith("_label")
        )
        print(f"{path}  {counts}; each {listed[name].shape}; sha256 {digest(path)[:12]}")
    files = (FOLDER / f"{name}.npz" for name in listed)
    own.replace("prepare", [file for file in files if file.is_file()])
