"""The images of an experiment's figures with their captions: reports/shown/*.npz."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.results.files import read_npz, write_npz
from pipeline.study.errors import DATA, StudyError


@dataclass(frozen=True)
class Sheet:
    """Rows of images, one of an experiment's figures."""

    figure: str
    title: str
    note: str
    rows: list[str]
    images: np.ndarray  # (rows, columns, features), from -1 to 1
    shape: tuple[int, ...]  # of an image
    fingerprints: Mapping[str, str]  # of the runs that it shows


def write(path: Path | str, sheets: Iterable[Sheet]) -> None:
    """Writes the sheets to path; grey levels are rounded to 256."""
    told: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for sheet in sheets:
        name = str(len(told))
        arrays[name] = np.rint((sheet.images.clip(-1, 1) + 1) * 127.5).astype(np.uint8)
        told.append(asdict(sheet) | {"images": name})
    write_npz(path, {"sheets": np.array(json.dumps(told, ensure_ascii=False)), **arrays})


def read(path: Path | str) -> list[Sheet]:
    """The sheets at path."""
    arrays = read_npz(path)
    try:
        return [
            Sheet(
                **{
                    **told,
                    "images": arrays[told["images"]] / np.float32(127.5) - 1,
                    "shape": tuple(told["shape"]),
                }
            )
            for told in json.loads(str(arrays["sheets"]))
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise StudyError(f"{path}: not the figures of an experiment ({error})", DATA) from None
