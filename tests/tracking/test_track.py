"""Stage `track` under DVC: in a clone with equal results, twice, and after each failure."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.tracking import store
from tests import tiny
from tests.tracking.study import Shelf, forget

pytestmark = pytest.mark.slow

# What the stages before it leave, of a study whose every reproduction is equal.
MAKE = """
import sys
sys.path.insert(0, {repository!r})
from tests.tracking.study import evaluated, judged, unit
from pipeline.results.files import write_text
for number, run in enumerate(("gan", "wgan")):
    unit(f"runs/toy/{{run}}", str(number) * 16, seeds=(0, 1))
evaluated(".", "toy", "gan", "0" * 16, values=(8, 7), others={{"wgan": "1" * 16}})
judged(".", modes=("toy", "gan", "wgan", "holds"))
write_text("reports/index.html", "The page.")
write_text("sources.yaml", "track: abc\\n")
"""


def environment(**more):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    us = dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "a")
    us |= dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@b")
    clean = {k: v for k, v in os.environ.items() if k not in ("DVC_ROOT", "MLFLOW_TRACKING_URI")}
    here = {"PATH": path, "PYTHONPATH": str(tiny.REPOSITORY), "DVC_NO_ANALYTICS": "1"}
    return clean | here | {"DSTAR_TRACKING": ""} | us | more


def run(folder, *command, **more):
    done = subprocess.run(
        command, cwd=folder, env=environment(**more), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def repro(folder, **more):
    """What `dvc repro` prints, and the stages that it ran."""
    said = run(folder, sys.executable, "-m", "dvc", "repro", **more)
    return said, re.findall(r"Running stage '(\w+)'", said)


def in_store(folder):
    """Names of the runs of the study with their verdicts, and how many runs there are in all."""
    shelf = Shelf(store.sqlite_uri(folder / "mlflow.db"))
    named = {run.info.run_name: run.data.tags["verdict.modes"] for run in shelf.parents()}
    return named, len(shelf.runs())


WHOLE = {"toy/gan": "holds", "toy/wgan": "holds"}, 6  # two runs, two replicas each


@pytest.fixture(scope="module")
def clone(tmp_path_factory, template):
    """A clone of a study that was reproduced and committed, with an empty store."""
    first = tmp_path_factory.mktemp("study") / "first"
    first.mkdir()
    with open(tiny.REPOSITORY / "dvc.yaml", encoding="utf-8") as file:
        track = YAML().load(file)["stages"]["track"]
    make = {
        "cmd": "exec python make.py",
        "deps": ["make.py"],
        "outs": ["runs", "reports/metrics", "reports/claims.json", "reports/index.html"],
    }
    sources = {"sources.yaml": {"cache": False}}
    make["outs"] = [*make["outs"], sources]
    with open(first / "dvc.yaml", "w", encoding="utf-8") as file:
        YAML().dump({"stages": {"make": make, "track": track}}, file)
    tiny.write(first, tiny.params(gan={}, wgan={}))
    shutil.rmtree(first / "data")
    (first / "make.py").write_text(MAKE.format(repository=str(tiny.REPOSITORY)))
    shutil.copy(tiny.REPOSITORY / ".gitignore", first)
    shutil.copy(tiny.REPOSITORY / ".dvcignore", first)
    run(first, "git", "init", "-q")
    run(first, sys.executable, "-m", "dvc", "init", "-q")
    shutil.copy(template, first / "mlflow.db")
    repro(first)
    run(first, "git", "add", "-A")
    run(first, "git", "commit", "-qm", "Reproduced")
    second = first.with_name("second")
    run(second.parent, "git", "clone", "-q", str(first), str(second))
    shutil.copy(template, second / "mlflow.db")
    return second


def test_a_fresh_clone_with_equal_results_sends_every_run_and_then_rests(clone):
    said, stages = repro(clone)
    assert stages == ["make", "track"]
    assert f"2 of 2 runs, {store.shown(clone)}" in said
    assert in_store(clone) == WHOLE
    assert run(clone, "git", "status", "--porcelain") == ""  # dvc.lock came out equal
    assert repro(clone)[1] == []
    assert in_store(clone) == WHOLE


def test_a_store_that_is_removed_with_its_files_is_made_again(clone, template):
    """`rm -r mlflow.db*` takes the stage's output with it."""
    forget(clone)
    shutil.copy(template, clone / "mlflow.db")
    assert repro(clone)[1] == ["track"]
    assert in_store(clone) == WHOLE


def test_while_runs_are_missing_each_repro_tries_again_and_then_rests(clone, template):
    forget(clone)
    for fault in ({"DSTAR_TRACKING": "off"}, {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"}):
        said, stages = repro(clone, **fault)
        assert stages == ["track"]
        assert said.count("tracking: ") == 1
        assert "0 of 2 runs" in said
        missing = (clone / "mlflow.db.sent/missing.txt").read_text(encoding="utf-8")
        assert [line.split(":")[0] for line in missing.splitlines()] == ["toy/gan", "toy/wgan"]
    assert not (clone / "mlflow.db").exists()
    assert (clone / "dvc.lock").is_file()
    shutil.copy(template, clone / "mlflow.db")
    assert repro(clone)[1] == ["track"]
    assert in_store(clone) == WHOLE
    assert run(clone, "git", "status", "--porcelain") == ""
    assert repro(clone)[1] == []


def test_the_command_by_hand_does_the_same(clone, template):
    forget(clone)
    shutil.copy(template, clone / "mlflow.db")
    said = run(clone, sys.executable, "-m", "pipeline", "track")
    assert said.splitlines()[-1] == f"2 of 2 runs, {store.shown(clone)}"
    assert in_store(clone) == WHOLE
    assert repro(clone)[1] == []
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "track-sync"],
        cwd=clone, env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error[2]: track-sync is now `python -m pipeline track`\n"
