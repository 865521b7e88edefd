"""The same files give the same record, while they grow and when they are whole."""

import numpy as np
import pytest

from pipeline.results import schema
from pipeline.results.files import write_npz
from pipeline.study.errors import StudyError
from pipeline.tracking import record
from tests.tracking.study import curve_rows, evaluated, unit, write_curves

REAL = "train/discriminator/real"


def test_a_round_counts_when_every_replica_has_it(tmp_path):
    run = unit(tmp_path)
    rows = list(curve_rows((0, 10), terms=("real",)))
    (tmp_path / "curves.csv").write_text("\n".join(["header", *rows[:-1]]) + "\n" + rows[-1])
    assert record.curves(tmp_path, run)[REAL].rounds == [0]  # its last line is not yet whole
    write_curves(tmp_path, rows)
    curve = record.curves(tmp_path, run)[REAL]
    assert curve.rounds == [0, 10]
    assert curve.values.tolist() == [[0.0, 0.1, 0.2], [10.0, 10.1, 10.2]]


def test_before_the_first_round_there_is_no_curve(tmp_path):
    run = unit(tmp_path)
    (tmp_path / "curves.csv").unlink()
    assert record.curves(tmp_path, run) == {}


@pytest.mark.parametrize("logged", [1, 199, 200, 201, 399, 400, 1501])
def test_what_is_shown_during_training_is_part_of_what_is_kept(tmp_path, logged):
    run = unit(tmp_path, seeds=(0,), rounds=logged, log_every=1)
    whole = record.curves(tmp_path, run)[REAL].rounds
    assert len(whole) <= record.POINTS + 1
    assert whole[-1] == logged - 1
    for part in (logged // 3, logged // 2, logged):
        write_curves(tmp_path, curve_rows(range(part), (0,)))
        shown = record.curves(tmp_path, run, finished=False)
        assert set(shown[REAL].rounds if shown else ()) <= set(whole)


def test_parameters_are_flat_and_identity_is_not_among_them(tmp_path):
    flat = record.parameters(unit(tmp_path))
    assert flat["train.optimizer.lr"] == "0.001"
    assert flat["arguments.saturating"] == "false"
    assert flat["model"] == "gan"
    assert not {"format", "fingerprint", "code"} & set(flat)


def test_names_that_a_server_refuses_are_spelt_otherwise():
    assert record.key("train/d/log p(x)|η") == "train/d/log p_x__η"


def test_scores_have_a_digest_of_their_values(tmp_path):
    run = unit(tmp_path / "runs/ring/gan")
    assert record.scores(tmp_path, "ring", "gan", run) is None
    digests = set()
    for values in ((8, 7, 6), (8, 7, 6), (8, 7, None), (7, 8, 6)):
        evaluated(tmp_path, values=values)
        digests.add(record.scores(tmp_path, "ring", "gan", run).digest)
    assert len(digests) == 3
    assert record.scores(tmp_path, "ring", "other", run) is None


@pytest.mark.parametrize(
    ("shape", "height", "width"),
    [
        ((8, 8), 3 * (7 * 8 + 4), 12 * (7 * 8 + 4)),  # a row of 12 images for each replica
        ((2,), 64 * 3 + 4, 3 * (64 * 3 + 4)),  # a tile for each
        ((1,), 64 * 3 + 4, 3 * (64 * 3 + 4)),
    ],
)
def test_the_picture_shows_every_replica(tmp_path, shape, height, width):
    picture = record.picture(tmp_path, unit(tmp_path, shape=shape))
    assert picture.dtype == np.uint8
    assert picture.shape == (height, width)


def test_the_picture_of_a_ring_is_a_ring_the_right_way_up(tmp_path):
    run = unit(tmp_path, seeds=(0,))
    corners = np.array([[[-1, -1], [1, 1], [1, 1], [-1, 1]]] * 1, np.float32)
    write_npz(tmp_path / "samples.npz", {"x": corners})
    picture = record.picture(tmp_path, run)
    rows, columns = picture.shape[0] // 2, picture.shape[1] // 2
    inner = picture[2:-2, 2:-2] < 190
    rows, columns = inner.shape[0] // 2, inner.shape[1] // 2
    dark = inner[:rows, :columns], inner[:rows, columns:], inner[rows:, :columns]
    assert all(quarter.any() for quarter in dark)
    assert not inner[rows:, columns:].any()  # nothing lies to the right and below
    assert (picture[:rows, columns:] == 0).any()  # where most points are it is darkest


def test_samples_that_are_not_finite_do_not_spoil_the_picture(tmp_path):
    for shape in ((2,), (1,), (8, 8)):
        run = unit(tmp_path, shape=shape)
        x = np.full((3, 5, int(np.prod(shape))), np.nan, np.float32)
        write_npz(tmp_path / "samples.npz", {"x": x})
        nothing = record.picture(tmp_path, run)
        assert (nothing is None) == (len(shape) == 1)
        x[0] = 0.5
        write_npz(tmp_path / "samples.npz", {"x": x})
        assert record.picture(tmp_path, run) is not None


def test_what_has_no_samples_has_no_picture(tmp_path):
    run = unit(tmp_path)
    (tmp_path / "samples.npz").unlink()
    assert record.picture(tmp_path, run) is None
    assert record.picture(tmp_path, unit(tmp_path, shape=(5,))) is None


def test_a_line_that_is_no_point_is_named(tmp_path):
    run = unit(tmp_path)
    write_curves(tmp_path, ["0,discriminator,real,0,high"])
    with pytest.raises(StudyError, match=r"curves.csv: line 2 is not a point"):
        record.curves(tmp_path, run)
    assert schema.read(schema.Record, tmp_path / "run.json") == run
