"""What an earlier stage has made for a later one, which then only copies it, without Torch.

writes  work/ahead/<stage>-<experiment>.json    key; read: {file: SHA-256}; made: {file: {from,
                                                sha256}}; trained: the same of each run's folder
                                                in work/; told: the lines that the stage prints

Starting a train or evaluate stage takes 3.8 s of CPU, nearly all of it imports, and this study has
62 of them. A list counts only under a `dvc repro` of the whole study, where the stage `sources`
has just hashed all code, and only while its key, each file that was read and each file that was
made are what they were. Otherwise the stage does its own work.
"""

import hashlib
import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.execution import asked
from pipeline.results import shelf
from pipeline.results.files import digest, read_sealed, write_bytes, write_json
from pipeline.results.seal import sealed
from pipeline.study.errors import StudyError

PACKAGES = ("torch", "numpy", "scipy", "scikit-learn")
EMPTIED = Path("reports", "curves")  # by DVC before stage evaluate: else it is not asked by DVC


def folder() -> Path:
    return Path(os.environ.get("DVC_ROOT", "."), "work", "ahead")


def key() -> str:
    """The SHA-256 of all that decides results: params, code, data, libraries, the machine."""
    files = [Path("params.yaml"), Path("sources.yaml"), *sorted(Path("data").glob("*.npz"))]
    told = [f"{file} {digest(file)}" for file in files if file.is_file()]
    told += [platform.python_version(), platform.node(), *map(_version, PACKAGES)]
    told.append(os.environ.get("CUDA_VISIBLE_DEVICES", ""))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _version(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of each file that is there, by name."""
    return {name: digest(file) for name, file in files.items() if file.is_file()}


def write(
    stage: str,
    experiment: str,
    began: str,
    *,
    told: Iterable[str],
    made: Mapping[str, Path] | None = None,
    read: Mapping[str, str] | None = None,
    trained: Mapping[str, Path] | None = None,
) -> None:
    """Lists what a stage of an experiment will find made.

    began: key(), and read: {file that it depends on beside data/ and params.yaml: SHA-256}, both
    from before the work was begun: what has changed since is not what was made.
    told: the lines that the stage prints. made: where the content of each file is that it writes.
    trained: the folder in work/ of each run.
    """
    listed = {
        "key": began,
        "read": dict(read or {}),
        "made": {n: {"from": str(f), "sha256": digest(f)} for n, f in (made or {}).items()},
        "trained": {
            run: {"from": str(f), "sha256": digest(f / shelf.RECORD)}
            for run, f in (trained or {}).items()
        },
        "told": list(told),
    }
    write_json(folder() / f"{stage}-{experiment}.json", sealed(listed))


def collected(stage: str, experiment: str) -> bool:
    """Copies what was made ahead for a stage; False if there is nothing that counts."""
    path = folder() / f"{stage}-{experiment}.json"
    try:
        listed = read_sealed(path)
        counts = (
            not (stage == "evaluate" and (EMPTIED / experiment).exists())
            and asked.whole_study()
            and listed["key"] == key()
            and all(digest(name) == sha for name, sha in listed["read"].items())
        )
        if not counts:
            return False
        for name, source in listed["made"].items():
            content = Path(source["from"]).read_bytes()
            if hashlib.sha256(content).hexdigest() != source["sha256"]:
                return False
            write_bytes(name, content)
        for run, source in listed["trained"].items():
            if digest(Path(source["from"], shelf.RECORD)) != source["sha256"]:
                return False
            shelf.put(Path("runs", experiment, run), Path(source["from"]))
        if listed["trained"]:
            shelf.forget_unlisted(Path("runs", experiment), listed["trained"])
        for line in listed["told"]:
            print(line)
    except (StudyError, OSError, LookupError, AttributeError, TypeError):
        return False
    return True
