"""Diverged replicas and the average of weights in the files of a run, interrupted or not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.execution import done, play, worker
from pipeline.results.files import read_npz
from pipeline.study.errors import NON_FINITE, StudyError
from tests import tiny
from tests.engine import test_phases
from tests.execution.test_worker import Stop, stop_after, unit

pytestmark = pytest.mark.usefixtures("traced_once")

SGD = {"name": "sgd", "lr": [0.01, 1e30]}  # the second replica overflows in its first rounds


def test_a_run_without_a_finite_replica_fails_and_says_where(folder):
    u = unit(folder, train={"rounds": 40, "optimizer": SGD | {"lr": 1e30}})
    told = r"toy\.gan: .* is not finite at round \d+ for seed \d, and no replica is left"
    with pytest.raises(StudyError, match=told) as e:
        worker.train(u, 0.0)
    assert e.value.code == NON_FINITE
    assert not done.is_done(u)
    assert not (u.folder / "weights.npz").exists()
    for checkpoint in u.folder.glob("checkpoint-*.npz"):
        arrays = read_npz(checkpoint)
        assert all(np.isfinite(a).all() for a in arrays.values() if a.dtype.kind == "f")


def test_a_replica_that_diverges_is_recorded_and_the_run_is_done(folder, capsys):
    """run.json names it, curves.csv has nan from its round, its weights are the last finite."""
    u = unit(folder, train={"rounds": 40, "log_every": 1, "optimizer": SGD, "snapshots": 4})
    worker.train(u, 1000.0)
    assert done.is_done(u)
    (told,) = json.loads((u.folder / "run.json").read_text())["diverged"]
    assert (told["replica"], told["seed"]) == (1, 1)
    assert {"round", "player", "step", "quantity", "term"} <= set(told)
    assert f"not finite at round {told['round']} for seed 1" in capsys.readouterr().err
    for line in (u.folder / "curves.csv").read_text().splitlines()[1:]:
        at, _, _, replica, value = line.split(",")
        stands_still = replica == "1" and int(at) >= told["round"]
        assert np.isnan(float(value)) == stands_still, line
    for name in ("weights.npz", "samples.npz", "snapshots.npz"):
        assert all(np.isfinite(a).all() for a in read_npz(u.folder / name).values())
    boxes = read_npz(u.folder / "diverged.npz")
    assert {name.split("/")[1] for name in boxes} == {"state", "batch", "noise"}
    assert {name.split("/")[0] for name in boxes} == {"1"}


def test_the_neighbour_of_a_replica_that_diverges_is_as_beside_any_other(folder):
    ends = []
    for rate in (1e30, 0.02):
        u = unit(folder, train={"rounds": 40, "optimizer": SGD | {"lr": [0.01, rate]}})
        worker.train(u, 1000.0)
        ends.append(read_npz(u.folder / "weights.npz"))
    for name, array in ends[0].items():
        np.testing.assert_array_equal(array[0], ends[1][name][0])


@pytest.mark.parametrize("rounds", [(19, 20, 21), (1, 16, 33)])
def test_cut_off_about_the_end_of_a_phase_it_ends_in_the_same_bytes(
    folder, monkeypatch, capsys, rounds
):
    """All at once: two phases of 20 rounds, three replicas in two chunks, one of which diverges,
    and an average. Cut at the end of the phase and a round to either side; at ends of blocks.
    Each time it goes on from a checkpoint, which knows of the replica that stands still."""
    optimizer = {"name": "adam", "lr": [0.01, 1e30, 0.02], "final": 0.1}
    train = {"rounds": 40, "seeds": [3, 1, 2], "optimizer": optimizer, "average": 0.9}
    u = replace(unit(folder, train=train | {"log_every": 3}), chunk=2)
    monkeypatch.setattr(play.models, "build", lambda *_: test_phases.Growing(features=2))
    worker.train(u, checkpoint_seconds=1000.0)
    whole = tiny.result(u)
    assert {"average.npz", "diverged.npz"} <= set(whole)
    (u.folder / "done.json").unlink()
    for at in rounds:
        with monkeypatch.context() as patched:
            stop_after(patched, at)
            with pytest.raises(Stop):
                worker.train(u, checkpoint_seconds=0.0)
    for name in ("weights.npz", "average.npz", "diverged.npz"):
        (u.folder / name).unlink(missing_ok=True)
    capsys.readouterr()
    worker.train(u, checkpoint_seconds=1000.0)
    assert tiny.result(u) == whole
    assert "not used" not in capsys.readouterr().err


def test_the_average_is_written_and_sampled_from(folder):
    plain = unit(folder, train={"rounds": 40})
    u = unit(folder, train={"rounds": 40, "average": 0.9})
    for each in (plain, u):
        worker.train(each, 1000.0)
    last, average = (read_npz(u.folder / f"{n}.npz") for n in ("weights", "average"))
    assert last.keys() == average.keys()
    known = read_npz(plain.folder / "weights.npz")
    for name, array in last.items():
        np.testing.assert_array_equal(array, known[name])
        assert (average[name] != array).any()
    samples = read_npz(u.folder / "samples.npz")
    assert samples["average"].shape == samples["x"].shape
    assert (samples["average"] != samples["x"]).any()
    assert not (plain.folder / "average.npz").exists()
    assert list(read_npz(plain.folder / "samples.npz")) == ["x"]
