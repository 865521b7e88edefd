"""Stage prepare writes the listed data sets, the same bytes each time, and nothing else."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.datasets import digits, ring
from pipeline.datasets.digits_few import few
from pipeline.results.files import digest, read_npz
from pipeline.stages import check, prepare
from pipeline.study.errors import DATA, StudyError

LISTED = {"digits": digits.DataSet(), "ring": ring.DataSet(train=30, validation=10, test=10)}


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """What params.yaml lists, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    data = dict(LISTED)
    monkeypatch.setattr(check, "study", lambda: SimpleNamespace(data=data))
    return data


def files():
    return {path.name: digest(path) for path in sorted(prepare.FOLDER.iterdir())}


def test_writes_every_split_of_every_data_set(listed, capsys):
    prepare.main()
    assert list(files()) == ["digits.npz", "ring.npz"]
    arrays = read_npz("data/ring.npz")
    assert {k: a.shape for k, a in arrays.items()} == {
        "train_x": (30, 2),
        "train_label": (30,),
        "validation_x": (10, 2),
        "validation_label": (10,),
        "test_x": (10, 2),
        "test_label": (10,),
    }
    np.testing.assert_array_equal(arrays["test_x"], LISTED["ring"].splits()["test_x"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "30 train, 10 validation, 10 test; each (2,)" in lines[1]
    assert lines[1].endswith(digest("data/ring.npz")[:12])


def test_the_bytes_are_the_same_each_time(listed):
    prepare.main()
    first = files()
    prepare.main()
    assert files() == first


def test_what_is_listed_no_more_is_removed(listed):
    prepare.main()
    del listed["digits"]
    prepare.main()
    assert list(files()) == ["ring.npz"]


def test_a_users_own_file_stays(listed):
    """Also one that has the name of a data set that was listed, but other content."""
    prepare.main()
    mine = prepare.FOLDER / "mine.npz"
    mine.write_text("mine")
    (prepare.FOLDER / "digits.npz").write_text("mine, too")
    del listed["digits"]
    prepare.main()
    assert list(files()) == ["digits.npz", "mine.npz", "ring.npz"]


def test_names_choose_and_leave_the_others_alone(listed):
    prepare.main()
    before = files()
    listed["ring"] = ring.DataSet(train=31, validation=10, test=10)
    prepare.main(["digits"])
    assert files() == before
    prepare.main(["ring"])
    assert files()["ring.npz"] != before["ring.npz"]


def test_a_name_that_is_not_listed_is_refused_before_any_work(listed):
    with pytest.raises(StudyError, match="data has no rings; it has digits, ring"):
        prepare.main(["digits", "rings"])
    assert not prepare.FOLDER.exists()


def own(**changes):
    """A user's data set: 4 images of 2 pixels in 5 grey levels a split, with arrays changed."""

    class DataSet:
        shape, features, classes, levels = (1, 2), 2, 3, 4

        def splits(self):
            x, label = np.array([[0, 4], [1, 2], [3, 3], [0, 0]], np.uint8), np.array([0, 1, 2, 0])
            arrays = {f"{split}_x": x for split in ("train", "validation", "test")}
            arrays |= {f"{split}_label": label for split in ("train", "validation", "test")}
            arrays |= changes
            return {name: array for name, array in arrays.items() if array is not None}

    return DataSet()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"train_x": np.array([[0, 64]] * 4)}, "train_x: values from 0 to 64; grey levels are"),
        ({"test_x": np.array([[-1, 0]] * 4)}, "test_x: values from -1 to 0; grey levels are"),
        (
            {"test_x": np.full((4, 2), 0.5)},
            "test_x: values from 0.5 to 0.5; grey levels",
        ),
        ({"test_x": np.full((4, 2), np.nan)}, "test_x: has values that are no finite numbers"),
        ({"test_x": np.zeros((3, 2))}, r"test_x: is \(3, 2\), expected \(4, 2\)"),
        ({"test_label": np.array([0, 1, 12, 0])}, "test_label: values from 0 to 12; classes are"),
        ({"test_label": np.zeros(4)}, "test_label: must be one whole number an example"),
        ({"validation_label": None}, "validation_label: missing"),
    ],
)
def test_data_out_of_range_are_not_written(listed, changes, line):
    """Pixels times 16 and a label 12 were once published as an accuracy of .10."""
    listed["ring"] = own(**changes)
    with pytest.raises(StudyError, match=f"^data.ring: {line}") as told:
        prepare.main()
    assert told.value.code == DATA
    assert "ring.npz" not in files()
    listed["ring"] = own()
    prepare.main()
    assert "ring.npz" in files()


def test_settings_that_the_examples_do_not_allow_are_one_line(listed):
    arrays = {"train_x": np.zeros((2, 1)), "train_label": np.arange(2)}
    listed["ring"] = SimpleNamespace(splits=lambda: few(arrays, 2, range(1), 0))
    with pytest.raises(StudyError, match=r"params.yaml: data.ring: a class has fewer"):
        prepare.main()
