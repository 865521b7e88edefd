"""Whether the names in params.yaml lead somewhere: what every stage reads the study through.

    python -m pipeline check

A run names a data set, a model and arguments; an experiment names metrics and figures. Each must
exist, each argument must suit its model, and each model must have the roles that the metrics
asked of it need (pipeline/models/roles.py), each data set what they look at. All of that is found
out here, in one go, before anything is computed.
"""

from dataclasses import fields
from importlib import import_module
from pathlib import Path

from pipeline import datasets, figures, metrics, models
from pipeline.models import roles
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
    seeds = run.train.seeds
    if len(set(seeds)) < len(seeds):
        problems.append(f"{where}.train.seeds: a seed is listed twice; each replica has its own")
    _known(run.data, list(listed), f"{where}.data: data set", problems)
    if not _known(run.model, models.names(), f"{where}.model: model", problems):
        return
    Model = models.kind(run.model)
    for name in run.arguments:
        if name in models.FROM_DATA:
            problems.append(f"{where}.arguments.{name}: decided by the data set; leave it out")
    model, dataset = None, data.get(run.data)
    if dataset:
        given = {f.name: getattr(dataset, f.name, None) for f in fields(Model)}
        block = run.arguments | {k: v for k, v in given.items() if k in models.FROM_DATA}
        model, wrong = validation.checked(Model, block, f"{where}.arguments")
        problems += wrong
        pack = getattr(model, "pack", 1)  # examples that are judged together
        if run.train.batch % pack:
            problems.append(
                f"{where}.train.batch: must be a multiple of pack, {pack}, not {run.train.batch}"
            )
    for metric in sorted(set(asked) & set(metrics.names())):
        module = import_module(f"pipeline.metrics.{metric}")
        for missing in needed(module, Model, model, dataset):
            problems.append(f"{where}: metric {metric} needs {missing}")
        if run.train.snapshots < (least := getattr(module, "SNAPSHOTS", 0)):
            problems.append(f"{where}.train.snapshots: metric {metric} needs {least} at least")


def needed(metric, Model, model, dataset):
    """What a metric needs that a model, or its data, has not, in words.

    model, dataset: None where the run's arguments or its data are at fault themselves.
    """
    name = Model.__module__.rpartition(".")[2]
    found = [
        f"the role {role}, and {name} has no {', '.join(f'{method}()' for method in methods)}"
        for role, methods in roles.lacking(Model, metric.NEEDS).items()
    ]
    for attribute in getattr(metric, "NEEDS_DATA", ()) if dataset else ():
        if getattr(dataset, attribute, None) is None:
            found.append(f"data with {attribute}, which these have not")
    if model and not found and hasattr(metric, "lacks") and (more := metric.lacks(model, dataset)):
        found.append(more)
    return found


def _check_figures(experiment, where, problems):
    """Whether the figures of an experiment are known, and some run of it can be shown by each."""
    known = set(models.names())
    played = {run.model for run in experiment.runs.values() if run.model in known}
    for figure in experiment.figures:
        if _known(figure, figures.names(), f"{where}: figure", problems):
            needs = import_module(f"pipeline.figures.{figure}").NEEDS
            lacking = [roles.lacking(models.kind(model), needs) for model in sorted(played)]
            if lacking and all(lacking):
                told = ", ".join(dict.fromkeys(role for found in lacking for role in found))
                problems.append(
                    f"{where}: {figure} needs the role {told}, which no model here has"
                )


def _known(name, allowed, what, problems):
    if name not in allowed:
        problems.append(f"{what} {name!r} is unknown{validation.allowed(name, allowed)}")
    return name in allowed
