"""The widgets of the page: what runs in it equals Torch, and the oracle finds what is broken."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from pipeline import load, models
from pipeline.engine.ensemble import Ensemble, Nets
from pipeline.engine.randomness import Normal, draw
from pipeline.page import hands_on
from pipeline.page.hands_on import export
from pipeline.page.inputs import read_experiment
from pipeline.results import schema
from pipeline.results.files import write_npz
from pipeline.results.kept import Kept
from reference.metrics.frechet import frechet_distance
from reference.objectives import gaussian, gaussian_kl, gradient_penalty, importance_weighted
from reference.theory.divergences import jsd
from reference.theory.optimal_discriminator import optimal_discriminator
from tests.page import fabricate
from tests.results import made

NODE = shutil.which("node")
DIGITS = SimpleNamespace(features=64, classes=10, levels=17, shape=(8, 8))
IMAGES = {
    "vae": {"latent": 2, "width": 256, "depth": 2, "likelihood": "bernoulli"},
    "vae_gaussian": {"latent": 2, "width": 32, "likelihood": "gaussian", "variance": "learned"},
    "vae_tanh": {"latent": 2, "width": 32, "likelihood": "gaussian", "output": "tanh"},
    "gan": {"latent": 2, "width": 128, "output": "tanh"},
    "lsgan": {"latent": 2, "width": 16},
}


def node(code, given):
    """What JavaScript makes of a JSON value: `given` there, printed as JSON."""
    if NODE is None:
        pytest.skip("Node is not here")
    file = json.dumps(str(hands_on.FOLDER / "math.js"))
    whole = (
        f"const H = require({file});"
        "const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"console.log(JSON.stringify((() => {{ {code} }})()));"
    )
    done = subprocess.run(
        [NODE, "-e", whole], input=json.dumps(given), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_of(name):
    """A run of one replica with random weights, as `load` gives it."""
    torch.manual_seed(0)
    game = models.build(name.partition("_")[0], IMAGES.get(name, {"width": 128}), DIGITS)
    module = nn.Module()
    for called, network in game.networks().items():
        module.add_module(called, network)
    record = SimpleNamespace(data=SimpleNamespace(shape=[8, 8], classes=10))
    return SimpleNamespace(game=game, module=lambda seed: module, record=record, seeds=[0])


def nets(run):
    networks = dict(run.module(0).named_children())
    return Nets(networks, {n: dict(net.named_parameters()) for n, net in networks.items()})


@pytest.mark.parametrize("name", IMAGES)
def test_the_decoder_in_the_page_is_torchs(name):
    """100 latents of the prior, to 1e-5, in float32 and at the widths of the study."""
    run, z = run_of(name), torch.randn(100, 2)
    with torch.no_grad():
        expected = run.game.sample(nets(run), {"z": z})
    code = "const n = H.network(given.n); return given.z.map(z => Array.from(H.forward(n, z)));"
    found = np.array(node(code, {"n": export.decoder(run, 0), "z": z.tolist()}))
    assert_allclose(found[:, :64], expected, rtol=0, atol=1e-5)
    assert np.ptp(found[:, :64]) > 1e-3


def test_the_classifier_in_the_page_is_torchs():
    run, x = run_of("classifier"), torch.rand(20, 64) * 2 - 1
    with torch.no_grad():
        expected = run.game.class_logits(nets(run), x).softmax(-1)
    code = "const n = H.network(given.n); return given.x.map(x => H.softmax(H.forward(n, x)));"
    network = export.layers(run.module(0).classifier)
    assert_allclose(node(code, {"n": network, "x": x.tolist()}), expected, rtol=0, atol=1e-5)


def test_a_test_digit_stands_where_the_encoder_puts_it():
    run, x = run_of("vae"), np.random.default_rng(0).uniform(-1, 1, (3, 64)).astype(np.float32)
    with torch.no_grad():
        expected = run.game.code(nets(run), torch.from_numpy(x))
    assert_allclose(export.codes(run, 0, x), expected, atol=1e-5)
    assert export.codes(run_of("gan"), 0, x) == []


def test_a_network_that_the_page_cannot_play_is_left_out():
    assert export.layers(nn.Sequential(nn.Linear(2, 3), nn.GELU())) is None
    assert export.layers(nn.Conv2d(1, 1, 3)) is None
    many = replace(run_of("gan").game, latent=3)
    assert export.decoder(SimpleNamespace(**vars(run_of("gan")) | {"game": many}), 0) is None


def test_it_is_made_of_a_trained_runs_files(tmp_path):
    """Of a run on disk: the images in the page are those that `load` draws, of its first seed."""
    data = schema.Data("digits", "d" * 64, [8, 8], features=64, classes=10, levels=17)
    record = made.record((5, 3), model="gan", arguments=IMAGES["gan"], data=data)
    folder = tmp_path / "runs/latent/z_2"
    schema.write(folder / "run.json", record)
    torch.manual_seed(0)
    state = Ensemble(models.build("gan", IMAGES["gan"], DIGITS), [5, 3]).state
    weights = {f"{n}/{k}": t.numpy() for n, ts in state.items() for k, t in ts.items()}
    write_npz(folder / "weights.npz", weights)
    run = SimpleNamespace(name="z_2", measured=record)
    test = {"digits": {"test": {"x": np.zeros((3, 64), np.float32), "label": np.arange(3)}}}
    found = hands_on._explorer({"latent": [run]}, {}, test, tmp_path, Kept())
    (model,) = found["models"]
    assert (model["name"], model["seed"], model["codes"]) == ("latent/z_2", 5, [])
    z = draw(Normal((2,)), (6,), 5, "sample/z", 0, torch.device("cpu"))
    code = "const n = H.network(given.n); return given.z.map(z => Array.from(H.forward(n, z)));"
    images = node(code, {"n": model["decoder"], "z": z.tolist()})
    expected = load("latent/z_2", tmp_path).sample(6, seed=5)
    assert_allclose(images, expected, rtol=0, atol=1e-5)


def exact():
    """The right side of each identity, by the oracle."""
    m, v = 0.6, np.log(0.25)
    x = np.linspace(-14, 14, 5601)
    p = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    q = np.exp(-((x - m) ** 2) / (2 * np.exp(v))) / np.sqrt(2 * np.pi * np.exp(v))
    at = np.exp(-0.045) / np.sqrt(2 * np.pi), np.exp(-0.18) / np.sqrt(2 * np.pi * 0.25)
    errors = np.sin(np.arange(64) + 1) / 2
    weights = np.full((1, 3), gaussian.log_density([[1.0]], [[0.0]], np.log(1.5))[0])
    return {
        "spread": np.exp(v),
        "kl": gaussian_kl.kl_to_standard_normal([[m]], [[v]])[0],
        "labels": optimal_discriminator(*at),
        "twice": -np.log(4) + 2 * jsd(p, q, normalize=True),
        "penalty": gradient_penalty.one_centred([[0.6, -0.8]])[0],
        "weights": importance_weighted.bound(weights)[0],
        "jacobian": 1.0,
        "pixels": gaussian.negative_log_likelihood(
            errors[None], np.zeros((1, 64)), np.log(0.5)
        ).item(),
        "root": frechet_distance(*[np.random.default_rng(0).normal(size=(50, 2))] * 2),
    }


def test_each_mistake_breaks_an_identity_that_the_oracle_has():
    """Without it both sides are the oracle's number; with it the left one is another."""
    code = "return Object.entries(H.mistakes).map(([k, f]) => [k, ...f(false), ...f(true)]);"
    found = {name: numbers for name, *numbers in node(code, None)}
    oracle = exact()
    assert found.keys() == oracle.keys() == hands_on.text()["mistakes"]["items"].keys()
    for name, (left, right, wrong, same) in found.items():
        assert_allclose([left, right, same], oracle[name], rtol=0, atol=1e-7, err_msg=name)
        assert abs(wrong - right) > 0.05, name


@pytest.mark.parametrize(("m", "s"), [(1.2, 0.6), (-3.0, 3.0), (0.0, 1.0)])
def test_d_ends_at_the_oracles_best_one(m, s):
    """Its logit, a parabola, becomes log p_data / p_g; V becomes -log 4 + 2 JSD, from below."""
    code = (
        "let c = [0, 0, 0]; const V = []; const {m, s} = given;"
        "for (let k = 0; k < 200; k++) { V.push(H.value(c, m, s)); c = H.step(c, m, s, 0.1); }"
        "return [V, given.x.map(x => H.sigmoid(H.logit(c, x))), H.value(H.best(m, s), m, s)];"
    )
    x = np.linspace(-2, 2, 9)
    values, D, best = node(code, {"m": m, "s": s, "x": x.tolist()})
    wide = np.linspace(-30, 30, 6001)
    p, q = (
        np.exp(-(((wide - a) / b) ** 2) / 2) / b / np.sqrt(2 * np.pi) for a, b in ((0, 1), (m, s))
    )
    assert_allclose(best, -np.log(4) + 2 * jsd(p, q, normalize=True), atol=1e-4)
    assert (np.diff(values) > -1e-12).all()
    assert_allclose(values[-1], best, atol=1e-6)
    at = (np.exp(-(((x - a) / b) ** 2) / 2) / b for a, b in ((0, 1), (m, s)))
    assert_allclose(D, optimal_discriminator(*at), atol=1e-4)


def sentences(block, where=""):
    """All that is said, by place."""
    if set(block) == {"en", "ko"}:
        yield where, block
    else:
        for key, inner in block.items():
            yield from sentences(inner, f"{where}.{key}")


def test_every_sentence_stands_in_both_languages():
    """One that is no formula alone has Hangul in its Korean form, and none in its English one."""
    found = dict(sentences(hands_on.text()))
    assert len(found) > 60
    for where, said in found.items():
        assert said["en"].strip(), where
        assert not re.search("[가-힣]", said["en"]), where
        assert said["en"] == said["ko"] or re.search("[가-힣]", said["ko"]), where


def test_every_sentence_is_shown():
    text = "".join(f.read_text(encoding="utf-8") for f in sorted(hands_on.FOLDER.glob("*.html")))
    for where, _ in sentences(hands_on.text()):
        key = where.rpartition(".")[2]
        if ".items." not in where and key != "title":
            assert f"t.{key} " in text or f't["{key}"]' in text, where


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A fabricated study of three experiments, with what counts modes."""
    monkeypatch.chdir(tmp_path)
    params = fabricate.study(Path(), only=["equilibrium", "digits", "ring"], drawn=40)
    finished = {name: read_experiment(name, e) for name, e in params.experiments.items()}
    counted = {"histogram.classes_present": made.metric([9, 3, 10])}
    finished["digits"] = [
        replace(r, measured=replace(r.measured, metrics=r.measured.metrics | counted))
        for r in finished["digits"]
    ]
    return finished, params


def test_a_study_has_the_widgets_that_its_runs_allow(study):
    """No run has its weights here: there is no explorer. Nothing is loaded, and what
    stands in an attribute or a text of a run's name is escaped."""
    finished, _ = study
    found = hands_on.fragments(finished, {}, {}, lambda e, r: f"<{e}&{r}>")
    assert [f.name for f in found] == ["film", "pursuit", "atlas", "mistakes"]
    html = "".join(f.html for f in found)
    assert not re.search(r"https?://|<script(?! type=\"application/json\")", html)
    assert "<digits&gan>" not in html
    assert "&lt;digits&amp;gan&gt;" in html
    atlas = next(f.html for f in found if f.name == "atlas")
    assert [int(n) for n in re.findall(r">(\d+)</button>", atlas)] == [9, 3, 10]
    games = json.loads(re.search(r"json\">(.*?)</script>", atlas, re.S)[1])
    assert len(games) == 1  # both runs are one training here, and have one row
    assert games[0]["sprite"].startswith("data:image/png;base64,")


def test_the_film_shows_every_snapshot(study):
    finished, _ = study
    found = hands_on.fragments(finished, {}, {})
    html = next(f.html for f in found if f.name == "film")
    films = json.loads(re.search(r"json\">(.*?)</script>", html, re.S)[1])
    densities = finished["equilibrium"][0].measured.profiles["motion.densities"]
    assert films[0]["rounds"] == densities.rounds
    assert_allclose(films[0]["lines"]["D"], densities.lines["D"], rtol=1e-3)
    assert "G" not in films[1]
    mapped = finished["equilibrium"][0].measured.profiles["motion.map"]
    (ways,) = [*mapped.lines.values()][:1]
    places = [mapped.x.index(z) for z in films[0]["z"]]
    assert (places[0], places[-1]) == (0, len(mapped.x) - 1)
    assert places == sorted(set(places))
    for told, known in zip(films[0]["G"], ways, strict=True):
        assert_allclose(told, [known[i] for i in places], atol=1e-4)


def test_the_page_includes_them_with_one_call(study):
    """With titles in both languages, one style sheet and one script."""
    finished, params = study
    html = hands_on.section(params, finished, {})
    assert re.findall(r'id="hands-on-(\w+)"', html) == ["film", "pursuit", "atlas", "mistakes"]
    assert html.count("<style>") == html.count("<script>") == 1
    for name in ("film", "pursuit", "atlas", "mistakes"):
        title = hands_on.text()[name]["title"]
        assert f'<span lang="ko">{title["ko"]}</span>' in html


def test_a_script_for_all_of_them_is_whole():
    """It is one text that Node can read, and it is in the page once."""
    script = hands_on.script()
    assert script.count("HandsOn.widget(") == len(hands_on.NAMES)
    if NODE:
        done = subprocess.run([NODE, "--check", "-"], input=script, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
