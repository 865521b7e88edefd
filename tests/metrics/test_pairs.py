"""Every metric with every model: accepted pairs can be measured, and others are refused."""

from dataclasses import fields
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from pipeline import datasets, metrics, models
from pipeline.engine.ensemble import Ensemble
from pipeline.models import roles
from pipeline.stages import check
from pipeline.study import reader
from tests.metrics.unlisted import UNLISTED

ROWS, SEEDS, ROUNDS = 60, (0, 1), (0, 1, 2, 3, 4, 5)
NARROW = {"width": 4, "units": 4, "steps": 3}
SMALL = {"train": 300, "validation": 100, "test": 100}
STUDIES = [reader.read(path) for path in ("params.yaml", "mnist/params.yaml")]
LISTED = [
    run
    for study in STUDIES
    for experiment in study.experiments.values()
    for run in experiment.runs.values()
]
RUNS = {run.model: run for run in reversed([*LISTED, *UNLISTED])}  # of each model the first
METRICS = {name: import_module(f"pipeline.metrics.{name}") for name in metrics.names()}
ROLES = [r for r in vars(roles).values() if getattr(r, "_is_protocol", False) and r.__doc__]
DATA = [name for name in STUDIES[0].data if name != "mnist"]
DATA += [name for name in dict.fromkeys(run.data for run in UNLISTED) if name not in DATA]


@cache
def data(name):
    kind = type(datasets.build(name, {}))
    counts = {f.name for f in fields(kind) if isinstance(f.default, int)}
    return datasets.build(name, {k: v for k, v in SMALL.items() if k in counts})


@cache
def splits(name):
    levels, arrays = data(name).levels, data(name).splits()

    def scaled(x):
        return x if levels is None else 2 * x / levels - 1

    def loaded(key, array):
        rows = torch.from_numpy(array[:ROWS])
        return rows.long() if key == "label" else scaled(rows.float()).flatten(1)

    return {
        split: {
            key: loaded(key, array)
            for of, _, key in (name.rpartition("_") for name in arrays)
            if of == split
            for array in [arrays[f"{of}_{key}"]]
        }
        for split in ("train", "validation", "test")
    }


@cache
def built(model, name):
    """The model of its first run on these data, or at all, but small; None where none suits."""
    run = next((r for r in LISTED if (r.model, r.data) == (model, name)), RUNS[model])
    known = {f.name for f in fields(models.kind(model))}
    arguments = run.arguments | {k: v for k, v in NARROW.items() if k in known}
    try:
        return models.build(model, arguments, data(name))
    except ValueError:
        return None


class Run:
    """A run that was not trained, of the first images of its data."""

    def __init__(self, model, name):
        self.model, self.dataset, self.name = model, data(name), name
        self.seeds, self.draws, self.snapshots = SEEDS, 3, ROUNDS
        step = SimpleNamespace(lr=0.1)
        self.run = SimpleNamespace(
            train=SimpleNamespace(rounds=ROUNDS[-1], optimizer=step, batch=8)
        )
        self.train, self.validation, self.test = splits(name).values()
        self.ensemble, self.untrained = Ensemble(model, SEEDS), Ensemble(model, SEEDS)
        self.ensemble.settle()

    def at(self, snapshot):
        found = Run(self.model, self.name)
        for weights in found.ensemble.weights.values():
            weights *= 1 + 0.1 * snapshot
        return found

    def drawn(self, count):
        noise = self.ensemble.noise(self.model.prior(), (count,), "evaluate/0")
        yield noise, self.ensemble.each(self.model.sample, noise)

    def sample(self, count):
        return torch.cat([x for _, x in self.drawn(count)], 1)

    def logits(self, x):
        own = x if x.dim() == 3 else x.expand(len(SEEDS), *x.shape)
        return self.ensemble.each(self.model.logits, own)

    def class_logits(self, x):
        return self.ensemble.each(self.model.class_logits, x.expand(len(SEEDS), *x.shape))

    @property
    def classifier(self):
        return Run(self.model, getattr(self.dataset, "classified_as", self.name))

    def class_log_probabilities(self, x):
        """A classifier to whom bright images are of the last class."""
        places = torch.linspace(-1, 1, self.dataset.classes)
        return (x.mean(-1, keepdim=True) * places * 50).log_softmax(-1)

    def features(self, x):
        return x.double()


def needed(metric, model, name):
    """What a metric still needs of a model and data, by declaration; None where these misfit."""
    made = built(model, name)
    return None if made is None else check.needed(METRICS[metric], type(made), made, data(name))


ACCEPTED = {
    (metric, model): [
        name
        for name in (RUNS[model].data, *DATA)
        if name in DATA and needed(metric, model, name) == []
    ]
    for metric in METRICS
    for model in RUNS
}


def pattern(metric, model, name):
    """A metric can tell models apart by the roles that its file names, and by no other."""
    text = Path(METRICS[metric].__file__).read_text(encoding="utf-8")
    named = [role for role in ROLES if f"roles.{role.__name__}" in text]
    return metric, *(
        role.__name__ for role in named if not roles.lacking(built(model, name), [role])
    )


PATTERNS = {
    pattern(metric, model, names[0]): (metric, model, names[0])
    for (metric, model), names in reversed(ACCEPTED.items())
    if names
}


def test_every_model_is_here_and_every_metric_has_one():
    assert set(RUNS) == set(models.names())
    assert {metric for (metric, _), names in ACCEPTED.items() if names} == set(METRICS)
    assert {model for (_, model), names in ACCEPTED.items() if names} == set(RUNS)


@pytest.fixture
def small(monkeypatch):
    """Few samples, and no mixture of eighty Gaussians to stand beside them."""
    for module in METRICS.values():
        for constant in ("SAMPLES", "FIXED"):
            if hasattr(module, constant):
                monkeypatch.setattr(module, constant, 40)
    monkeypatch.setattr(METRICS["pair_modes"], "PER_MODE", 1)
    monkeypatch.setattr(METRICS["bits_per_dim"], "_mixture", lambda train, test: ([1.0], ""))


@pytest.mark.parametrize(
    ("metric", "model", "name"),
    PATTERNS.values(),
    ids=[f"{m}-{k}-{d}" for m, k, d in PATTERNS.values()],
)
def test_what_is_accepted_is_measured(metric, model, name, small):
    """A number for every seed: nothing that the check lets pass fails for the model's sake."""
    found = METRICS[metric].measure(Run(built(model, name), name))
    measured = [m for m in found.values() if isinstance(m, metrics.Measured)]
    assert measured
    for m in measured:
        assert len(m.values) in (1, len(SEEDS)), m.title


# What was wrong without a word, or crashed while it was measured.
REFUSED = [
    *(("value", model) for model in ("wgan", "wgan_gp", "lsgan", "sn_gan")),  # scores, no logits
    *(("value", model) for model in ("relativistic_gan", "fourier_gan")),  # but for a constant
    *(("value", model) for model in ("pac_gan", "conditional_gan", "classifier")),
    *(("accuracy", model) for model in ("gan", "wgan", "infogan")),  # no classes
    *(("value", model) for model in ("bigan", "m2")),  # pairs are judged, or nothing is
    *(("code_match", m) for m in ("gan", "auxiliary_gan", "classifier")),  # no clusters
    *(("code_meaning", m) for m in ("gan", "conditional_gan", "bigan")),  # no numbers to show
    *(("rate", model) for model in ("vamp_vae", "hierarchical_vae")),  # the prior is not N(0, I)
    *(("reconstruction", "hierarchical_vae"), ("subspace", "hierarchical_vae")),  # no single z
    *(("probe", "hierarchical_vae"), ("interpolation", "hierarchical_vae")),
    *(("truncation", m) for m in ("paper_gan", "diffusion", "vamp_vae", "augmented_flow")),
    *(("motion", model) for model in ("wgan", "pac_gan", "conditional_gan", "paper_gan")),
]


@pytest.mark.parametrize(("metric", "model"), REFUSED)
def test_what_a_model_cannot_answer_is_refused_whatever_the_data(metric, model):
    assert not ACCEPTED[metric, model]


def test_no_model_is_both_a_discriminator_and_a_critic():
    """Its numbers are log-odds or they are not."""
    for model, run in RUNS.items():
        kind = models.kind(model)
        assert not (issubclass(kind, roles.Discriminator) and issubclass(kind, roles.Critic)), run
