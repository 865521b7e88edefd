"""The work store on a DVC remote: a run that a colleague has trained is not trained again.

    python -m pipeline work push [EXPERIMENT ...]
    python -m pipeline work pull [EXPERIMENT ...]

    <remote>/work/<fingerprint>/    the files of a unit's result, done.json last

A result is found by its fingerprint, whoever trained it and under whatever name. It is whole or
absent here: done.json comes last, and every file has the SHA-256 that it states. What runs/ has
already is not fetched. The remote is DVC's default one, of any kind that DVC knows.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.execution import done, units
from pipeline.results import schema
from pipeline.results.files import write_bytes
from pipeline.stages import check
from pipeline.study.errors import DATA, StudyError


class Store:
    """The folder work/ of the DVC remote."""

    def __init__(self) -> None:
        from dvc.exceptions import DvcException  # here: a bare GPU machine has no DVC
        from dvc.repo import Repo

        try:
            with Repo() as repo:
                remote = repo.cloud.get_remote(command="push")
        except DvcException as error:
            lines = [line.strip() for line in str(error).splitlines()]
            raise StudyError(" ".join(lines), DATA) from None
        self.fs, self.root = remote.fs, remote.fs.join(remote.path, "work")

    def _path(self, fingerprint, name):
        return self.fs.join(self.root, fingerprint, name)

    def has(self, fingerprint: str) -> bool:
        return bool(self.fs.exists(self._path(fingerprint, done.RECORD)))

    def read(self, fingerprint: str, name: str) -> bytes:
        content: bytes = self.fs.cat_file(self._path(fingerprint, name))
        return content

    def write(self, fingerprint: str, file: Path) -> None:
        self.fs.makedirs(self.fs.join(self.root, fingerprint), exist_ok=True)
        self.fs.put_file(str(file), self._path(fingerprint, file.name))


def push(experiments: Sequence[str] = ()) -> None:
    """Puts the results of work/ that params.yaml names on the remote, where it has none."""
    store, put = Store(), 0
    for unit in _units(experiments):
        record = done.record(unit)
        if record is None or store.has(unit.fingerprint):
            continue
        for name in (*record["files"], done.RECORD):
            store.write(unit.fingerprint, unit.folder / name)
        put += 1
        print(f"{unit.label}: pushed ({unit.fingerprint})", flush=True)
    print(f"work push: {put} results")


def pull(experiments: Sequence[str] = ()) -> None:
    """Fetches the results that params.yaml names and work/ lacks, where the remote has them."""
    store, got, absent = Store(), 0, 0
    for unit in _units(experiments):
        with units.alone(unit):
            if done.is_done(unit):
                continue
            if not store.has(unit.fingerprint):
                absent += 1
            elif _fetched(store, unit):
                got += 1
                print(f"{unit.label}: pulled ({unit.fingerprint})", flush=True)
    print(f"work pull: {got} results; {absent} are not on the remote")


def _units(experiments):
    """The units of some experiments, or of all; each once."""
    settings = check.study()
    names = experiments or settings.experiments
    found = [unit for name in names for unit in units.units(settings, name)]
    return list({unit.fingerprint: unit for unit in found}.values())


def _fetched(store: Store, unit: units.Unit) -> bool:
    """Puts a unit's result in its folder; a line and False where the remote's is not whole."""
    told = store.read(unit.fingerprint, done.RECORD)
    where = f"{unit.label}: work/{unit.fingerprint} of the remote"
    try:
        content: Any = json.loads(told)
        stated = schema.parse(schema.Done, content, "done.json")
        wrong = set(stated.files) - set(done.RESULT)
        if wrong or stated.fingerprint != unit.fingerprint:
            raise StudyError("of another run", DATA)
        for name, file in stated.files.items():
            write_bytes(unit.folder / name, _content(store, unit, name, file.sha256))
    except (StudyError, OSError, ValueError) as error:
        print(f"{where}: not whole, and not used ({error})", flush=True)
        return False
    write_bytes(unit.folder / done.RECORD, told)
    return done.is_done(unit)


def _content(store, unit, name, sha256):
    """The bytes of a file: those in runs/ if they are the same, else the remote's."""
    with suppress(OSError):
        here = Path("runs", unit.experiment, unit.name, name).read_bytes()
        if hashlib.sha256(here).hexdigest() == sha256:
            return here
    content = store.read(unit.fingerprint, name)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StudyError(f"{name} is not what done.json states", DATA)
    return content
