"""Every command of README.md runs: in a small study where the study's own would take minutes.

A command that README.md shows is in one of the two tables here, or the first test fails.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.stages.new_study import furnish
from tests import tiny
from tests.test_pipeline import copied, environment, git, write

pytestmark = pytest.mark.slow
TEXT = (tiny.REPOSITORY / "README.md").read_text(encoding="utf-8")
LONGER = "dvc exp run -S '++experiments.ring.runs.gan.train.rounds=12000'"
# In this order, in a study with an experiment `ring` and its run `gan`.
RUN = [
    "python -m pipeline check",
    "python -m pipeline prepare",
    "… train ring",
    "… evaluate ring",
    "dvc repro",
    "dvc metrics show",
    "dvc metrics diff",
    "dvc plots show",
    LONGER,
    f"{LONGER} --temp",
    f"{LONGER} --queue",
    "dvc queue start",
    "dvc exp run -S budget=paper",
    "dvc exp diff",
    "dvc repro train@ring",
    "python -m pipeline freeze",
    "python -m pipeline summary",
    "python -m pipeline summary ring",
    "python -m pipeline summary --all",
    "python -m pipeline figures ring slides",
    "python -m pipeline track",
    "python -m pipeline doctor",
    "python -m pipeline doctor --fix",
    "python -m pipeline new-study NAME",
    "cd NAME && dvc repro",
]
# Of the repository as a whole, or of minutes: where they run.
ELSEWHERE = {
    "git clone <this repository> dstar && cd dstar": ".ci/study",
    "source .venv/bin/activate": ".ci/study",
    "cd mnist && dvc repro": "tests/test_mnist_study.py",
    "cd tuning": "tests/test_tuning_study.py",
    "python -m pipeline draw": "tests/search/test_rungs.py",
    "python -m pipeline halve": "tests/search/test_rungs.py",
    "make setup": ".ci/run",
    "make repro": ".ci/run",
    "make test": ".ci/run",
    "make rest": ".ci/run",
    "make lint": ".ci/run",
    "make taste": "tests/stages/test_taste.py",
    "make verify": "tests/stages/test_verify.py",
    "make bench": "tests/test_benchmarks.py",
    "python -m benchmarks.gpu": "tests/test_gpu_benchmark.py",
    "make mlflow": "tests/tracking/test_server.py",
    "make audit": "licences.md",
    "make lock": "tests/results/test_lock.py",
    "make mutants": "tests/mutate.py",
    "make walk": "tests/metrics/test_pairs.py",
    "make faults": "tests/test_fault_list.py",
    "make soak": "tests/execution/test_damage.py",
    "python -m pipeline replay EXPERIMENT.RUN": "tests/execution/test_replay.py",
    "make push": "tests/test_pipeline.py",
    "make pull": "tests/test_pipeline.py",
    "rm -r mlflow.db* mlartifacts": "tests/tracking/test_track.py",
    "git checkout --ours dvc.lock": "tests/stages/test_doctor.py",
}
STARTS = r"(?:dvc|make|python -m|cd|source|git|rm|…) "


def shown():
    """The commands in README.md: each line of its blocks, and what stands in the text."""
    blocks = re.findall(r"^```\n(.*?)^```", TEXT, re.S | re.M)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    text = re.sub(r"^```.*?^```", "", TEXT, flags=re.S | re.M)
    lines += re.findall(rf"`({STARTS}[^`]*)`", text)
    commands = [part.strip() for line in lines for part in line.split(";")]
    # A command in the text may stand on two lines.
    return {" ".join(c.split()) for c in commands if re.match(STARTS, c)}


def test_every_command_is_run_somewhere():
    assert shown() <= {*RUN, *ELSEWHERE}, shown() - {*RUN, *ELSEWHERE}
    for place in ELSEWHERE.values():
        assert (tiny.REPOSITORY / place).is_file(), place


def test_the_commands(tmp_path):
    """In the top folder of a repository, as a reader would type them, with a shell."""
    study = copied(tmp_path / "dstar")
    params = tiny.params(gan={})
    params["experiments"]["ring"] = params["experiments"].pop("toy")
    classifier = {"data": "digits", "model": "classifier", "arguments": {"width": 4}}
    params["experiments"]["classifier"] = {
        "question": "Which digit is it?", "metrics": ["accuracy"],
        "runs": {"digits": classifier},
    }  # fmt: skip
    params["data"]["digits"] = {}
    named = {"evaluation_classifier": {"digits": "classifier/digits"}, "budget": "cpu"}
    write(study, params | named)
    git(study, "init", "-q")  # first: else DVC is told that there is no Git
    furnish(study, "digits")
    assert not (study / ".dvc/config.local").exists()
    git(study, "add", "-A")
    git(study, "commit", "-qm", "A study")
    python = f"'{sys.executable}' -m"
    for command in RUN:
        typed = command.replace("…", "python -m pipeline").replace("=12000", "=41")
        typed = typed.replace("python -m", python).replace("dvc ", f"{python} dvc ", 1)
        done = subprocess.run(
            typed, shell=True, cwd=study, env=environment(), capture_output=True, text=True,
            timeout=900,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        if command == "python -m pipeline freeze":
            git(study, "commit", "-qam", "Frozen")
    assert Path(study, "NAME", "reports", "index.html").is_file()
