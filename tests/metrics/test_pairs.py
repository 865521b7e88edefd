"""Every metric with every model and data set: accepted ones can be measured, others are refused.

The combinations are made in tests/metrics/walk.py; `make walk` measures and trains all of them.
Here one of each pattern of roles and data is measured, and one of each kind of image trained.
"""

import warnings
from collections import defaultdict
from dataclasses import fields
from functools import cache
from importlib import import_module

import pytest

from pipeline import controls, datasets, figures, metrics, models
from pipeline.models import roles
from tests.metrics import untrained, walk

every, patterns = cache(walk.every), cache(walk.patterns)  # not yet where tests are collected
GIVEN: dict[str, set[str]] = defaultdict(set)


def test_every_model_metric_and_data_set_is_met():
    met = [{one[place] for one in every()} for place in (0, 1, 3)]
    assert met == [set(metrics.names()), set(models.names()), set(datasets.names())]


def numbers_of(metric):
    return [one for one in patterns() if one[0] == metric]


LONGER = {"elbo", "few_probe", "kl_error", "nll"}  # four seconds each, most others one in ten


@pytest.mark.parametrize(
    "metric",
    [pytest.param(n, marks=pytest.mark.each) if n in LONGER else n for n in metrics.names()],
)
def test_what_is_accepted_is_measured(metric):
    """A number for every seed, and under no name that the metric has not announced."""
    for one in numbers_of(metric):
        with walk.small(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            GIVEN[metric] |= walk.measured(*one)
    announced = set(walk.METRICS[metric].VALUES)
    assert GIVEN[metric] - walk.DRAWN == announced, metric


@pytest.mark.walk
@pytest.mark.parametrize(("rows", "how"), walk.HOW[1:3] + walk.HOW[-1:])
def test_few_examples_and_broken_weights_crash_nothing(rows, how):
    """Of one example, of networks that give one image only, or nothing that is finite."""
    for one in patterns(rows):
        with walk.small(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            walk.measured(*one, how)


@pytest.mark.parametrize("name", [n for n in datasets.names() if n not in untrained.DOWNLOADED])
def test_a_data_set_says_its_sizes_before_it_is_made(name):
    """Else no size could be refused before anything is computed."""
    dataset = untrained.data(name)
    arrays = dataset.splits()
    told = datasets.sizes(dataset)
    assert {*datasets.SPLITS} <= told.keys()
    assert told == {part: len(arrays[f"{part}_label"]) for part in told}


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
    assert (metric, model) not in {one[:2] for one in every()}


FEW = [(metric, 5, "ring") for metric in ("prdc", "truncation", "loss_rank")]
FEW += [(metric, 1, "ring") for metric in ("frechet", "kid", "early_speed", "parzen")]
FEW += [("partner_error", 1, "thickened"), ("disentanglement", 19, "factors")]


@pytest.mark.parametrize(("metric", "rows", "name"), FEW)
def test_too_few_examples_are_refused_and_one_more_is_not(metric, rows, name):
    few, enough = (walk.every(count, [metric], [name]) for count in (rows, rows + 1))
    assert not few
    assert enough


def test_no_model_is_both_a_discriminator_and_a_critic():
    """Its numbers are log-odds or they are not."""
    for model in models.names():
        kind = models.kind(model)
        assert not (issubclass(kind, roles.Discriminator) and issubclass(kind, roles.Critic)), kind


@pytest.mark.walk
@pytest.mark.parametrize("name", figures.names())
def test_every_figure_of_a_model_that_has_its_roles_is_drawn(name):
    figure = import_module(f"pipeline.figures.{name}")
    drawn = 0
    for model, place, data in walk.trainable():
        made = untrained.built(model, place, data)
        if data in ("digits", "slanted") and not roles.lacking(made, figure.NEEDS):
            sheets = figure.show({model: untrained.Untrained(model, place, data)})
            for sheet in sheets:
                assert sheet.images.shape[::2] == (len(sheet.rows), untrained.data(data).features)
            drawn += len(sheets)
    assert drawn


@pytest.mark.walk
@pytest.mark.parametrize("name", controls.names())
def test_every_control_of_data_that_it_accepts_is_fitted(name):
    """And of as few training examples as classes; a larger latent than data is refused."""
    control, fitted = controls.kind(name), 0
    arguments = {"latent": 2} if hasattr(control, "EACH") else {}
    told = any(f.name == "pools" for f in fields(control.Control))
    for data in ("dice", "dirac", "digits", "ring", "linear_gaussian", "slanted"):
        dataset, x = untrained.data(data), untrained.splits(data)
        if getattr(control, "unfit", lambda *_, **__: "")(dataset, **arguments):
            continue
        few = x["train"]["x"][: max(dataset.classes, 2)]
        pools = {"pools": x} if told else {}
        made = control.Control(dataset, few, x["validation"]["x"], **pools, **arguments)
        ensemble = controls.ensemble(made, untrained.SEEDS)
        if hasattr(made, "sample"):
            noise = ensemble.noise(made.prior(), (5,), "evaluate")
            assert ensemble.each(made.sample, noise).shape == (2, 5, dataset.features)
        fitted += 1
    assert fitted
    if arguments:
        assert (
            control.unfit(untrained.data("ring"), latent=3) == "3 features and training examples"
        )
