"""python -m benchmarks.gpu, as far as a machine without a GPU can run it."""

import json
import subprocess
import sys

import pytest

from benchmarks import gpu, zoo
from pipeline.models import names

MISSING = """
import sys

class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pydantic", "annotated_types", "ruamel", "dvc", "mlflow",
                                      "sklearn", "pooch", "jinja2"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Bare())
from importlib import util
found = util.find_spec
util.find_spec = lambda name, *a: None if name in ("pydantic", "annotated_types") else found(name)
from benchmarks import gpu
gpu.played(gpu.zoo.begun("gan", [0], "cpu", 3), 3)
print(gpu.MISSING)
"""


def test_every_model_is_in_it():
    assert sorted(zoo.SMALL) == names()
    assert set(gpu.CAPTURED) <= zoo.SMALL.keys()


@pytest.mark.parametrize(
    ("theirs", "far"),
    [
        ([1.0, 2.0, 3.0], 0.0),
        ([11.0, 12.0, 13.0], 10 / (2 / 3) ** 0.5),
        ([float("nan"), 2.0, 3.0], float("inf")),
    ],
)
def test_means_are_apart_by_their_standard_errors(theirs, far):
    """Of three values each, with the variance 1: an error of sqrt(2/3)."""
    assert gpu.apart([1.0, 2.0, 3.0], theirs) == pytest.approx(far, rel=2e-3)


def test_a_machine_without_a_gpu_is_told_so(monkeypatch, capsys):
    monkeypatch.setattr(gpu.torch.cuda, "is_available", lambda: False)
    assert gpu.main([]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_bars_are_held_to_the_best_of_most_replicas():
    rows = {
        "eager R=1": {"replica_rounds_per_s": 100.0},
        "captured R=10": {"replica_rounds_per_s": 9e9},
        "engine R=50": {"replica_rounds_per_s": 500.0},
        "captured R=50": {"replica_rounds_per_s": 3000.0},
        "compiled, captured R=50": {"error": "none"},
    }
    found = gpu.verdict({"mlp_gan": rows}, {"latent_study_s": 12.0})
    assert found["over_eager"] == {"reached": 30.0, "bar": 30.0, "aim": 50.0}
    assert found["latent_study_s"]["reached"] == 12.0


@pytest.mark.slow
def test_it_runs_where_python_torch_and_numpy_are_all_there_is():
    told = subprocess.run([sys.executable, "-c", MISSING], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == "['annotated_types', 'pydantic']"


@pytest.mark.slow
def test_the_whole_of_it_on_a_cpu(tmp_path, monkeypatch):
    """Two models, the ring, a few rounds: one JSON, in which both agree with themselves."""
    monkeypatch.setattr(gpu, "LATENTS", (2,))
    out = tmp_path / "gpu.json"
    assert gpu.main(["--device", "cpu", "--quick", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert {n: row["agrees"] for n, row in found["agrees"].items()} == {"gan": True, "vae": True}
    assert {row["standard_errors"] for row in found["agrees"].values()} == {0.0}
    assert found["resumes_in_equal_bytes"] is True
    rows = found["races"]["ring"]
    assert set(rows) == {"eager R=1", "engine R=1", "engine R=10"}
    assert all(row["replica_rounds_per_s"] > 0 for row in rows.values())
    assert found["latent_study"]["latent_study_s"] > 0
