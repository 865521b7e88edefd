"""README.md and what it leads to are true: what was found, files, commands, links."""

import re
import subprocess
from pathlib import Path

import pytest

from tests import committed, readme

TEXT = Path("README.md").read_text(encoding="utf-8")
RULES = Path("CONTRIBUTING.md").read_text(encoding="utf-8")
PAGES = {
    file: file.read_text(encoding="utf-8")
    for file in (Path("README.md"), Path("CONTRIBUTING.md"), *sorted(Path("docs").glob("*.md")))
}


def as_committed():
    """Whether the results here are those that README.md was written for."""
    command = ["git", "diff", "--quiet", "HEAD", "--", "reports", "params.yaml"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not as_committed(), reason="results or params of your own: README has ours")
def test_it_tells_what_was_found():
    """To the letter what the ledger says, with as many claims as it has."""
    assert readme.written(TEXT) == TEXT, "run `python -m tests.readme --write`"


def test_what_was_found_is_eight_claims_of_the_ledger():
    ids = re.findall(r"^  - id: (\S+)$", Path("claims.yaml").read_text(encoding="utf-8"), re.M)
    assert set(readme.TOLD) <= set(ids)
    assert len(readme.TOLD) == 8


def test_it_is_short():
    assert len(TEXT.splitlines()) < 260


def test_its_links_lead_somewhere():
    for file, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            assert target.startswith("http") or (file.parent / target).exists(), (file, target)


@pytest.mark.parametrize("name", ["LICENSE", "CITATION.cff", "CHANGELOG.md"])
def test_what_every_project_has_is_there(name):
    """And the licence is the one that the package and the citation name."""
    text = Path(name).read_text(encoding="utf-8")
    assert text.strip()
    assert name != "CITATION.cff" or "\nlicense: MIT\n" in text
    assert name != "LICENSE" or text.startswith("MIT License\n")
    assert '\nlicense = "MIT"\n' in Path("pyproject.toml").read_text(encoding="utf-8")


def test_hosted_ci_does_what_ci_run_does():
    """It has no steps of its own that a person could not type."""
    assert "- run: bash .ci/run\n" in Path(".github/workflows/ci.yml").read_text(encoding="utf-8")


def test_what_it_names_is_there():
    whole = "\n".join(PAGES.values())
    for path in re.findall(r"`((?:pipeline|reference|tests|reports|docs)/[\w/.-]+)`", whole):
        name = path.replace("x.py", "")
        assert Path(name).exists() or name.startswith("reports/"), path
    for target in re.findall(r"(?:^|`)make (\w+)", whole, re.M):
        assert re.search(rf"^{target}:", Path("Makefile").read_text(encoding="utf-8"), re.M), (
            target
        )
    for command in re.findall(r"python -m pipeline ([\w-]+)", whole):
        defined = f"def {command.replace('-', '_')}(", f'name="{command}"'
        text = Path("pipeline/__main__.py").read_text(encoding="utf-8")
        assert any(form in text for form in defined), command


def test_the_model_that_it_shows_is_cut_from_the_file():
    """All of gan.py below its imports, to the letter."""
    shown = re.findall(r"```python\n(@dataclass.*?)```", RULES, re.S)
    file = Path("pipeline/models/gan.py").read_text(encoding="utf-8")
    assert shown == [file[file.index("@dataclass") :]]


def test_every_setting_that_it_changes_is_there():
    """A run inherits most of its settings, so that its own block need not have the key."""
    study = committed.study().model_dump(mode="json", exclude={"data"})
    keys = re.findall(r"-S '\+\+([\w.]+)=", TEXT)
    assert keys
    assert len(keys) == TEXT.count("-S '")
    for key in keys:
        block = study
        for part in key.split("."):
            assert part in block, key
            block = block[part]
