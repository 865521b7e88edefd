"""Whether the names in params.yaml lead somewhere: what every stage reads the study through.

    python -m pipeline check

A run names a data set, a model and arguments; an experiment names metrics and figures. Each must
exist, each argument must suit its model, and each model must have the roles that the metrics
asked of it need (pipeline/models/roles.py), each data set what they look at. All of that is found
out here, in one go, before anything is computed.
"""

from collections import Counter
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import torch

from pipeline import controls, datasets, figures, metrics, models
from pipeline.engine import settings
from pipeline.engine.phases import stretches
from pipeline.metrics import no_value
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
    _check_classifiers(found, Path(path).with_name("dvc.yaml"), problems)
    for e, experiment in found.experiments.items():
        for metric in experiment.metrics:
            if _known(metric, metrics.names(), f"experiments.{e}.metrics: metric", problems):
                problems += _unclassified(
                    metric, f"experiments.{e}.metrics", experiment, found, data
                )
        for metric, times in Counter(experiment.metrics).items():
            if times > 1:
                problems.append(f"experiments.{e}.metrics: {metric} is listed twice")
        for r, run in experiment.runs.items():
            where = f"experiments.{e}.runs.{r}"
            _check_run(run, where, found.data, data, experiment, problems)
        _check_controls(experiment, f"experiments.{e}.controls", data, problems)
        _check_figures(experiment, f"experiments.{e}.figures", data, problems)
        if (best := experiment.best_of) and (wrong := no_value(best.metric, experiment.metrics)):
            problems.append(f"experiments.{e}.best_of.metric: {wrong}")
        if (flat := experiment.converged) and (
            wrong := no_value(flat.metric, experiment.metrics, by_round=True)
        ):
            problems.append(f"experiments.{e}.converged.metric: {wrong}")
        for group in best.groups if best else []:
            if not any(run.startswith(f"{group}_") for run in experiment.runs):
                problems.append(f"experiments.{e}.best_of: no run is named {group}_...")
    if problems:
        raise reader.refused(path, problems)
    return found.model_copy(update={"data": data})


def _check_run(run, where, listed, data, experiment, problems):
    """Whether a run's names are known, its arguments fit its model, its metrics can be taken."""
    _check_replicas(run, where, problems)
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
        with torch.device("meta"):  # networks that it tries to build take no memory
            model, wrong = validation.checked(
                Model, block, f"{where}.arguments", replicas=len(run.train.seeds)
            )
        problems += wrong or _unplayable(model, run, dataset, where)
        problems += [f"{where}.data: {lacks}" for lacks in _unsuited(Model, model, run, dataset)]
        count = datasets.sizes(dataset).get("train", run.train.batch)
        if run.train.batch > count:
            problems.append(
                f"{where}.train.batch: {run.train.batch} is more than the {count} training "
                f"examples of {run.data}"
            )
        pack = getattr(model, "pack", 1)  # examples that are looked at together
        if run.train.batch % pack:
            problems.append(
                f"{where}.train.batch: must be a multiple of pack, {pack}, not {run.train.batch}"
            )
    for metric in sorted(set(experiment.metrics) & set(metrics.names())):
        module = import_module(f"pipeline.metrics.{metric}")
        for missing in metrics.needed(module, Model, model, dataset, experiment.split):
            problems.append(f"{where}: metric {metric} needs {missing}")
        for key in ("snapshots", "rounds"):  # no two snapshots are of one round
            if getattr(run.train, key) < (least := getattr(module, "SNAPSHOTS", 0)):
                problems.append(f"{where}.train.{key}: metric {metric} needs {least} at least")


def _unsuited(Model, model, run, dataset) -> list[str]:
    """What a model is made for that its data have not, in words."""
    if dataset.levels is None and model is not None:
        lit = "pixel" in getattr(model, "observation", dict)()
        if lit or getattr(model, "likelihood", "") == "bernoulli":
            return [f"{run.model} reads grey levels as probabilities, and {run.data} has none"]
    wanted = {roles.Translator: "partners", roles.MultiDomain: "domains"}
    return [
        f"{run.model} needs data with {attribute}, which {run.data} has not"
        for role, attribute in wanted.items()
        if not roles.lacking(Model, [role]) and getattr(dataset, attribute, None) is None
    ]


def _check_replicas(run, where, problems):
    """Whether each replica has its own seed, or its own settings, and each list is as long."""
    seeds = run.train.seeds
    blocks = {"optimizer": run.train.optimizer}
    blocks |= {f"players.{name}": block for name, block in run.train.players.items()}
    lists = {
        f"{name}.{key}": value
        for name, block in blocks.items()
        for key, value in block.model_dump().items()
        if isinstance(value, list)
    }
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
    known = [player.name for player in model.players()]
    return [
        f"{where}.train.players.{name}: {run.model} has no such player"
        f"{validation.allowed(name, known)}"
        for name in run.train.players
        if name not in known
    ] + [
        f"{where}.data: player {player.name} draws from {pool!r}, which {run.data} has not"
        f"{validation.allowed(pool, offered)}"
        for player in model.players()
        for pool in player.draws.values()
        if pool not in offered
    ]


def _check_classifiers(found, pipeline, problems):
    """Whether each evaluation classifier is a run that classifies its data, and DVC knows of it.

    pipeline: the dvc.yaml beside the params.yaml.
    """
    stages = pipeline.read_text(encoding="utf-8") if pipeline.is_file() else None
    for data, named in found.evaluation_classifier.items():
        where, (e, _, r) = f"evaluation_classifier.{data}", named.partition("/")
        if not (
            _known(data, found.data, f"{where}: data set", problems)
            and _known(e, found.experiments, f"{where}: experiment", problems)
            and _known(r, found.experiments[e].runs, f"{where}: run of {e}", problems)
        ):
            continue
        run, dependency = found.experiments[e].runs[r], f"runs/${{{where}}}"
        if run.data != data:
            problems.append(f"{where}: {named} is trained on {run.data}, not on {data}")
        known = run.model in models.names()
        if known and roles.lacking(models.kind(run.model), [roles.Classifier]):
            problems.append(f"{where}: {named} has the model {run.model}, which is no classifier")
        if stages is not None and f"- {dependency}" not in stages:
            problems.append(f"{where}: stage evaluate of dvc.yaml lacks - {dependency}")


def _unclassified(metric, where, experiment, found, data):
    """Lines on the data sets whose examples a metric would show a classifier that is not named."""
    shown = getattr(import_module(f"pipeline.metrics.{metric}"), "CLASSIFIER", None)
    played = {run.data for run in experiment.runs.values()} & data.keys()
    asked = {
        getattr(data[name], "classified_as", name)
        for name in played
        if shown == "all" or (shown == "images" and data[name].levels is not None)
    }
    return [
        f"{where}: metric {metric} needs evaluation_classifier.{name}, a run to name what is drawn"
        for name in sorted(asked - found.evaluation_classifier.keys())
    ]


def _check_figures(experiment, where, data, problems):
    """Whether the figures of an experiment are known, and some run of it can be shown by each."""
    known = set(models.names())
    runs = [run for run in experiment.runs.values() if run.model in known and run.data in data]
    for figure in experiment.figures:
        if not _known(figure, figures.names(), f"{where}: figure", problems) or not runs:
            continue
        module = import_module(f"pipeline.figures.{figure}")
        lacking = [roles.lacking(models.kind(run.model), module.NEEDS) for run in runs]
        able = [data[run.data] for run, lacks in zip(runs, lacking, strict=True) if not lacks]
        if not able:
            told = ", ".join(dict.fromkeys(role for found in lacking for role in found))
            problems.append(f"{where}: {figure} needs the role {told}, which no model here has")
        elif not any(len(dataset.shape) > 1 for dataset in able):
            problems.append(f"{where}: {figure} shows images, and no data set here has them")
        least = getattr(module, "NEEDS_TEST", 1)
        there = [datasets.sizes(dataset).get(experiment.split, least) for dataset in able]
        if there and min(there) < least:
            problems.append(
                f"{where}: {figure} needs {least} {experiment.split} images at least, "
                f"and there are {min(there)}"
            )


def _check_controls(experiment, where, data, problems):
    """Whether the controls of an experiment are known, and its data can be asked for each."""
    known = [
        name
        for name in experiment.controls
        if _known(name, controls.names(), f"{where}: control", problems)
    ]
    used = sorted({run.data for run in experiment.runs.values()})
    if known and len(used) > 1:
        problems.append(f"{where}: runs of one data set can be compared, not of {', '.join(used)}")
    for name, times in Counter(known).items():
        if times > 1:
            problems.append(f"{where}: {name} is listed twice")
        # Those of a wrong type are told of their runs.
        arguments = [
            {key: value for key, value in run.arguments.items() if type(value) is int}
            for run in experiment.runs.values()
        ]
        rows = controls.rows([name], arguments)
        unfit = getattr(controls.kind(name), "unfit", lambda dataset, **_: "")
        if used[0] in data:
            problems += [
                f"{where}: {row} needs {wrong}, which {used[0]} has not"
                for row, made in rows.items()
                if (wrong := unfit(data[used[0]], **made.arguments))
            ]
        if not rows:
            each = controls.kind(name).EACH
            problems.append(f"{where}: {name} needs a run with the argument {each}")
        problems += [
            f"{where}: {row} is a run's name too" for row in rows if row in experiment.runs
        ]


def _known(name, allowed, what, problems):
    if name not in allowed:
        problems.append(f"{what} {name!r} is unknown{validation.allowed(name, allowed)}")
    return name in allowed
