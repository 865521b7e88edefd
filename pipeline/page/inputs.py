"""What the page is made of: the files of a study, read and held against one another.

A number on the page must belong to the weights that it is shown with. So a run whose metrics
carry another fingerprint than its run.json, or whose seeds differ, is refused.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.results.files import read_json, read_npz
from pipeline.study.errors import DATA, StudyError

CURVES = ["round", "player", "term", "replica", "value"]


@dataclass(frozen=True)
class Finished:
    """A run, trained and evaluated."""

    name: str
    record: Mapping  # run.json
    measured: Mapping  # its block of reports/metrics/<experiment>.json
    curves: Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]]  # rounds (T,), values (R, T)
    samples: np.ndarray  # (R, n, features); n = 0 where the model draws none

    @property
    def seeds(self) -> list[int]:
        """The names of its replicas."""
        return self.record["train"]["seeds"]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return tuple(self.record["data"]["shape"])


@dataclass(frozen=True)
class Shown:
    """A sheet of an experiment's figures."""

    figure: str
    title: str
    note: str
    rows: list[str]
    images: np.ndarray  # (rows, columns, features), from -1 to 1
    shape: tuple[int, ...]  # of an image


def read_curves(path: Path, replicas: int) -> dict[tuple[str, str], tuple]:
    """The training curves of a run: {(player, term): (rounds (T,), values (R, T))}.

    path: a curves.csv. replicas: R.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
            if header != CURVES:
                raise ValueError(f"its header must be {','.join(CURVES)}")
            numbers: dict[tuple[str, str], list] = {}
            for at, player, term, replica, value in rows:
                numbers.setdefault((player, term), []).append(
                    (int(at), int(replica), float(value))
                )
        return {key: _matrix(rows, replicas) for key, rows in numbers.items()}
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run the train stage", DATA) from None
    except ValueError as error:
        raise StudyError(
            f"{path}: not the curves of {replicas} replicas ({error})", DATA
        ) from None


def _matrix(rows, replicas):
    rounds, place = np.unique([at for at, _, _ in rows], return_inverse=True)
    replica = np.array([replica for _, replica, _ in rows])
    if len(rows) != len(rounds) * replicas or replica.min() < 0 or replica.max() >= replicas:
        raise ValueError(f"{len(rows)} values for {len(rounds)} rounds")
    values = np.full((replicas, len(rounds)), np.nan)
    values[replica, place] = [value for _, _, value in rows]
    return rounds, values


def _read(path, stage):
    if not path.is_file():
        raise StudyError(f"{path}: no such file; run the {stage} stage", DATA)
    return read_json(path)


def read_run(experiment: str, run: str, measured: Mapping) -> Finished:
    """One run with its numbers.

    measured: its block of reports/metrics/<experiment>.json.
    """
    folder = Path("runs", experiment, run)
    record = _read(folder / "run.json", "train")
    for key, theirs, own in (
        ("fingerprint", measured["fingerprint"], record["fingerprint"]),
        ("seeds", measured["seeds"], record["train"]["seeds"]),
    ):
        if theirs != own:
            raise StudyError(
                f"reports/metrics/{experiment}.json: {run} has {key} {theirs}, but "
                f"{folder / 'run.json'} has {own}; run the evaluate stage again",
                DATA,
            )
    replicas = len(record["train"]["seeds"])
    samples = np.zeros((replicas, 0, int(np.prod(record["data"]["shape"]))), np.float32)
    if (folder / "samples.npz").is_file():
        samples = read_npz(folder / "samples.npz")["x"]
        if samples.ndim != 3 or len(samples) != replicas:
            raise StudyError(
                f"{folder / 'samples.npz'}: x has shape {samples.shape}, "
                f"not ({replicas}, n, features)",
                DATA,
            )
    return Finished(run, record, measured, read_curves(folder / "curves.csv", replicas), samples)


def read_experiment(experiment: str, runs: Iterable[str]) -> list[Finished]:
    """The runs of an experiment, in the order of params.yaml."""
    path = Path("reports", "metrics", f"{experiment}.json")
    measured = _read(path, "evaluate")["runs"]
    for run in runs:
        if run not in measured:
            raise StudyError(f"{path}: has no run {run}; run the evaluate stage again", DATA)
    return [read_run(experiment, run, measured[run]) for run in runs]


def read_sheets(experiment: str, runs: Iterable[Finished]) -> list[Shown]:
    """The sheets of an experiment's figures, each drawn from the weights of these runs."""
    path = Path("reports", "shown", f"{experiment}.npz")
    arrays = read_npz(path)
    trained = {run.name: run.record["fingerprint"] for run in runs}
    try:
        sheets = json.loads(str(arrays["sheets"]))
        stale = [n for s in sheets for n, of in s["fingerprints"].items() if trained.get(n) != of]
        found = [
            Shown(
                sheet["figure"],
                sheet["title"],
                sheet["note"],
                sheet["rows"],
                arrays[sheet["images"]] / np.float32(127.5) - 1,
                tuple(sheet["shape"]),
            )
            for sheet in sheets
        ]
    except (KeyError, ValueError) as error:
        raise StudyError(f"{path}: not the figures of an experiment ({error})", DATA) from None
    if stale:
        raise StudyError(
            f"{path}: shows another training of {stale[0]}; run the evaluate stage again", DATA
        )
    return found


def read_claims() -> dict:
    """The ledger with its verdicts: reports/claims.json."""
    return _read(Path("reports", "claims.json"), "claims")
