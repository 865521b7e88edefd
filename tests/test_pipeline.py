"""The pipeline as a user runs it: DVC on a new study, in a folder of a repository."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests import tiny
from tests.waiting import until

pytestmark = pytest.mark.slow

CLAIMS = """
error: 0.05
claims:
  - id: modes
    claim: Most trainings lose a mode.
    documents: [T228]
    statistic: share of seeds that cover all modes
    experiment: toy
    run: gan
    metric: coverage.modes_hit
    rule: binomial
    arguments: { at_least: 8, side: below, share: 0.5 }
    reason: "Most is more than half."
  - id: two
    claim: One and one are two.
    documents: [T001]
    statistic: their sum
    rule: theorem
    test: tests/test_two.py::test_two
"""
NAME = "작은 연구"
VAE = {"model": "vae", "arguments": {"latent": 1, "width": 4, "likelihood": "gaussian"}}
VAE |= {"data": "ring", "train": {"rounds": 40}}


def content():
    """Three experiments: two runs, the first of them again under another name, and a VAE."""
    found = tiny.params(gan={}, wide={"arguments": {"latent": 2, "width": 6}})
    twin = tiny.params(same={})["experiments"]["toy"]
    vae = {"question": "And a VAE?", "metrics": ["elbo"], "runs": {"vae": VAE}}
    found["experiments"] |= {"twin": twin, "likelihood": vae}
    found["checkpoint_seconds"] = 0.2
    found["processes"] = 2
    return found


def write(path, params):
    YAML().dump(params, path / "params.yaml")


def copied(repository):
    """A folder with this code, and no study."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "pipeline", "reference", "dvc.yaml",
         ".dvc", ".dvcignore", ".gitignore", "pyproject.toml", "tests/conftest.py"],
        cwd=tiny.REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if (tiny.REPOSITORY / name).is_file():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tiny.REPOSITORY / name, repository / name)
    return repository


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A new study in a repository with this code, in a path of spaces and Korean, not yet run."""
    repository = copied(tmp_path_factory.mktemp("study") / "저장소 with space")
    (repository / "tests/test_two.py").write_text("def test_two():\n    assert 1 + 1 == 2\n")
    git(repository, "init", "-q")
    pipeline(repository, "new-study", NAME)
    (repository / NAME / "claims.yaml").write_text(CLAIMS, encoding="utf-8")
    write(repository / NAME, content())
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "A small study")
    return repository / NAME


def environment():
    python = Path(sys.executable).parent
    return os.environ | {
        "PATH": f"{python}{os.pathsep}{os.environ['PATH']}",
        "DSTAR_TRACKING": "off",
        "DVC_NO_ANALYTICS": "1",
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }  # fmt: skip


def git(path, *command):
    subprocess.run(["git", *command], cwd=path, env=environment(), check=True)


def dvc(path, *command, code=0):
    """What `dvc ...` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *command],
        cwd=path, env=environment(), capture_output=True, text=True, timeout=1200,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def pipeline(path, *command):
    """What `python -m pipeline ...` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *command],
        cwd=path, env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def ran(output):
    """The stages that DVC ran."""
    return set(re.findall(r"Running stage '([^']+)'", output))


def trained(output):
    """The runs that a train stage trained, for itself or ahead, and those that it found done."""
    lines = [line for line in output.splitlines() if line.endswith(")")]
    new = {line.split(":")[0] for line in lines if re.search(": trained (ahead )?\\(", line)}
    return new, {line.split(":")[0] for line in lines if ": was done (" in line} - new


def trained_once(output):
    """The runs that were trained beside toy.gan and twin.same, one run under two names.

    Whichever DVC comes to first is trained, and the other found done.
    """
    new, was_done = trained(output)
    pair = {"toy.gan", "twin.same"}
    assert len(new & pair) == 1
    assert was_done == pair - new
    return new - pair


def results(path):
    """The bytes of all that the study has found."""
    kept = [
        *path.glob("runs/*/*/*"),
        *path.glob("reports/metrics/*"),
        path / "reports/claims.json",
    ]
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(kept)}


TRAIN = ("repro", "train@toy", "train@twin", "train@likelihood")


def emptied(study):
    """The study as it was written: all that Git does not track, and the reports, removed."""
    write(study, content())
    for name in ("data", "runs", "work", "reports", "dvc.lock", "sources.yaml", ".dvc/cache"):
        removed = study / name
        shutil.rmtree(removed) if removed.is_dir() else removed.unlink(missing_ok=True)


def test_the_study(study):
    """Run, and run again; a comment, a number, an objective changed; all removed and run again."""
    emptied(study)
    output = dvc(study, "repro")
    assert trained_once(output) == {"toy.wide", "likelihood.vae"}
    assert "runs of other experiments are trained ahead" in output
    assert "2 other experiments are measured ahead" in output
    first = results(study)
    assert first["runs/toy/gan/weights.npz"] == first["runs/twin/same/weights.npz"]
    claims = json.loads(first["reports/claims.json"])["claims"]
    assert [claim["id"] for claim in claims] == ["modes", "two"]
    assert claims[1]["verdict"] == "holds"
    assert "Does it train?" in (study / "reports/index.html").read_text(encoding="utf-8")
    shown = dvc(study, "metrics", "show")
    assert re.search(r"^reports/summary/likelihood\.json .*\belbo\.bound\b", shown, re.M)
    assert "file" in dvc(study, "plots", "show")

    # Tracking is off here: the runs are still to be sent.
    assert ran(dvc(study, "repro")) == {"sources", "track"}

    objective = study.parent / "pipeline/objectives/non_saturating.py"
    text = objective.read_text(encoding="utf-8")
    objective.write_text(text.replace('"""The', '# A comment.\n"""Still the'), encoding="utf-8")
    assert trained(dvc(study, *TRAIN)) == (set(), set())

    objective.write_text(text.replace("-logsigmoid(", "-1.5 * logsigmoid("), encoding="utf-8")
    output = dvc(study, *TRAIN)
    assert trained_once(output) == {"toy.wide"}
    assert "ahead" not in output  # each stage was asked for by name
    objective.write_text(text, encoding="utf-8")

    params = content()
    params["experiments"]["toy"]["runs"]["wide"]["train"] = {"rounds": 41}
    write(study, params)
    new, was_done = trained(dvc(study, *TRAIN))
    assert new == {"toy.wide"}
    assert "toy.gan" in was_done

    emptied(study)
    dvc(study, "repro")
    assert results(study) == first


def test_a_colleague_s_clone_pulls_and_trains_nothing(study, tmp_path):
    """What dvc.lock names comes with `dvc pull`; what was trained since, by its fingerprint."""
    dvc(study, "repro")
    dvc(study, "remote", "add", "-d", "lab", str(tmp_path / "lab"))
    dvc(study, "push")
    assert pipeline(study, "work", "push").splitlines()[-1] == "work push: 3 results"
    assert pipeline(study, "work", "push") == "work push: 0 results\n"
    git(study, "add", "-A")
    git(study, "commit", "-qm", "Trained")
    git(tmp_path, "clone", "-q", str(study.parent), "clone")
    there = tmp_path / "clone" / NAME
    dvc(there, "pull")
    assert results(there) == results(study)
    assert ran(dvc(there, "repro")) == {"sources", "track"}

    params = content()
    params["experiments"]["toy"]["runs"]["wide"]["train"] = {"rounds": 43}
    write(study, params)
    assert trained(dvc(study, "repro", "train@toy"))[0] == {"toy.wide"}
    pipeline(study, "work", "push", "toy")
    write(there, params)
    said = pipeline(there, "work", "pull").splitlines()
    assert said[-1] == "work pull: 3 results; 0 are not on the remote"
    assert any(line.startswith("toy.wide: pulled (") for line in said)
    assert trained(dvc(there, "repro", *TRAIN[1:])) == (set(), {"toy.gan", "toy.wide"})
    for name in ("weights.npz", "samples.npz", "curves.csv"):
        own, theirs = (path / "runs/toy/wide" / name for path in (study, there))
        assert own.read_bytes() == theirs.read_bytes()
    write(study, content())


def test_an_experiment_of_dvc_trains_its_run_only(study):
    key = "experiments.toy.runs.wide.train.rounds"
    output = dvc(study, "exp", "run", "-n", "longer", "-S", f"{key}=45", "train@toy")
    assert trained(output) == ({"toy.wide"}, {"toy.gan"})
    assert json.loads((study / "runs/toy/wide/run.json").read_text())["train"]["rounds"] == 45
    assert "rounds" in dvc(study, "exp", "diff", "HEAD", "longer")
    write(study, content())


def test_a_killed_repro_goes_on_and_ends_in_the_same_bytes(study):
    """dvc is killed in mid-training: no orphan trains on, and `dvc repro` continues."""
    params = content()
    toy = params["experiments"]["toy"]
    toy["runs"] = {"gan": toy["runs"]["gan"] | {"train": {"rounds": 1200}}}  # no other may end
    # A checkpoint after every round: training is so slow that a late kill still comes in time.
    write(study, params | {"checkpoint_seconds": 0})
    before = set((study / "work").glob("*"))
    repro = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "train@toy"],
        cwd=study, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    checkpoints = until(
        lambda: [
            file
            for folder in set((study / "work").glob("*")) - before
            for file in folder.glob("checkpoint-*.npz")
        ],
        repro,
    )
    repro.send_signal(signal.SIGKILL)
    repro.communicate(timeout=60)  # ends only when no process of the stage holds its output
    (unit,) = {checkpoint.parent for checkpoint in checkpoints}
    assert not (unit / "done.json").exists()
    # A killed dvc may leave its lock file cut short; removing it is what the README says.
    (study / ".dvc/tmp/rwlock").unlink(missing_ok=True)
    write(study, params)
    output = dvc(study, "repro", "train@toy")
    assert "toy.gan" in trained(output)[0]
    interrupted = (study / "runs/toy/gan/weights.npz").read_bytes()
    shutil.rmtree(unit)
    dvc(study, "repro", "--force", "--single-item", "train@toy")
    assert (study / "runs/toy/gan/weights.npz").read_bytes() == interrupted


def test_a_fault_of_params_ends_every_stage_before_any_work(study):
    params = content()
    params["experiments"]["toy"]["runs"]["gan"]["modle"] = "gan"
    write(study, params)
    line = "error[2]: params.yaml: experiments.toy.runs.gan.modle: unknown"
    for stage in (["prepare"], ["train", "toy"], ["evaluate", "toy"], ["claims"], ["report"]):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *stage],
            cwd=study, env=environment(), capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        (told,) = done.stderr.splitlines()
        assert told.startswith(line)
        assert "did you mean 'model'?" in told
    write(study, content())
