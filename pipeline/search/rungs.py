"""Successive halving: many draws for few rounds, the best of them for more, two to the end.

    rung 1    all draws      1/8 of the rounds
    rung 2    the best 4     1/2
    rung 3    the best 2     all
    rung 4    the winner     twice as many, to see whether the training had converged

Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization"
(2016), figure 3. Each rung trains anew: the learning rate falls to `final` in its last round, so
no rung is the beginning of another. Which draws stand on a rung follows from the reports of the
rung below; nothing else is remembered. A search of one setting has nothing to choose, and begins
with rung 3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pipeline import datasets, models
from pipeline.results import current
from pipeline.results.schema import MeasuredRun
from pipeline.search.draws import Draw, draws
from pipeline.search.space import Search, Space, nested
from pipeline.study import reader
from pipeline.study.errors import StudyError
from pipeline.study.schema import Run, Study
from pipeline.study.validation import allowed

# How many draws stand on a rung, 0 for all, and for how much of the rounds.
RUNGS = ((0, Fraction(1, 8)), (4, Fraction(1, 2)), (2, Fraction(1)), (1, Fraction(2)))
LAST = 3  # the rung that decides; the one above it asks whether the rounds were enough


def ladder(search: Search) -> list[tuple[int, int, Fraction]]:
    """The rungs of a search: number, how many draws, share of the rounds."""
    first = LAST if search.setting else 1
    return [(k, *rung) for k, rung in enumerate(RUNGS, 1) if k >= first]


@dataclass(frozen=True)
class Result:
    """A draw on a rung, measured: a value per tuning seed, None where there is none."""

    draw: Draw
    rounds: int
    values: list[float | None]
    parameters: int  # of all networks of a replica

    @property
    def mean(self) -> float | None:
        """Over the tuning seeds; None where one of them has no value."""
        found = [v for v in self.values if v is not None]
        return sum(found) / len(found) if len(found) == len(self.values) else None


@dataclass(frozen=True)
class Rung:
    """A rung of a search: its experiment, and its draws, the best first, once measured."""

    number: int
    experiment: str
    block: dict[str, Any]  # of params.yaml
    results: list[Result] | None  # None: not yet measured
    better: str = ""  # "higher", "lower" or "reference"


def name(id: str, rung: int) -> str:
    """The experiment of a rung, 1, 2 ..."""
    return f"{id.replace('-', '_')}_{rung}"


def rungs(space: Space, id: str, most: int = len(RUNGS)) -> list[Rung]:
    """The rungs of a search as far as the reports reach: at most one that is not yet measured.

    most: how many at most.
    """
    standing, found = draws(space, id), list[Rung]()
    for number, keep, share in ladder(space.searches[id])[:most]:
        standing = standing[: keep or len(standing)]
        rung = _measured(space, id, number, sorted(standing, key=lambda d: d.number), share)
        found.append(rung)
        if rung.results is None:
            break
        standing = [result.draw for result in rung.results]
    return found


def _measured(space, id, number, standing, share) -> Rung:
    """A rung with what the reports say of its draws."""
    search, experiment = space.searches[id], name(id, number)
    block = _block(space, id, standing, share)
    study = reader.parse(space.study | {"experiments": {experiment: block}}, reader.FILE)
    asked = study.experiments[experiment]
    reports = current.measured(experiment, asked)
    if current.waiting(asked, reports):
        return Rung(number, experiment, block, None)
    results, better, reference = list[Result](), "", None
    for run, draws_of_run in _by_run(standing).items():
        values, better, reference = _values(reports[run], experiment, run, search.metric)
        size, seeds = _parameters(asked.runs[run], study), len(values) // len(draws_of_run)
        for place, draw in enumerate(draws_of_run):
            own = values[place * seeds : (place + 1) * seeds]
            results.append(Result(draw, asked.runs[run].train.rounds, own, size))
    order = ranked(results, better, reference, search.margin if number == LAST else 0.0)
    return Rung(number, experiment, block, order, better)


def ranked(
    results: Sequence[Result], better: str, reference: float | None, margin: float = 0.0
) -> list[Result]:
    """Results, the best mean first; equal ones by cost: parameters times rounds.

    A draw of which a replica diverged, or has no value, comes after all whose replicas have one,
    the fewer such replicas the earlier.
    better: "higher", "lower" or "reference", the nearer to which the better.
    margin: by how much worse than the best a mean may be and count as equal to it. On the rung
    that decides it is that of the search: no claim speaks of a difference that small.
    """

    def loss(value: float) -> float:
        if better == "reference":
            return abs(value - (reference or 0.0))
        return -value if better == "higher" else value

    def rank(result: Result) -> tuple[float, ...]:
        losses = [v for v in result.values if v is not None]
        lost = len(result.values) - len(losses)
        mean = loss(sum(losses) / len(losses)) if losses else math.inf
        return lost, mean, result.parameters * result.rounds, result.draw.number

    order = sorted(results, key=rank)
    lost, best = rank(order[0])[:2] if order else (0, 0.0)
    equal = [r for r in order if rank(r)[0] == lost and rank(r)[1] < best + margin]
    cheapest = sorted(equal, key=lambda r: r.parameters * r.rounds)  # stable: then the better
    return cheapest + order[len(equal) :]


def _block(space: Space, id: str, standing: list[Draw], share: Fraction) -> dict[str, Any]:
    """A rung as an experiment of params.yaml."""
    search = space.searches[id]
    rounds, file = max(1, round(search.rounds * share)), search.metric.partition(".")[0]
    seeds = (space.study.get("train") or {}) | search.train
    fixed = {"data": search.data, "model": search.model, "arguments": search.arguments}
    return {
        "question": f"Which of {len(standing)} settings of search {id} is best after {rounds} "
        f"rounds, by {search.metric}?"
        if len(standing) > 1
        else f"Does the {'setting' if search.setting else 'winner'} of search {id} still move "
        f"after {rounds} rounds?",
        "metrics": [file, *(m for m in search.metrics if m != file)],
        "split": "validation",
        **fixed,
        "train": search.train | {"rounds": rounds},
        "runs": {
            run: _run(of_run, seeds["seeds"], search.arguments)
            for run, of_run in _by_run(standing).items()
        },
    }


def _run(standing: list[Draw], seeds: list[int], shared: dict[str, Any]) -> dict[str, Any]:
    """The draws of one structure as one run: every draw on every seed.

    shared: arguments of all draws; a list is one number per seed, such as its label split.
    """
    keys = dict(standing[0].structure) | {"train.seeds": [*seeds] * len(standing)}
    own = {name: numbers for name, numbers in shared.items() if isinstance(numbers, list)}
    keys |= {f"arguments.{name}": numbers * len(standing) for name, numbers in own.items()}
    for key in standing[0].own:
        numbers = [draw.own[key] for draw in standing for _ in seeds]
        alike = all(number == numbers[0] for number in numbers)
        keys[key] = numbers[0] if alike else numbers
    return nested(keys)


def _by_run(standing: Sequence[Draw]) -> dict[str, list[Draw]]:
    found: dict[str, list[Draw]] = {}
    for draw in standing:
        found.setdefault(draw.run, []).append(draw)
    return found


def _values(
    found: MeasuredRun, experiment: str, run: str, key: str
) -> tuple[list[float | None], str, float | None]:
    """The metric's value of each replica, which way it is better, and its reference value."""
    if key not in found.metrics:
        file = key.partition(".")[0]
        given = [k for k in found.metrics if k.partition(".")[0] == file]
        raise StudyError(f"{experiment}.{run} has no metric {key!r}{allowed(key, given)}")
    metric = found.metrics[key]
    if len(metric.values) != len(found.train.seeds):
        raise StudyError(f"{experiment}.{run}: {key} has no value per replica to choose by")
    return metric.values, metric.better, metric.reference


def _parameters(run: Run, study: Study) -> int:
    """How many numbers the networks of a replica have."""
    dataset = datasets.build(run.data, study.data[run.data] or {})
    networks = models.build(run.model, run.arguments, dataset).networks()
    return sum(p.numel() for network in networks.values() for p in network.parameters())


def settings_of(space: Space, id: str, draw: Draw) -> dict[str, Any]:
    """The whole setting of a draw at the full rounds: what params.yaml takes from a search."""
    block = _block(space, id, [draw], Fraction(1))
    study = reader.parse(space.study | {"experiments": {"alone": block}}, reader.FILE)
    return settings(study.experiments["alone"].runs[draw.run])


def settings(run: Run) -> dict[str, Any]:
    """What of a run is its setting; seeds, samples, logs and snapshots are the study's own."""
    train = run.train.model_dump(mode="json", include={"rounds", "batch", "average"})
    optimizer = run.train.optimizer.model_dump(mode="json", exclude_defaults=True)
    players = {
        name: own
        for name, block in run.train.players.items()
        if (own := block.model_dump(mode="json", exclude_defaults=True)) != optimizer
    }
    kept = {key: value for key, value in train.items() if value is not None}
    # What each seed has its own of, such as a label split, is the study's too.
    arguments = {k: v for k, v in run.arguments.items() if not isinstance(v, list)}
    return {
        "data": run.data,
        "model": run.model,
        "arguments": arguments,
        "train": kept | {"optimizer": optimizer} | ({"players": players} if players else {}),
    }
