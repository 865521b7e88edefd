"""Damage to stored files: truncations and flipped bits, and what their readers make of them.

A reader must either refuse a damaged file, or read what was written: a bit of a date in a zip
entry, say, or a space in JSON, says nothing.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.execution import checkpoints, done, own, ready, units, worker
from pipeline.results import current, schema, sheets, shelf
from pipeline.results import data as prepared
from pipeline.results.files import digest, read_sealed
from pipeline.stages import claims, evaluate, prepare
from pipeline.study.errors import StudyError

REFUSED = "refused"


class Stored(NamedTuple):
    """A stored file, and how it is read: what is returned tells what was understood."""

    file: Path
    read: Callable[[], Any]


def damaged(content: bytes, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Versions of a file, with names: `count` truncations, and as many single flipped bits."""
    chosen = random.Random(seed)
    for _ in range(count):
        at = chosen.randrange(len(content))
        yield f"cut at {at}", content[:at]
        bit = chosen.randrange(8 * len(content))
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", bytes(flipped)


def unnoticed(stored: Stored, count: int, seed: int = 0) -> tuple[int, list[str]]:
    """How many damaged versions of a file were refused, and those that were read as another."""
    content = stored.file.read_bytes()
    whole, refused, wrong = _plain(stored.read()), 0, []
    assert whole != REFUSED, stored.file
    try:
        for what, version in damaged(content, count, seed):
            stored.file.write_bytes(version)
            try:
                found = _plain(stored.read())
            except StudyError:
                found = REFUSED
            refused += found == REFUSED
            if found not in (REFUSED, whole):
                wrong.append(what)
    finally:
        stored.file.write_bytes(content)
    return refused, wrong


def _plain(x: Any) -> Any:
    """Something that == compares as a whole."""
    if isinstance(x, np.ndarray):
        return x.dtype.str, x.shape, x.tobytes()
    if isinstance(x, Mapping):
        return {key: _plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(value) for value in x]
    return x


def stores(unit: units.Unit) -> dict[str, Stored]:
    """Every kind of file that a study stores and reads again, of a unit that is interrupted.

    The current folder is a study of one experiment, toy, with this unit and a ledger. Its unit has
    a checkpoint of round 32 or so; it is then finished, collected, measured and decided.
    """
    found: dict[str, Stored] = {}
    checkpoint = max(unit.folder.glob("checkpoint-*.npz"))
    copy = Path("kept", checkpoint.name)
    copy.parent.mkdir()
    copy.write_bytes(checkpoint.read_bytes())
    found["work/…/checkpoint.npz"] = Stored(copy, lambda: checkpoints.read(copy))
    prepare.main()
    worker.train(unit, 1000.0)
    done.collect(unit)
    evaluate.main("toy")
    claims.main()
    for name in (*done.promised(unit, False), done.RECORD):
        found[f"work/…/{name}"] = Stored(unit.folder / name, lambda: done.record(unit) or REFUSED)
        found[f"runs/…/{name}"] = Stored(Path("runs/toy/gan", name), _verified)
    data = Path("data/ring.npz")
    found["data/ring.npz"] = Stored(data, lambda: prepared.load("ring", unit.dataset))
    reports = {"reports/metrics/toy.json": schema.Measurements, "reports/claims.json": None}
    for name, kind in reports.items():
        read = (lambda n=name, k=kind: schema.read(k, n)) if kind else current.verdicts
        found[name] = Stored(Path(name), read)
    shown = Path("reports/shown/toy.npz")
    found["reports/shown/toy.npz"] = Stored(shown, lambda: sheets.read(shown))
    lists = {"own": Path("work/own/evaluate-toy.json"), "ahead": ready.folder() / "train-toy.json"}
    ready.write("train", "toy", ready.key(), trained={"gan": unit.folder}, told=["done"])
    own.replace("other", [data])
    for name, file in lists.items():
        found[f"work/{name}/….json"] = Stored(file, lambda f=file: read_sealed(f))
    return found


def _verified() -> str:
    """Whether runs/ has what was written there."""
    shelf.verify(Path("runs/toy/gan"))
    return digest("runs/toy/gan/weights.npz")
