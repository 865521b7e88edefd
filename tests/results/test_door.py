"""A trained run is loaded from Python with its weights and metrics, from any folder."""

import re
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline import load, models
from pipeline.engine.ensemble import Ensemble
from pipeline.execution import done, units, worker
from pipeline.results import schema
from pipeline.results.door import Replica, of_row
from pipeline.results.files import read_npz, write_json, write_npz
from pipeline.stages import check, evaluate
from pipeline.study.errors import StudyError
from tests import committed, tiny

pytestmark = pytest.mark.usefixtures("traced_once")

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
STUDY = committed.study()
RUNS = {r.model: r for e in STUDY.experiments.values() for r in e.runs.values()}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder with a study: a GAN that is trained and measured, a classifier that is trained, and
    a run that is new."""
    folder = tmp_path_factory.mktemp("study")
    train = {"rounds": 3, "samples": 20, "seeds": [3, 1]}
    content = tiny.params(gan={"data": "digits", "train": train})
    classifier = {"data": "digits", "model": "classifier", "arguments": {"width": 4}}
    one = tiny.params(plain=classifier | {"train": train})["experiments"].pop("toy")
    digits = content["experiments"].pop("toy") | {"metrics": ["value"]}
    content["experiments"] = {"digits": digits, "named": one | {"metrics": ["accuracy"]}}
    content["data"] = {"digits": {}}
    content["processes"] = 1
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.delenv("DVC_ROOT", raising=False)
        patched.delenv("DSTAR_WORK", raising=False)
        tiny.write(folder, content)
        settings = check.study()
        for experiment in settings.experiments:
            for unit in units.units(settings, experiment):
                worker.train(unit, 1000.0)
                done.collect(unit)
        evaluate.main("digits")
        digits["runs"]["later"] = deepcopy(digits["runs"]["gan"])
        tiny.write(folder, content)
    return folder


def test_what_the_readme_shows_can_be_done(study):
    """Its lines as they stand, in the folder of a study; what they give is what they say."""
    (block,) = [b for b in re.findall(r"```python\n(.*?)```", README, re.S) if "import load" in b]
    lines = [line.partition("#")[0].strip() for line in block.splitlines() if line]
    assert len(lines) <= 6
    shown = [line for line in lines if line.startswith("run.")]
    tells = [f"print(type({line}).__name__, getattr({line}, 'shape', None))" for line in shown]
    command = [sys.executable, "-c", "\n".join([*lines, *tells])]
    told = subprocess.run(command, cwd=study, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert dict(zip(shown, told.stdout.splitlines(), strict=True)) == {
        "run.sample(16, seed=3)": "Tensor torch.Size([16, 64])",
        'run.weights["generator/0.weight"]': "ndarray (2, 4, 2)",
        "run.metrics": "dict None",
        "run.module(seed=3).generator": "Sequential None",
    }


def test_samples_are_those_that_the_run_has_kept(study):
    """The first of samples.npz, by each replica; more begin with fewer."""
    run = load("digits/gan", root=study)
    kept = read_npz(study / "runs/digits/gan/samples.npz")["x"]
    torch.testing.assert_close(run.sample(20), torch.from_numpy(kept), rtol=1e-5, atol=1e-6)
    for row, seed in enumerate(run.seeds):
        few = run.sample(7, seed=seed)
        torch.testing.assert_close(few, torch.from_numpy(kept[row, :7]), rtol=1e-5, atol=1e-6)
    assert run.seeds == [3, 1]
    assert not np.allclose(kept[0], kept[1])


def test_a_module_is_an_ordinary_one(study):
    """Its weights are the replica's own copy, it takes gradients, and its state can be moved."""
    run = load("digits/gan", root=study)
    module = run.module(seed=1)
    for name, tensor in module.state_dict().items():
        np.testing.assert_array_equal(tensor, run.weights[name.replace(".", "/", 1)][1])
    module({"z": torch.randn(4, 2)}).sum().backward()
    assert all(p.grad is not None for p in module.generator.parameters())
    with torch.no_grad():
        module.generator[0].weight.zero_()
    assert run.weights["generator/0.weight"][1].any()
    other = run.module(seed=3)
    other.load_state_dict(module.state_dict())
    assert not other.generator[0].weight.any()


@pytest.mark.parametrize("model", sorted(RUNS))
def test_a_module_of_any_model_computes_what_the_ensemble_does(model):
    """For every model of params.yaml: the samples of a replica alone and in company."""
    run, seeds = RUNS[model], (5, 8)
    # A list has a number for each seed, such as its label split.
    own = {k: v[: len(seeds)] if isinstance(v, list) else v for k, v in run.arguments.items()}
    game = models.build(run.model, own, STUDY.data[run.data])
    ensemble = Ensemble(game, seeds)
    ensemble.settle()
    for row in range(2):
        stored = {
            f"{network}/{name}": tensor.numpy()
            for network, tensors in ensemble.state.items()
            for name, tensor in tensors.items()
        }
        weights = of_row(stored, row)
        before = torch.random.get_rng_state()
        replica = Replica(game, weights)
        assert torch.equal(torch.random.get_rng_state(), before)
        assert {name for name, _ in replica.named_children()} == set(game.networks())
        if hasattr(game, "sample"):
            noise = ensemble.noise(game.prior(), (3,), "test")
            expected = ensemble.each(game.sample, noise)[row]
            with torch.no_grad():
                found = replica({name: values[row] for name, values in noise.items()})
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_metrics_are_those_of_the_weights_that_are_opened(study):
    """Of another training they are not shown."""
    metrics = load("digits/gan", root=study).metrics
    assert metrics["value.game"].low < metrics["value.game"].mean < metrics["value.game"].high
    assert len(metrics["value.game"].values) == 2
    later = load("digits/gan", root=study)
    later.record = replace(later.record, fingerprint="0" * 16)
    with pytest.raises(StudyError, match=r"is not measured yet; run `dvc repro evaluate@digits`"):
        later.metrics  # noqa: B018
    with pytest.raises(StudyError, match=r"named\.json: named/plain as .* is not measured yet"):
        load("named/plain", root=study).metrics  # noqa: B018


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("digits/later", r"runs/digits/later: not trained yet; run `dvc repro train@digits`"),
        ("digits/gann", r"names no run; runs of digits; allowed: gan, later; did you mean 'gan'"),
        ("digit/gan", r"names no experiment/run of it; .* did you mean 'digits'"),
        ("digits", r"names no run; runs of digits; allowed: gan, later"),
        ("", r"names no experiment/run of it; experiments; allowed: digits, named"),
        ("../x/gan", r"names no experiment/run of it"),
    ],
)
def test_a_run_that_is_not_there_is_one_line(study, name, told):
    with pytest.raises(StudyError, match=told) as error:
        load(name, root=study)
    assert "\n" not in str(error.value)


def test_a_folder_without_a_study_is_one_line(tmp_path):
    with pytest.raises(StudyError, match=r"params\.yaml: no such file; root is the folder of a"):
        load("digits/gan", root=tmp_path)


def test_what_a_run_cannot_give_is_one_line(study):
    with pytest.raises(StudyError, match=r"no replica of seed 2; allowed: 3, 1"):
        load("digits/gan", root=study).sample(1, seed=2)
    with pytest.raises(StudyError, match="its model, classifier, draws no samples"):
        load("named/plain", root=study).sample(1)


def test_weights_of_other_networks_are_refused(study, tmp_path):
    run = load("digits/gan", root=study)
    folder = tmp_path / "runs/digits/gan"
    schema.write(folder / "run.json", run.record)
    shorter = {name: array for name, array in run.weights.items() if name != "generator/0.bias"}
    write_npz(folder / "weights.npz", shorter)
    with pytest.raises(StudyError, match=r"weights\.npz: weights of other networks"):
        load("digits/gan", root=tmp_path).module(seed=3)
    write_json(folder / "run.json", schema.plain(run.record) | {"data": {"name": "digits"}})
    with pytest.raises(StudyError, match=r"run\.json: data\.digest: missing"):
        load("digits/gan", root=tmp_path)


def test_the_door_is_light_until_it_is_opened():
    """`import pipeline` imports nothing that is heavy."""
    program = "import sys, pipeline; pipeline.load; print({'torch', 'numpy'} & set(sys.modules))"
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told == "set()\n"
