"""The study as params.yaml states it: read once, checked whole, before any work.

Every problem of the file is told at once, a line each: file, key, what is allowed, and the
nearest name where one was misspelt. The file is read as YAML 1.2, as DVC reads it, so that
`1e-3` is a number for both and a duplicate key is an error.
"""

import json
from collections.abc import Iterable
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline import blocks, datasets
from pipeline.errors import StudyError
from pipeline.fields import Count, Decay, Index, NonNegative, Positive, Share

FILE = "params.yaml"
JUDGE = "judge"  # the experiment whose classifiers name what generators of the same data draw
FROM_DATA = ("features", "classes", "shape")  # fields of a model that its data set decides


class Block(BaseModel):
    """A mapping of params.yaml: every key known, every type exact."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Adam(Block):
    """Kingma & Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1."""

    name: Literal["adam"]
    lr: Positive
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    eps: Positive = 1e-8
    final: Share = 1.0  # of lr, that the last round has; between, the rate falls linearly


class SGD(Block):
    """Stochastic gradient descent with momentum, as algorithm 1 of the GAN paper uses it."""

    name: Literal["sgd"]
    lr: Positive
    momentum: Decay = 0.0
    final: Share = 1.0


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # also a folder and a DVC stage
Seeds = Annotated[list[Index], Len(1, 1000)]


class Train(Block):
    """How a run is trained: the `train` block, the experiment's over it, the run's over both."""

    seeds: Seeds  # one replica each; listed, so that more never change the earlier ones
    rounds: Count  # a round is every player's steps
    batch: Count  # examples per step and replica
    log_every: Count  # rounds
    samples: Count  # drawn from each replica at the end
    moments: Index = 0  # 0, or so many equal parts of the training at whose ends weights are kept
    optimiser: Annotated[Adam | SGD, Field(discriminator="name")]


class Run(Block):
    """Model x data x arguments, all its replicas."""

    data: str
    model: str
    arguments: dict[str, Any] = {}
    train: Train


class BestOf(Block):
    """What the best of n settings is worth to expect, drawn for each of several groups of runs."""

    metric: str  # its name in reports/metrics
    groups: Annotated[list[Name], Len(1, 20)]  # a run belongs to the longest that begins its name


class Experiment(Block):
    """A question put to several runs."""

    question: Annotated[str, Len(1, 300)]
    metrics: Annotated[list[str], Len(1, 50)]
    figures: Annotated[list[str], Len(0, 50)] = []
    best_of: BestOf | None = None
    draws: Count = 256  # of each test image, for its likelihood by importance sampling
    train: dict[str, Any] = {}
    runs: Annotated[dict[Name, Run], Len(1, 500)]


class Study(Block):
    """Every number of the study."""

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")]
    threads: Count  # of each training process
    chunk: Index = 0  # replicas a call; 0: as many as suits the device and the networks
    compile: Literal["auto", "always", "never"] = "auto"
    processes: Index  # runs side by side; 0: as many as fit the machine
    checkpoint_seconds: NonNegative
    data: dict[str, Any]
    train: dict[str, Any]
    experiments: Annotated[dict[Name, Experiment], Len(1, 100)]


def model_of(run: Run, dataset) -> Any:
    """The Model of a run: its arguments and what its data set decides."""
    Model = import_module(f"pipeline.models.{run.model}").Model
    given = {f.name: getattr(dataset, f.name) for f in fields(Model) if f.name in FROM_DATA}
    return TypeAdapter(Model).validate_json(json.dumps(given | run.arguments))


def modules(package: str) -> list[str]:
    """The names of a package's modules: the models, metrics or figures that there are."""
    folder = Path(__file__).parent / package
    return sorted(f.stem for f in folder.glob("*.py") if not f.stem.startswith("_"))


def read(path: Path | str = FILE) -> Study:
    """The study in a params.yaml, every name resolved and every number checked."""
    content, problems = _yaml(path), list[str]()
    _merge_train(content)
    study, data = None, {}
    try:
        study = Study.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        problems += [_told(e) for e in error.errors()]
    else:
        for name, block in study.data.items():
            try:
                data[name] = datasets.build(name, block or {})
            except StudyError as error:
                problems += str(error).splitlines()
        for e, experiment in study.experiments.items():
            for metric in experiment.metrics:
                _known(metric, modules("metrics"), f"experiments.{e}.metrics: metric", problems)
            for r, run in experiment.runs.items():
                where = f"experiments.{e}.runs.{r}"
                _check_run(run, where, study.data, data, experiment.metrics, problems)
            _check_figures(experiment, f"experiments.{e}.figures", problems)
            for group in experiment.best_of.groups if experiment.best_of else []:
                if not any(run.startswith(f"{group}_") for run in experiment.runs):
                    problems.append(f"experiments.{e}.best_of: no run is named {group}_...")
    if study is None or problems:
        raise StudyError("\n".join(f"{path}: {problem}" for problem in problems))
    return study.model_copy(update={"data": data})


def _merge_train(content):
    """Each run's `train` becomes whole: the study's block, the experiment's and its own."""

    def block(owner, key):
        found = owner.get(key) if isinstance(owner, dict) else None
        return found if isinstance(found, dict) else {}

    for experiment in block(content, "experiments").values():
        for run in block(experiment, "runs").values():
            if isinstance(run, dict) and isinstance(run.get("train", {}), dict):
                above = block(content, "train") | block(experiment, "train")
                run["train"] = above | run.get("train", {})


def _yaml(path):
    try:
        content = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run this in the study's folder") from None
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: not UTF-8 at byte {error.start}") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        what = getattr(error, "problem", None) or "not YAML"
        raise StudyError(f"{where}: {' '.join(str(what).split())}") from None
    if not isinstance(content, dict):
        raise StudyError(
            f"{path}: must be a mapping with the keys {', '.join(Study.model_fields)}"
        )
    return content


def _check_run(run, where, listed, data, metrics, problems):
    """Whether a run's names are known, its arguments fit its model, its metrics can be taken."""
    seeds = run.train.seeds
    if len(set(seeds)) < len(seeds):
        problems.append(f"{where}.train.seeds: a seed is listed twice; each replica has its own")
    _known(run.data, list(listed), f"{where}.data: data set", problems)
    if not _known(run.model, modules("models"), f"{where}.model: model", problems):
        return
    Model = import_module(f"pipeline.models.{run.model}").Model
    for name in run.arguments:
        if name in FROM_DATA:
            problems.append(f"{where}.arguments.{name}: decided by the data set; leave it out")
    if run.data in data:
        given = {f.name: getattr(data[run.data], f.name, None) for f in fields(Model)}
        block = run.arguments | {k: v for k, v in given.items() if k in FROM_DATA}
        model, wrong = blocks.checked(Model, block, f"{where}.arguments")
        problems += wrong
        pack = getattr(model, "pack", 1)  # examples that are judged together
        if run.train.batch % pack:
            problems.append(
                f"{where}.train.batch: must be a multiple of pack, {pack}, not {run.train.batch}"
            )
    for metric in sorted(set(metrics) & set(modules("metrics"))):
        module = import_module(f"pipeline.metrics.{metric}")
        lacks = [f"{need}()" for need in module.NEEDS if not hasattr(Model, need)]
        if lacks:
            problems.append(
                f"{where}: metric {metric} needs a model with {', '.join(lacks)}, "
                f"which {run.model} has not"
            )
        if run.train.moments < (least := getattr(module, "MOMENTS", 0)):
            problems.append(f"{where}.train.moments: metric {metric} needs {least} at least")


def _check_figures(experiment, where, problems):
    """Whether the figures of an experiment are known, and some run of it can be shown by each."""
    known = set(modules("models"))
    models = {run.model for run in experiment.runs.values() if run.model in known}
    for figure in experiment.figures:
        if _known(figure, modules("figures"), f"{where}: figure", problems):
            needs = import_module(f"pipeline.figures.{figure}").NEEDS
            if models and not any(has(model, needs) for model in models):
                methods = ", ".join(f"{need}()" for need in needs)
                problems.append(f"{where}: no run has a model with {methods}, as {figure} needs")


def has(model: str, needs: Iterable[str]) -> bool:
    """Whether a model of pipeline/models has all methods of these names."""
    Model = import_module(f"pipeline.models.{model}").Model
    return all(hasattr(Model, need) for need in needs)


def _known(name, allowed, what, problems):
    if name not in allowed:
        problems.append(f"{what} {name!r} is unknown{blocks.allowed(name, allowed)}")
    return name in allowed


def _told(error):
    """One line of one of pydantic's errors."""
    location = [str(part) for part in error["loc"] if part not in ("adam", "sgd")]
    key = ".".join(location)
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown{blocks.allowed(location[-1], _siblings(error['loc']))}"
    if error["type"] == "missing":
        return f"{key}: missing"
    message = error["msg"].replace("Input should be", "must be")
    return f"{key}: {message[0].lower() + message[1:]}, not {json.dumps(error['input'])[:80]}"


def _siblings(location) -> list[str]:
    """The keys that are allowed where an unknown one was found in params.yaml."""
    owner: type[Block] = Study
    # experiments.E.x, .E.best_of.x, .E.runs.R.x, .E.runs.R.train.x
    owners: dict[int, type[Block]] = {3: Experiment, 4: BestOf, 5: Run, 6: Train}
    if location[0] == "experiments":
        owner = owners.get(len(location), Train)
    if "adam" in location or "sgd" in location:
        owner = Adam if "adam" in location else SGD
    return list(owner.model_fields)
