"""What is said of a run: its own weights, its own seeds, on test data, with the right interval."""

import csv
import json
import math
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.special import expit, logit

from pipeline.execution import done, units, worker
from pipeline.execution.side_by_side import side_by_side
from pipeline.metrics import Profile
from pipeline.results import schema, sheets
from pipeline.results.files import read_json, read_npz, write_npz
from pipeline.results.trained_run import Trained
from pipeline.stages import check, evaluate
from pipeline.study.errors import DATA, StudyError
from tests import tiny
from tests.results import made

pytestmark = pytest.mark.usefixtures("traced_once")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study whose two runs have been trained and measured."""
    path = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.delenv("DVC_ROOT", raising=False)
        tiny.write(path, tiny.params(gan={}, more={"train": {"rounds": 40, "seeds": [3, 1, 7]}}))
        for unit in units.units(check.study(), "toy"):
            worker.train(unit, 1000.0)
            done.collect(unit)
        evaluate.main("toy")
        yield path


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def metrics(run):
    return read_json("reports/metrics/toy.json")["runs"][run]["metrics"]


def test_more_seeds_never_change_the_earlier_ones(here):
    """Replicas 3 and 1 of both runs are the same two trainings, measured alike."""
    for name, metric in metrics("gan").items():
        more = np.array(metrics("more")[name]["values"][:2], float)  # null: not a number
        np.testing.assert_allclose(more, np.array(metric["values"], float), rtol=1e-5)


def test_the_interval_is_students(here):
    """SciPy's own interval of a mean, for every metric that is finite and differs by seed.

    Where the values have a range, on the scale of log (x - a) / (b - x) or log (x - a).
    """
    ranges = set()
    for metric in metrics("more").values():
        values = np.array(metric["values"], float)
        if metric["share"] or not values.std() > 0:
            continue
        mean, error = values.mean(), stats.sem(values)
        least, most = metric["least"], metric["most"]
        ranges.add((least is not None, most is not None))
        if least is None:
            assert most is None
            ends = stats.t.interval(0.95, 2, mean, error)
        elif most is None:
            low, high = stats.t.interval(0.95, 2, np.log(mean - least), error / (mean - least))
            ends = least + np.exp([low, high])
        else:
            width = most - least
            at = (mean - least) / width
            scale = error / width / (at * (1 - at))
            ends = least + width * expit(stats.t.interval(0.95, 2, logit(at), scale))
        np.testing.assert_allclose([metric["low"], metric["high"]], ends, rtol=1e-9)
        assert metric["mean"] == pytest.approx(mean)
    assert (True, False) in ranges  # a distance


def test_beside_the_mean_stands_where_as_many_new_seeds_lie(here):
    """Of two and three seeds, with the deviation of both together: three degrees of freedom."""
    key = "value.game"
    found = [metrics(run)[key] for run in ("gan", "more")]
    values = [np.array(m["values"], float) for m in found]
    sd = math.sqrt(sum(((v - v.mean()) ** 2).sum() for v in values) / 3)
    for metric, v in zip(found, values, strict=True):
        half = stats.t.ppf(0.995, 3) * sd * math.sqrt(2 / len(v))
        told = metric["predicted"]
        ends = [v.mean() - half, v.mean() + half]
        np.testing.assert_allclose([told["low"], told["high"]], ends, rtol=1e-9)
        assert (told["seeds"], told["level"], told["pooled"]) == (len(v), 0.99, True)


def test_a_control_does_not_make_the_seeds_of_a_run_look_more_alike():
    """One that varies not at all leaves the interval of the runs as it is without it."""

    def run(values, control=False):
        return made.measured(made.record([0, 1]), {"m.x": made.metric(values)}, control=control)

    runs = {"one": run([0.0, 1.0]), "two": run([3.0, 5.0])}
    alone = evaluate.predicted(runs)
    both = evaluate.predicted(runs | {"noise": run([7.0, 7.0], control=True)})
    assert {name: both[name] for name in runs} == alone
    assert alone["one"].metrics["m.x"].predicted.pooled


def test_a_replica_that_stands_still_is_named(here, monkeypatch):
    run = Trained(check.study(), "toy", "more")
    assert evaluate.measured(run, ["coverage"]).diverged == []
    monkeypatch.setattr(Trained, "diverged", [1])
    found = evaluate.measured(run, ["coverage"])
    assert found.diverged == [1]
    assert [v is None for v in found.metrics["coverage.lost"].values] == [False, True, False]


def test_runs_side_by_side_are_measured_as_one_by_one(here):
    """And stand in the order of params.yaml, whichever is done first."""
    runs = [Trained(check.study(), "toy", name) for name in ("gan", "more")]
    f = partial(evaluate.measured, metrics=["value", "coverage"])
    together, apart = (list(side_by_side(f, runs, n)) for n in (2, 1))
    assert together == apart
    assert [run.train.seeds for run in together] == [run.seeds for run in runs]


def test_the_value_is_of_the_test_split(here):
    """V by hand from the stored weights and the stored test examples of one replica."""
    run = Trained(check.study(), "toy", "gan")
    weights = read_npz("runs/toy/gan/weights.npz")
    test = torch.from_numpy(read_npz("data/ring.npz")["test_x"])

    def discriminator(x):
        for layer in ("0", "2", "4"):
            w, b = (
                torch.from_numpy(weights[f"discriminator/{layer}.{k}"][1])
                for k in ("weight", "bias")
            )
            x = x @ w.T + b
            x = x if layer == "4" else torch.where(x > 0, x, 0.2 * x)
        return x[:, 0]

    real, fake = discriminator(test), discriminator(run.sample(10_000)[1])
    v = (real.sigmoid().log().mean() + (1 - fake.sigmoid()).log().mean()).item()
    assert metrics("gan")["value.game"]["values"][1] == pytest.approx(v, rel=1e-4)


def test_samples_do_not_depend_on_how_many_are_drawn_at_a_time(here, monkeypatch):
    """Logits of 40 examples, in chunks of 7 and of all; more samples keep the earlier ones."""
    run = Trained(check.study(), "toy", "gan")
    x = torch.randn(40, 2)
    whole = run.logits(x)
    monkeypatch.setattr("pipeline.results.trained_run.CHUNK", 7)
    torch.testing.assert_close(run.logits(x), whole, rtol=1e-5, atol=1e-6)
    sample = run.sample(20)
    assert torch.equal(sample[:, :14], run.sample(14))
    monkeypatch.setattr("pipeline.results.trained_run.CHUNK", 2500)
    monkeypatch.setattr("pipeline.metrics.NOISE", 15)  # 7 of 2 numbers
    assert torch.equal(run.sample(20), sample)
    monkeypatch.setattr("pipeline.metrics.NOISE", 1)
    assert run.sample(3).shape == (2, 3, 2)


def test_a_run_is_measured_with_the_draws_of_its_experiment(here):
    settings = check.study()
    assert Trained(settings, "toy", "gan").draws == 256
    toy = settings.experiments["toy"].model_copy(update={"draws": 7})
    settings = settings.model_copy(update={"experiments": {"toy": toy}})
    assert Trained(settings, "toy", "gan").draws == 7


def test_the_curves_are_means_over_replicas(here):
    with open("runs/toy/gan/curves.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tables = sorted((here / "reports/curves/toy").glob("gan-*.csv"))
    assert [t.stem for t in tables] == [
        "gan-discriminator-minimax",
        "gan-generator-non_saturating",
    ]
    for table in tables:
        term = table.stem.split("-")[2]
        lines = list(csv.DictReader(table.read_text().splitlines()))
        assert [line["round"] for line in lines] == ["1", "10", "20", "30", "40"]
        for line in lines:
            found = [
                float(row["value"])
                for row in rows
                if (row["round"], row["term"]) == (line["round"], term)
            ]
            assert float(line["mean"]) == pytest.approx(np.mean(found), rel=1e-5)


def test_a_key_leads_to_the_code_that_gave_the_value(here):
    """<file>.<value>, of every kind of number; two values of one name never share a key."""
    found = schema.read(schema.Measurements, "reports/metrics/toy.json").runs["gan"]
    assert found.files == {"value", "coverage"}
    assert {*found.metrics, *found.histograms} >= {"value.game", "coverage.by_mode"}
    run = Trained(check.study(), "toy", "gan")
    with pytest.raises(StudyError, match=r"'coverage\.lost' of pipeline/metrics: measured twice"):
        evaluate.values(run, ["coverage", "coverage"])


@pytest.mark.parametrize("name", ["Modes", "modes.low", "modes covered", ""])
def test_a_value_has_a_plain_name(here, monkeypatch, name):
    monkeypatch.setattr("pipeline.metrics.coverage.measure", lambda run: {name: None})
    with pytest.raises(StudyError, match="no name for a value"):
        evaluate.values(Trained(check.study(), "toy", "gan"), ["coverage"])


def test_weights_of_another_model_are_refused(here):
    """Also where no done.json tells that the file was changed."""
    record = Path("runs/toy/gan/done.json")
    stated, weights = record.read_bytes(), read_npz("runs/toy/gan/weights.npz")
    record.unlink()
    write_npz("runs/toy/gan/weights.npz", weights | {"generator/0.bias": np.zeros((2, 5), "f4")})
    with pytest.raises(StudyError, match=r"weights\.npz: generator/0\.bias is not of this model"):
        Trained(check.study(), "toy", "gan")
    write_npz("runs/toy/gan/weights.npz", weights)
    record.write_bytes(stated)


def test_a_run_of_other_params_is_refused(here):
    tiny.write(here, tiny.params(gan={"arguments": {"latent": 3, "width": 4}}, more={}))
    with pytest.raises(StudyError, match=r"other settings .*\(arguments\)") as told:
        evaluate.main("toy")
    assert told.value.code == DATA


class Autoencoder:
    """It has the role of one, and triples an image."""

    def code(self, net, x):
        return x

    decode = code

    def reconstruct(self, net, x):
        return 3 * x


def test_what_is_shown_is_kept_with_the_weights_that_it_shows(tmp_path):
    """Runs of one data set share a sheet, points are no images, and greys keep their order."""

    def run(data, shape, model=Autoencoder):
        return SimpleNamespace(
            run=SimpleNamespace(data=data),
            dataset=SimpleNamespace(shape=shape),
            test={"x": torch.linspace(-1, 1, 64).expand(16, 64)},
            model=model(),
            ensemble=SimpleNamespace(each=lambda f, x: f(None, x)[None]),
            record=SimpleNamespace(fingerprint=f"of {data}"),
        )

    runs = {"a": run("digits", (8, 8)), "b": run("ring", (2,)), "c": run("digits", (8, 8))}
    runs["d"] = run("digits", (8, 8), model=SimpleNamespace)
    sheets.write(tmp_path / "shown.npz", evaluate.shown(runs, ["reconstruction"]))
    arrays = read_npz(tmp_path / "shown.npz")
    (sheet,) = json.loads(str(arrays["sheets"]))
    assert sheet["rows"] == ["test data", "a", "c"]
    assert sheet["fingerprints"] == {"a": "of digits", "c": "of digits"}
    images = arrays[sheet["images"]]
    assert (images.shape, images.dtype) == ((3, 16, 64), np.uint8)
    assert images[0, 0, [0, -1]].tolist() == [0, 255]
    assert (np.diff(images[0, 0].astype(int)) > 0).all()
    assert images[1, 0, [0, 15, -1]].tolist() == [0, 0, 255]


def test_an_experiment_without_figures_has_none(here):
    assert json.loads(str(read_npz("reports/shown/toy.npz")["sheets"])) == []


def test_what_is_drawn_keeps_five_digits_and_no_infinity():
    profile = Profile(
        "p", "x", [0.1, 2.0], {"f": [[1.234567, math.inf], [-0.0012345678, 0.0]]}, [3]
    )
    told = evaluate._drawn(profile)
    assert told["lines"] == {"f": [[1.2346, None], [-0.0012346, 0.0]]}
    assert (told["x"], told["rounds"], told["unit"]) == ([0.1, 2.0], [3], "x")
