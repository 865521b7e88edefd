"""MNIST: 70,000 handwritten digits of 28 by 28 pixels, in 256 grey levels.

LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition"
(1998). The validation split is the end of the training file, not a random draw from it: this is
the custom in published work, and anyone can repeat it without our random numbers.

The four files come from the folder DSTAR_MNIST_DIR if that is set, else from two public mirrors in
turn. They are used only if their SHA-256 is right. Downloads are kept in the user's cache folder,
not under data/: DVC deletes a stage's outputs before it runs the stage.
"""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.datasets import idx
from pipeline.study.errors import DATA, RESOURCE, StudyError
from pipeline.study.fields import Count

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FILES = {  # name: size in bytes, gzipped; SHA-256
    "train-images-idx3-ubyte.gz": (
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    "train-labels-idx1-ubyte.gz": (
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    "t10k-images-idx3-ubyte.gz": (
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    "t10k-labels-idx1-ubyte.gz": (
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
}
TRAINING, TEST = 60_000, 10_000  # images
SILENCE, PATIENCE = 10, 120  # time limits in seconds: without a byte, and for one file in all


@dataclass(frozen=True)
class DataSet:
    """Handwritten digits with their class."""

    validation: Count = 10_000  # the last of the 60,000 training images

    shape = (28, 28)
    features = 784
    classes = 10
    levels = 255

    def __post_init__(self):
        if self.validation >= TRAINING:
            raise ValueError(f"validation = {self.validation} leaves nothing of {TRAINING} images")

    @property
    def sizes(self) -> dict[str, int]:
        """The number of examples of each split."""
        return {
            "train": TRAINING - self.validation,
            "validation": self.validation,
            "test": TEST,
        }

    def splits(self) -> dict[str, np.ndarray]:
        """The arrays of data/mnist.npz: x (N, 784) grey levels in uint8, label (N,) in int64."""
        x, label = _pair("train", TRAINING)
        test_x, test_label = _pair("t10k", TEST)
        train = TRAINING - self.validation
        return {
            "train_x": x[:train],
            "train_label": label[:train],
            "validation_x": x[train:],
            "validation_label": label[train:],
            "test_x": test_x,
            "test_label": test_label,
        }


def _pair(prefix: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (count, 784) and labels (count,) of the training or the test part."""
    images = idx.read(_file(f"{prefix}-images-idx3-ubyte.gz"), (count, 28, 28))
    labels = idx.read(_file(f"{prefix}-labels-idx1-ubyte.gz"), (count,), below=10)
    return images.reshape(count, 784), labels.astype(np.int64)


def _file(name: str) -> Path:
    """The path of a verified copy of one of the four files."""
    folder = os.environ.get("DSTAR_MNIST_DIR")
    if not folder:
        return _fetched(name)
    path, (size, sha) = Path(folder, name), FILES[name]
    if not path.is_file():
        raise StudyError(f"{path}: no such file; DSTAR_MNIST_DIR must hold all four", DATA)
    if path.stat().st_size != size:
        raise StudyError(f"{path}: {path.stat().st_size:,} bytes, expected {size:,}", DATA)
    if (found := hashlib.sha256(path.read_bytes()).hexdigest()) != sha:
        raise StudyError(f"{path}: SHA-256 {found}, expected {sha}", DATA)
    return path


def _fetched(name: str) -> Path:
    """The file from the cache, else from the first mirror that serves the right bytes."""
    import pooch  # needed only to download MNIST
    import requests

    pooch.get_logger().setLevel("WARNING")
    cache, sha = pooch.os_cache("dstar"), f"sha256:{FILES[name][1]}"
    failures = []
    for mirror in MIRRORS:
        try:
            return Path(pooch.retrieve(mirror + name, sha, name, cache, downloader=_bounded))
        except (requests.RequestException, ValueError) as error:
            # The message of a failed connection is a paragraph of Python; its name is enough.
            told = "" if isinstance(error, requests.ConnectionError) else str(error)
            failures.append(f"{mirror}: {(told or type(error).__name__).splitlines()[0]}")
        except OSError as error:
            raise StudyError(
                f"{cache}: cannot hold {name} ({error.strerror})", RESOURCE
            ) from error
    raise StudyError(
        f"{name}: no mirror has it ({'; '.join(failures)}); "
        "put the four files in a folder and name it in DSTAR_MNIST_DIR",
        DATA,
    )


def _some(answer: Any) -> bytes:
    """What has come of an answer, at most 16 KiB; nothing at its end.

    A whole piece is not waited for: at a byte a second it would take hours.
    """
    import requests
    from urllib3.exceptions import HTTPError

    try:
        some: bytes = answer.raw.read1(1 << 14)
    except HTTPError as error:
        raise requests.ConnectionError(type(error).__name__) from error
    return some


def _bounded(url: str, output: str, _) -> None:
    """Downloads a url to a file, within the file's size and the time limits."""
    import requests

    size, _ = FILES[url.rpartition("/")[2]]
    deadline = time.monotonic() + PATIENCE
    headers = {"Accept-Encoding": "identity"}  # the file as it is, not recompressed
    with (
        requests.get(url, stream=True, timeout=SILENCE, headers=headers) as answer,
        open(output, "wb") as file,
    ):
        answer.raise_for_status()
        received = 0
        while chunk := _some(answer):
            received += len(chunk)
            if received > size:
                raise ValueError(f"longer than {size:,} bytes")
            if time.monotonic() > deadline:
                raise requests.Timeout(f"only {received:,} bytes in {PATIENCE} s")
            file.write(chunk)
    if received < size:
        raise ValueError(f"{received:,} bytes, expected {size:,}")
