"""A new study is a folder that passes every check."""

import re
from pathlib import Path

import pytest

from pipeline.results.files import write_json
from pipeline.stages import check, new_study
from pipeline.study import repository, trainings, yaml
from pipeline.study.errors import USAGE, StudyError
from pipeline.study.schema import Study
from pipeline.verdicts import history, ledger


@pytest.mark.parametrize("name", ["mine", "작은 연구", "v2.1 of it", "1"])
def test_it_is_valid_as_it_is_made(folder, name):
    """With the stages of the repository's own study, an empty ledger, and DVC's settings."""
    new_study.main(name)
    study = check.study(Path(name, "params.yaml"))
    assert sum(len(e.runs) for e in study.experiments.values()) == 1
    assert ledger.read(Path(name, "claims.yaml"), study.experiments) == (0.05, [], {})
    assert history.read(Path(name, history.FILE)) == {}
    assert trainings.frozen(Path(name, trainings.FILE)) == {}
    assert Path(name, "dvc.yaml").read_text(encoding="utf-8") == new_study.stages()
    assert "- runs/${evaluation_classifier." not in new_study.stages()
    for file in (".dvc/config", ".dvc/.gitignore", ".gitignore", ".dvcignore"):
        assert Path(name, file).is_file()
    assert "no_scm = true" in Path(name, ".dvc/config.local").read_text()  # no Git is here
    assert not any(path.is_symlink() for path in Path(name).rglob("*"))


def test_a_study_that_passes_the_check_has_all_that_dvc_asks_for(folder):
    """A default would satisfy the check, and DVC would find the parameter missing."""
    asked = re.findall(r"^ {6,8}- ([a-z_]+)$", new_study.stages(), re.M)
    assert {"data", "device", "chunk", "compile", "train"} <= set(asked)
    new_study.main("mine")
    content = yaml.read("mine/params.yaml", [])
    for key in {*asked} & Study.model_fields.keys():
        write_json("mine/params.yaml", {k: v for k, v in content.items() if k != key})
        with pytest.raises(StudyError, match=f"params.yaml: {key}: missing"):
            check.study("mine/params.yaml")


def test_in_a_repository_dvc_is_left_with_git(folder):
    (folder / ".git").mkdir()
    new_study.main("mine")
    assert not Path("mine/.dvc/config.local").exists()
    new_study.furnish(folder)  # its top folder may be a study, too
    assert not Path(".dvc/config.local").exists()


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "a/b", "/a", "a\\b", ".a", "-a", "a ", "a\n", "${a}", "a:b", "x" * 101],
)
def test_a_bad_name_is_one_clear_line(folder, name):
    with pytest.raises(StudyError, match="no name for a study; allowed: ") as told:
        new_study.main(name)
    assert told.value.code == USAGE
    assert "\n" not in str(told.value)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_is_there_is_left_alone(folder, make):
    make(folder / "mine")
    with pytest.raises(StudyError, match="mine: is there already"):
        new_study.main("mine")
    assert [path.name for path in folder.rglob("*")] == ["mine"]


@pytest.mark.parametrize("data", [(), ("digits",), ("digits", "mnist")])
def test_its_stages_wait_for_each_classifier_that_is_named(data):
    text = new_study.stages(*data)
    for name in ("digits", "mnist"):
        line = f"        - runs/${{evaluation_classifier.{name}}}\n"
        assert text.count(line) == (name in data)
    assert len(text.splitlines()) == len(new_study.stages().splitlines()) + len(data)


def test_the_code_of_a_folder_is_that_of_the_nearest_repository_above(tmp_path):
    inner = tmp_path / "a/b"
    study = inner / "c/작은 연구"
    study.mkdir(parents=True)
    assert repository.around(study) is None
    for place in (tmp_path, inner):
        (place / repository.OWN).parent.mkdir(parents=True)
        (place / repository.OWN).touch()
    assert repository.around(study) == repository.around(inner) == inner
    assert repository.around(tmp_path / "a") == tmp_path
    assert repository.around(Path(__file__).parent) == repository.ROOT
