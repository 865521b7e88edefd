"""Whether the names in params.yaml lead somewhere: what every stage reads the study through.

    python -m pipeline check

A run names a data set, a model and arguments; an experiment names metrics and figures. Each must
exist, each argument must suit its model, and each model must be able to answer the metrics that
are asked of it. All of that is found out here, in one go, before anything is computed.
"""

from dataclasses import fields
from importlib import import_module
from pathlib import Path

from pipeline import datasets, figures, metrics, models
from pipeline.engine import settings
from pipeline.engine.phases import stretches
from pipeline.study import reader, validation
from pipeline.study.errors import StudyError
from pipeline.study.schema import Study


def study(path: Path | str = reader.FILE) -> Study:
    """The study in a params.yaml, every name resolved: `data` holds a DataSet for each name."""
    found, data, problems = reader.read(path), {}, list[str]()
    for name, block in found.data.items():
        try:
            data[name] = datasets.build(name, block or {})
        except StudyError as error:
            problems += str(error).splitlines()
    for e, experiment in found.experiments.items():
        for metric in experiment.metrics:
            _known(metric, metrics.names(), f"experiments.{e}.metrics: metric", problems)
        for r, run in experiment.runs.items():
            where = f"experiments.{e}.runs.{r}"
            _check_run(run, where, found.data, data, experiment.metrics, problems)
        _check_figures(experiment, f"experiments.{e}.figures", problems)
        for group in experiment.best_of.groups if experiment.best_of else []:
            if not any(run.startswith(f"{group}_") for run in experiment.runs):
                problems.append(f"experiments.{e}.best_of: no run is named {group}_...")
    if problems:
        raise StudyError("\n".join(f"{path}: {problem}" for problem in problems))
    return found.model_copy(update={"data": data})


def _check_run(run, where, listed, data, asked, problems):
    """Whether a run's names are known, its arguments fit its model, its metrics can be taken."""
    _check_replicas(run, where, problems)
    _known(run.data, list(listed), f"{where}.data: data set", problems)
    if not _known(run.model, models.names(), f"{where}.model: model", problems):
        return
    Model = models.kind(run.model)
    for name in run.arguments:
        if name in models.FROM_DATA:
            problems.append(f"{where}.arguments.{name}: decided by the data set; leave it out")
    if run.data in data:
        given = {f.name: getattr(data[run.data], f.name, None) for f in fields(Model)}
        block = run.arguments | {k: v for k, v in given.items() if k in models.FROM_DATA}
        model, wrong = validation.checked(
            Model, block, f"{where}.arguments", replicas=len(run.train.seeds)
        )
        problems += wrong or _unplayable(model, run, data[run.data], where)
        pack = getattr(model, "pack", 1)  # examples that are judged together
        if run.train.batch % pack:
            problems.append(
                f"{where}.train.batch: must be a multiple of pack, {pack}, not {run.train.batch}"
            )
    for metric in sorted(set(asked) & set(metrics.names())):
        module = import_module(f"pipeline.metrics.{metric}")
        lacks = [f"{need}()" for need in module.NEEDS if not hasattr(Model, need)]
        if lacks:
            problems.append(
                f"{where}: metric {metric} needs a model with {', '.join(lacks)}, "
                f"which {run.model} has not"
            )
        if run.train.snapshots < (least := getattr(module, "SNAPSHOTS", 0)):
            problems.append(f"{where}.train.snapshots: metric {metric} needs {least} at least")


def _check_replicas(run, where, problems):
    """Whether each replica has its own seed, or its own settings, and each list is as long."""
    seeds = run.train.seeds
    optimizer = run.train.optimizer.model_dump()
    lists = {f"optimizer.{key}": v for key, v in optimizer.items() if isinstance(v, list)}
    for key, numbers in lists.items():
        if len(numbers) != len(seeds):
            problems.append(
                f"{where}.train.{key}: {len(numbers)} numbers, one per replica, "
                f"for {len(seeds)} seeds"
            )
            return
    lists |= {k: v for k, v in run.arguments.items() if isinstance(v, list)}
    own = [lists[key] for key in lists if len(lists[key]) == len(seeds)]
    if len(set(map(str, zip(seeds, *own, strict=True)))) < len(seeds):
        problems.append(
            f"{where}.train.seeds: a seed is listed twice; each replica has its own, "
            "or settings of its own"
        )


def _unplayable(model, run, dataset, where) -> list[str]:
    """What keeps a model from being trained: settings that cannot differ, phases, pools."""
    if per_replica := settings.fault(model):
        return [f"{where}.arguments: only what a loss reads may differ: {per_replica}"]
    try:
        stretches(model, run.train.rounds)
    except ValueError as error:
        return [f"{where}.train.rounds: {error}"]
    offered = ("train", *datasets.pools(dataset))
    return [
        f"{where}.data: player {player.name} draws from {pool!r}, which {run.data} has not"
        f"{validation.allowed(pool, offered)}"
        for player in model.players()
        for pool in player.draws.values()
        if pool not in offered
    ]


def _check_figures(experiment, where, problems):
    """Whether the figures of an experiment are known, and some run of it can be shown by each."""
    known = set(models.names())
    played = {run.model for run in experiment.runs.values() if run.model in known}
    for figure in experiment.figures:
        if _known(figure, figures.names(), f"{where}: figure", problems):
            needs = import_module(f"pipeline.figures.{figure}").NEEDS
            if played and not any(models.has(model, needs) for model in played):
                methods = ", ".join(f"{need}()" for need in needs)
                problems.append(f"{where}: no run has a model with {methods}, as {figure} needs")


def _known(name, allowed, what, problems):
    if name not in allowed:
        problems.append(f"{what} {name!r} is unknown{validation.allowed(name, allowed)}")
    return name in allowed
