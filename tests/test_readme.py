"""README.md is true: its table is the reports', its files and commands are there."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.results import current
from pipeline.stages import check
from tests import readme

TEXT = Path("README.md").read_text(encoding="utf-8")


def as_committed():
    """Whether the results here are those that README.md was written for."""
    command = ["git", "diff", "--quiet", "HEAD", "--", "reports", "params.yaml"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not as_committed(), reason="results or params of your own: README has ours")
def test_the_table_shows_what_was_found():
    """Of each experiment that is measured as it stands: another may be in the making."""
    for row, whole in readme.rows().values():
        assert not whole or row in TEXT, "put the table of `python -m tests.readme` in README.md"


def test_an_experiment_that_is_newer_than_its_report_is_not_yet_measured(monkeypatch):
    """A new run, a new metric, another argument, no report: told in its row, and nothing fails.

    As if the first experiment had been measured as it stands, whether it has been or not.
    """
    study = check.study()
    name, experiment = next(iter(study.experiments.items()))
    run, block = next(iter(experiment.runs.items()))
    other = block.model_copy(update={"arguments": {"width": 3}})
    changed = {
        "a": experiment.model_copy(update={"runs": experiment.runs | {"new": block}}),
        "b": experiment.model_copy(update={"metrics": [*experiment.metrics, "kid"]}),
        "c": experiment.model_copy(update={"runs": {run: other}}),
    }
    reported = SimpleNamespace(files={*experiment.metrics}, metrics={})

    def measured(found, asked):
        same = (name, block)
        return {r: reported for r, b in asked.runs.items() if (found, b) == same and r == run}

    monkeypatch.setattr(current, "measured", measured)
    told = {}
    for case, update in {**changed, "d": experiment}.items():
        named = "unheard_of" if case == "d" else name
        found = study.model_copy(update={"experiments": {named: update}})
        monkeypatch.setattr(check, "study", lambda found=found: found)
        ((told[case], whole),) = readme.rows().values()
        assert not whole
    assert "not yet measured: new |" in told["a"]
    assert f"not yet measured: kid of {run} |" in told["b"]
    assert f"| not yet measured: {run} |" in told["c"]
    assert f"| not yet measured: {', '.join(experiment.runs)} |" in told["d"]


def test_what_it_names_is_there():
    for path in re.findall(r"`((?:pipeline|reference|tests|reports)/[\w/.-]+)`", TEXT):
        name = path.replace("x.py", "")
        assert Path(name).exists() or name.startswith("reports/"), path
    for target in re.findall(r"(?:^|`)make (\w+)", TEXT, re.M):
        assert re.search(rf"^{target}:", Path("Makefile").read_text(encoding="utf-8"), re.M), (
            target
        )
    for command in re.findall(r"python -m pipeline ([\w-]+)", TEXT):
        function = command.replace("-", "_")
        assert f"def {function}(" in Path("pipeline/__main__.py").read_text(encoding="utf-8")


def test_the_model_that_it_shows_is_cut_from_the_file():
    """All of gan.py below its imports, to the letter."""
    shown = re.findall(r"```python\n(@dataclass.*?)```", TEXT, re.S)
    file = Path("pipeline/models/gan.py").read_text(encoding="utf-8")
    assert shown == [file[file.index("@dataclass") :]]


def test_every_setting_that_it_changes_is_there():
    """A run inherits most of its settings, so that its own block need not have the key."""
    study = check.study().model_dump(mode="json", exclude={"data"})
    keys = re.findall(r"-S '\+\+([\w.]+)=", TEXT)
    assert keys
    assert len(keys) == TEXT.count("-S '")
    for key in keys:
        block = study
        for part in key.split("."):
            assert part in block, key
            block = block[part]
