"""What a user edits or puts down while `dvc repro` is at work is neither mistaken nor lost."""

import json
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from tests.test_pipeline import content, dvc, environment, study, trained, write  # noqa: F401
from tests.waiting import until

pytestmark = pytest.mark.fault
NOTES = "data/mine.npz", "runs/toy/my_notes/idea.txt", "reports/figures/mine.png"


def test_an_edit_during_a_stage_is_not_recorded_and_a_users_files_stay(study):  # noqa: F811
    """A learning rate of .05 in dvc.lock beside weights of .001 would count for ever."""
    params = content()
    gan = params["experiments"]["toy"]["runs"]["gan"]
    params["experiments"]["toy"]["runs"] = {"gan": gan}
    gan["train"] = {"rounds": 1200, "optimizer": {"name": "adam", "lr": 0.001}}
    write(study, params | {"checkpoint_seconds": 0})
    dvc(study, "repro", "prepare")
    for name in NOTES:
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text("mine")
    repro = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "train@toy"],
        cwd=study, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    until(lambda: list(study.glob("work/*/checkpoint-*.npz")), repro, seconds=300)
    gan["train"]["optimizer"]["lr"] = 0.05
    write(study, params)
    said, _ = repro.communicate(timeout=600)
    assert repro.returncode != 0
    assert "error[4]: params.yaml: changed while this stage ran" in said
    assert "train@toy" not in _lock(study)
    assert trained(dvc(study, "repro", "train@toy"))[0] == {"toy.gan"}
    made = json.loads((study / "runs/toy/gan/run.json").read_text())
    recorded = _lock(study)["train@toy"]["params"]["params.yaml"]["experiments.toy"]
    for block in (made, recorded["runs"]["gan"]):
        assert block["train"]["optimizer"]["lr"] == 0.05
    params["data"]["ring"]["seed"] = 3
    write(study, params)
    dvc(study, "repro", "train@toy")
    assert all((study / name).read_text() == "mine" for name in NOTES)


def _lock(folder):
    return YAML(typ="safe").load(folder / "dvc.lock")["stages"]
