"""Reading training curves from curves.csv: round, player, term, replica, value."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline.study.errors import DATA, StudyError

HEADER = ["round", "player", "term", "replica", "value"]
Curves = Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]]  # rounds (T,), values (R, T)


def read(path: Path, replicas: int) -> Curves:
    """The curves of a run by player and term: rounds (T,) and values (R, T).

    path: a curves.csv. replicas: R.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
            if header != HEADER:
                raise ValueError(f"its header must be {','.join(HEADER)}")
            numbers: dict[tuple[str, str], list] = {}
            for at, player, term, replica, value in rows:
                numbers.setdefault((player, term), []).append(
                    (int(at), int(replica), float(value))
                )
        return {key: _matrix(rows, replicas) for key, rows in numbers.items()}
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run the train stage", DATA) from None
    except (ValueError, csv.Error, OSError) as error:
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


def tables(curves: Curves) -> dict[str, str]:
    """One table per term for `dvc plots`: round, and the mean over finite replicas.

    Returns {"<player>-<term>": CSV}.
    """
    return {
        f"{player}-{term}": "round,mean\n"
        + "".join(
            f"{r},{v[np.isfinite(v)].mean():.6g}\n"
            for r, v in zip(rounds, values.T, strict=True)
            if np.isfinite(v).any()
        )
        for (player, term), (rounds, values) in curves.items()
    }
