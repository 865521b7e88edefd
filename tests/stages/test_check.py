"""Metrics that a run's model does not support are reported before training, one line each."""

import pytest

from pipeline.stages import check
from pipeline.study.errors import StudyError
from tests import tiny

GAN = {"latent": 2, "width": 4}
AUTOENCODER = "code(), decode(), reconstruct()"
VAE = {"latent": 2, "width": 4, "likelihood": "gaussian"}


def told(folder, metrics, **runs):
    """The lines that `check` prints of an experiment `toy` with these metrics and runs."""
    params = tiny.params(**runs)
    params["experiments"]["toy"]["metrics"] = metrics
    try:
        tiny.write(folder, params)
    except StudyError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize(
    ("metric", "model", "arguments", "role", "lacks"),
    [
        ("value", "wgan", GAN, "Discriminator", "logits()"),
        ("value", "wgan_gp", GAN, "Discriminator", "logits()"),
        ("value", "lsgan", GAN, "Discriminator", "logits()"),
        ("accuracy", "gan", GAN, "Classifier", "class_logits()"),
        ("coverage", "classifier", {"width": 4}, "Sampler", "prior(), sample()"),
        ("probe", "hierarchical_vae", VAE, "Encoder", "code()"),
        ("rate", "vamp_vae", VAE, "IndependentLatents", "kl_by_latent()"),
        ("rate", "hierarchical_vae", VAE, "IndependentLatents", "encode(), kl_by_latent()"),
        ("reconstruction", "hierarchical_vae", VAE, "Autoencoder", AUTOENCODER),
        ("subspace", "hierarchical_vae", VAE, "Autoencoder", AUTOENCODER),
    ],
)
def test_a_role_that_a_model_has_not_is_one_line(folder, metric, model, arguments, role, lacks):
    """Experiment, run, metric, role and model, in one line."""
    (line,) = told(folder, [metric], run={"model": model, "arguments": arguments})
    assert line.endswith(
        f"params.yaml: experiments.toy.runs.run: metric {metric} needs the role {role}, "
        f"and {model} has no {lacks}"
    )


def test_each_run_is_told_apart_and_one_that_can_answer_is_not_named(folder):
    lines = told(
        folder,
        ["value", "coverage"],
        good={},
        bad={"model": "wgan", "arguments": GAN},
        worse={"model": "classifier", "arguments": {"width": 4}},
    )
    named = [line.partition("toy.runs.")[2].partition(":")[0] for line in lines]
    assert named == ["bad", "worse", "worse", "worse"]


@pytest.mark.parametrize(
    ("metric", "model", "arguments", "needed"),
    [
        ("pair_modes", "gan", GAN, "data with parts, which these have not"),
        ("motion", "gan", GAN, "a model whose samples are made of one normal number"),
        ("wasserstein", "gan", GAN, "data on the line"),
        ("bits_per_dim", "coupling_flow", {"couplings": 2, "width": 4, "levels": 3}, "levels: 0"),
    ],
)
def test_what_data_or_arguments_do_not_give_is_refused(folder, metric, model, arguments, needed):
    run = {"model": model, "arguments": arguments}
    if metric == "motion":
        run["train"] = {"rounds": 40, "snapshots": 2}
    (line,) = [line for line in told(folder, [metric], run=run) if "toy.runs.run" in line]
    assert f"experiments.toy.runs.run: metric {metric} needs " in line
    assert needed in line


def test_what_is_right_is_not_refused(folder):
    assert told(folder, ["value", "coverage"], run={}) == []
    assert check.study().experiments["toy"].metrics == ["value", "coverage"]


@pytest.mark.parametrize(
    ("asked", "told_of"),
    [
        (["nois"], "control 'nois' is unknown; "),
        (["noise", "noise"], "noise is listed twice"),
        (["bernoulli_mixture"], "bernoulli_mixture needs images, which ring has not"),
        (["k_means"], "k_means needs 8 training examples, which ring has not"),
        (["noise"], "noise is a run's name too"),
        (["pca"], "pca needs a run with the argument latent"),
    ],
)
def test_a_control_that_cannot_be_is_one_line(folder, asked, told_of):
    params = tiny.params(noise={}) if "name too" in told_of else tiny.params(run={})
    params["experiments"]["toy"]["controls"] = asked
    if asked == ["k_means"]:
        params["data"]["ring"] |= {"train": 7}
        params["train"]["batch"] = 4
    if asked == ["pca"]:
        params["experiments"]["toy"] |= {"metrics": ["coverage"]}
        flow = {"model": "coupling_flow", "arguments": {"couplings": 2, "width": 4}}
        params["experiments"]["toy"]["runs"]["run"] |= flow
    with pytest.raises(StudyError) as caught:
        tiny.write(folder, params)
    (line,) = str(caught.value).splitlines()
    assert f"params.yaml: experiments.toy.controls: {told_of}" in line
