"""The same files give the same record, while they grow and when they are complete."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.results import schema
from pipeline.results.files import write_npz
from pipeline.study.errors import StudyError
from pipeline.tracking import record
from pipeline.tracking.picture import picture
from tests.results import made
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


def test_a_curve_of_a_replica_is_thinned_and_keeps_its_ends():
    for count in (1, 2, 49, 50, 51, 150, 201):
        curve = record.Curve(list(range(count)), np.arange(2.0 * count).reshape(count, 2))
        points = curve.of(1)
        assert len(points) <= record.REPLICA_POINTS + 1
        assert (points[0][0], points[-1][0]) == (0, count - 1)
        assert all(value == 2 * moment + 1 for moment, value in points)
        assert len({moment for moment, _ in points}) == len(points)


def test_a_curve_of_which_no_round_is_whole_has_no_points(tmp_path):
    run = unit(tmp_path)
    write_curves(tmp_path, list(curve_rows((0,), terms=("real",)))[:-1])
    curve = record.curves(tmp_path, run)[REAL]
    assert (curve.mean(), curve.of(0)) == ([], [])


def test_scores_are_of_the_training_that_is_there(tmp_path):
    run = unit(tmp_path / "runs/ring/gan")
    assert record.Reports(tmp_path).scores("ring/gan", run) is None
    evaluated(tmp_path, values=(8, 7, None))
    assert record.Reports(tmp_path).scores("ring/gan", run).replicas[2] == {
        "test/coverage.modes": None
    }
    assert record.Reports(tmp_path).scores("ring/other", run) is None
    evaluated(tmp_path, fingerprint="b" * 16)
    assert record.Reports(tmp_path).scores("ring/gan", run) is None


REPORTS = sorted(Path("reports/metrics").glob("*.json"))


@pytest.mark.skipif(not REPORTS, reason="nothing is evaluated yet")
def test_every_number_of_the_reports_becomes_a_metric_with_a_readable_key():
    """Of the files as `evaluate` writes them: what is renamed there must not be lost here."""
    reports = record.Reports(Path())
    for path in REPORTS:
        for name, block in schema.read(schema.Measurements, path).runs.items():
            run = made.record(train=block.train, fingerprint=block.fingerprint)
            found = reports.scores(f"{path.stem}/{name}", run)
            for metric, measured in schema.plain(block)["metrics"].items():
                title = f"{block.split}/{metric}"
                assert record.key(title) == title
                own = [replica[title] for replica in found.replicas if title in replica]
                each = len(measured["values"]) == len(block.train.seeds)
                assert own == (measured["values"] if each else [])  # a vote is of no replica
                assert found.run[title] == measured["mean"]
                beside = {found.run[f"{block.split}/reference/{metric}"]} | {
                    found.run[f"{block.split}/interval/{metric}.{bound}"]
                    for bound in ("low", "high")
                }
                theirs = {
                    k: v
                    for k, v in measured.items()
                    if k not in ("mean", "level", "least", "most")
                }
                assert beside >= {v for v in theirs.values() if type(v) in (int, float)}


LEDGER = Path("reports/claims.json")


@pytest.mark.skipif(not LEDGER.is_file(), reason="no claim is decided yet")
def test_every_claim_about_runs_is_a_verdict_of_each():
    reports = record.Reports(Path())
    claims = [c for c in schema.read(schema.Verdicts, LEDGER).claims if c.experiment]
    used = {
        (claim.id, f"{claim.experiment}/{run}", claim.verdict)
        for claim in claims
        for run in (claim.run, claim.versus, *(claim.runs or ()))
        if run
    }
    found = {
        (claim, name, verdict)
        for name in {name for _, name, _ in used}
        for claim, verdict in reports.verdicts(name).items()
    }
    assert found == used
    assert {claim.id for claim in claims} == {claim for claim, _, _ in found}


def test_the_file_with_the_weights_is_named_from_the_top():
    assert record.weights("dstar", "ring/gan") == "runs/ring/gan/weights.npz"
    assert record.weights("mnist", "ring/gan") == "mnist/runs/ring/gan/weights.npz"


@pytest.mark.parametrize(
    ("shape", "height", "width"),
    [
        ((8, 8), 3 * (7 * 8 + 4), 12 * (7 * 8 + 4)),  # a row of 12 images for each replica
        ((2,), 64 * 3 + 4, 3 * (64 * 3 + 4)),  # a tile for each
        ((1,), 64 * 3 + 4, 3 * (64 * 3 + 4)),
    ],
)
def test_the_picture_shows_every_replica(tmp_path, shape, height, width):
    image = picture(tmp_path, unit(tmp_path, shape=shape))
    assert image.dtype == np.uint8
    assert image.shape == (height, width)


def test_the_picture_of_a_ring_is_a_ring_the_right_way_up(tmp_path):
    run = unit(tmp_path, seeds=(0,))
    corners = np.array([[[-1, -1], [1, 1], [1, 1], [-1, 1]]] * 1, np.float32)
    write_npz(tmp_path / "samples.npz", {"x": corners})
    image = picture(tmp_path, run)
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    inner = image[2:-2, 2:-2] < 190
    rows, columns = inner.shape[0] // 2, inner.shape[1] // 2
    dark = inner[:rows, :columns], inner[:rows, columns:], inner[rows:, :columns]
    assert all(quarter.any() for quarter in dark)
    assert not inner[rows:, columns:].any()  # nothing lies to the right and below
    assert (image[:rows, columns:] == 0).any()  # where most points are it is darkest


def test_samples_that_are_not_finite_do_not_spoil_the_picture(tmp_path):
    for shape in ((2,), (1,), (8, 8)):
        run = unit(tmp_path, shape=shape)
        x = np.full((3, 5, int(np.prod(shape))), np.nan, np.float32)
        write_npz(tmp_path / "samples.npz", {"x": x})
        nothing = picture(tmp_path, run)
        assert (nothing is None) == (len(shape) == 1)
        x[0] = 0.5
        write_npz(tmp_path / "samples.npz", {"x": x})
        assert picture(tmp_path, run) is not None


def test_what_has_no_samples_has_no_picture(tmp_path):
    run = unit(tmp_path)
    (tmp_path / "samples.npz").unlink()
    assert picture(tmp_path, run) is None
    assert picture(tmp_path, unit(tmp_path, shape=(5,))) is None


def test_a_line_that_is_no_point_is_named(tmp_path):
    run = unit(tmp_path)
    write_curves(tmp_path, ["0,discriminator,real,0,high"])
    with pytest.raises(StudyError, match=r"curves.csv: line 2 is not a point"):
        record.curves(tmp_path, run)
    assert schema.read(schema.Record, tmp_path / "run.json") == run
