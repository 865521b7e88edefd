"""Parts: some chunks of a unit that are trained apart, and joined again to the bytes of the whole.

    work/<fingerprint>/parts.json       which chunks and replicas each part has
                       part-<first>/    of each part: checkpoints, curves.csv and snapshots, as
                                        the trainer of a whole unit keeps them

Where a chunk begins and ends is a rule of the run (pipeline/engine/chunks.py) and stands in its
record. A chunk is advanced by calls of its own, so its bytes do not depend on who advances the
others. A part is therefore the training of the whole unit, with its memory laid out alike, of
which only some chunks are played. Its result is its last checkpoint. The union of these is the
last checkpoint of the whole, from which the unit's trainer goes on: no round is left, and it
samples all replicas together, as ever. A unit that has been begun may be split as well: each part
takes its share of the last checkpoint.

Whoever splits a unit or joins it must hold its lock.
"""

import shutil
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from pipeline import models
from pipeline.engine.chunks import chunks
from pipeline.engine.ensemble import Ensemble
from pipeline.execution import checkpoints, done, times
from pipeline.execution.curves import Curves, Prefix
from pipeline.execution.play import HEADER
from pipeline.execution.units import Unit, place
from pipeline.results.files import digest, read_json, read_npz, write_bytes, write_json, write_npz
from pipeline.study.errors import StudyError

RECORD = "parts.json"


@dataclass(frozen=True, eq=False)
class Part(Unit):
    """Some neighbouring chunks of a unit, and the replicas first ... stop - 1 that they have."""

    whole: Unit
    chunks: slice
    first: int
    stop: int

    @property
    def label(self) -> str:
        return f"{super().label}[{self.first}:{self.stop}]"

    @property
    def rows(self) -> slice:
        return slice(self.first, self.stop)

    @property
    def replicas(self) -> int:
        return self.stop - self.first

    @property
    def folder(self) -> Path:
        return place(self.fingerprint) / f"part-{self.first:04d}"


def borders(unit: Unit) -> list[slice]:
    """The replicas of each chunk of a unit. Nothing is trained, and one replica is made."""
    block, model = unit.run.train, models.build(unit.run.model, unit.run.arguments, unit.dataset)
    ensemble = Ensemble(model, block.seeds[:1], torch.device("cpu"))
    ensemble.seeds, ensemble.device = tuple(block.seeds), torch.device(unit.device)
    return chunks(ensemble, block.batch * unit.dataset.features, unit.chunk, unit.compiled)


def of(unit: Unit) -> list[Part]:
    """The parts that a unit was split into; none where it was not."""
    try:
        listed = read_json(unit.folder / RECORD)["parts"]
        return [_part(unit, slice(*p["chunks"]), *p["replicas"]) for p in listed]
    except (StudyError, KeyError, TypeError):
        return []


def _part(unit, chunks, first, stop):
    own = {f.name: getattr(unit, f.name) for f in fields(Unit)}
    return Part(**own, whole=unit, chunks=chunks, first=first, stop=stop)


def split(unit: Unit, count: int) -> list[Part]:
    """Splits a unit into at most so many parts of about as many chunks; none if it has but one."""
    rows = borders(unit)
    count = min(count, len(rows))
    if count < 2:
        return []
    ends = pairwise(len(rows) * i // count for i in range(count + 1))
    made = [_part(unit, slice(*e), rows[e[0]].start, rows[e[1] - 1].stop) for e in ends]
    begun = checkpoints.newest(unit)
    for part in made:
        shutil.rmtree(part.folder, ignore_errors=True)
        if begun:
            _begin(part, rows[part.chunks], *begun)
    listed = [
        {"chunks": [p.chunks.start, p.chunks.stop], "replicas": [p.first, p.stop]} for p in made
    ]
    write_json(unit.folder / RECORD, {"parts": listed})
    return made


def _begin(part, rows, arrays, record):
    """Puts a part's share of a checkpoint of the whole in its folder."""
    starts, replicas = {str(each.start) for each in rows}, range(part.first, part.stop)
    own: dict[str, np.ndarray] = {"round": arrays["round"]}
    for name, array in arrays.items():
        start, *rest = name.split("/")
        diverged = start == "diverged" and int(rest[0]) in replicas
        if start in starts or diverged:
            own[name] = array
    part.folder.mkdir(parents=True, exist_ok=True)
    with Curves(part.folder / "curves.csv", None) as curves:
        begun: checkpoints.Record = record.copy()
        begun["curves"], begun["snapshots"] = curves.prefix(), {}
    checkpoints.write(part.folder, own, begun)


def is_played(part: Unit) -> bool:
    """Whether a part's last checkpoint is there and whole."""
    found = checkpoints.newest(part)
    return found is not None and int(found[0]["round"]) == part.run.train.rounds


def join(unit: Unit) -> None:
    """Makes the last checkpoint of a unit from those of its parts; nothing where it has none."""
    made, rounds = of(unit), unit.run.train.rounds
    before = checkpoints.newest(unit) if made else None
    if not made or (before and int(before[0]["round"]) == rounds):
        return
    kept = checkpoints.fresh(unit) if before is None else before[1]
    found = []
    for part in made:
        newest = checkpoints.newest(part)
        if newest is None or int(newest[0]["round"]) != rounds:
            raise done.NotWhole(part.folder, "has not reached its last round")
        found.append((part, *newest))
    kept["curves"] = _join_curves(unit, kept["curves"], made)
    for name in found[0][2]["snapshots"]:
        rows = [read_npz(part.folder / name) for part in made]
        whole = {array: np.concatenate([r[array] for r in rows]) for array in rows[0]}
        write_npz(unit.folder / name, whole)
        kept["snapshots"][name] = digest(unit.folder / name)
    makers = [maker for *_, record in found for maker in record["made_by"]]
    for maker in makers:
        if maker not in kept["made_by"]:
            kept["made_by"].append(maker)
    kept["made_by"].sort(key=lambda maker: maker["from_round"])
    checkpoints.write(unit.folder, {n: a for _, own, _ in found for n, a in own.items()}, kept)
    times.add(unit.folder, sum(times.training_seconds(part.folder) or 0.0 for part in made))


def _join_curves(unit: Unit, kept: Prefix | None, made: list[Part]) -> Prefix:
    """Writes curves.csv: what it was before the split, then the parts' rows of each term.

    kept: what it was. Each part counts its replicas from 0.
    """
    file = unit.folder / "curves.csv"
    rows = [_rows(part) for part in made]
    if len({len(own) for own in rows}) > 1:
        raise done.NotWhole(file, "its parts have rows of different rounds")
    text = "".join(line for groups in zip(*rows, strict=True) for own in groups for line in own)
    before = file.read_bytes()[: kept["bytes"]] if kept else HEADER.encode()
    write_bytes(file, before + text.encode())
    with Curves(file, {"bytes": len(before) + len(text.encode()), "sha256": ""}) as curves:
        return curves.prefix()


def _rows(part: Part) -> list[list[str]]:
    """The lines of a part's curves.csv, those of each round and term together, renumbered."""
    lines = (part.folder / "curves.csv").read_text(encoding="utf-8").splitlines()[1:]
    told = []
    for line in lines:
        played, player, term, replica, value = line.split(",")
        told.append(f"{played},{player},{term},{part.first + int(replica)},{value}\n")
    return [told[i : i + part.replicas] for i in range(0, len(told), part.replicas)]


def forget(unit: Unit) -> None:
    """Deletes what only an unfinished unit needs of its parts."""
    made = of(unit)
    (unit.folder / RECORD).unlink(missing_ok=True)
    for part in made:
        shutil.rmtree(part.folder, ignore_errors=True)
