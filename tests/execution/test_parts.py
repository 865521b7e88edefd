"""A unit that is split at its chunk borders and joined again has the bytes of the whole."""

import shutil

import numpy as np
import pytest

from pipeline.execution import (
    checkpoints,
    done,
    lengths,
    loop,
    parts,
    play,
    scheduler,
    units,
    worker,
)
from pipeline.results.files import read_npz
from pipeline.stages import check
from pipeline.study.errors import NON_FINITE, StudyError
from tests import tiny

pytestmark = pytest.mark.usefixtures("traced_once")

SGD = {"name": "sgd", "momentum": 0.5, "lr": [0.01, 1e30, 0.02, 0.03, 1e30]}
ADAM = {"name": "adam", "lr": 0.01, "final": [0.1, 0.2, 0.3, 0.4, 0.5]}
CASES = {
    "averages": {"train": {"rounds": 40, "snapshots": 4, "average": 0.9, "optimizer": ADAM}},
    "diverged": {"train": {"rounds": 40, "log_every": 1, "snapshots": 2, "optimizer": SGD}},
    "images": {"data": "digits", "model": "dcgan", "train": {"rounds": 3, "snapshots": 2}},
    "odd": {"arguments": {"latent": 3, "width": 7}, "train": {"rounds": 37, "snapshots": 3}},
}


def unit(folder, changes, chunk=2, compile="never"):
    """Of five replicas, by two in chunks of one, two and two."""
    content = tiny.params(gan=changes) | {"chunk": chunk, "compile": compile}
    content["train"]["seeds"] = [3, 1, 4, 15, 9]
    content["data"]["digits"], content["experiments"]["toy"]["metrics"] = {}, ["value"]
    tiny.write(folder, content)
    return units.units(check.study(), "toy")[0]


def whole(u):
    """The files of the unit as one training makes them, which is then forgotten."""
    worker.train(u, 1000.0)
    found = tiny.result(u)
    shutil.rmtree(u.folder)
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("begun", [False, True], ids=["from_the_start", "from_a_checkpoint"])
def test_parts_are_joined_to_the_bytes_of_the_whole(folder, case, begun):
    """Snapshots, averages, settings per replica, settled batch norm and diverged replicas too."""
    u = unit(folder, CASES[case])
    expected = whole(u)
    if begun:
        stop(u, u.run.train.rounds // 2)
    made = parts.split(u, 2)
    assert [(p.first, p.stop) for p in made] == [(0, 1), (1, 5)]
    for part in reversed(made):  # in any order, each in a folder of its own
        worker.train(part, 0.0)
        assert parts.is_played(part)
        assert not done.is_done(u)
    worker.train(u, 1000.0)
    assert tiny.result(u) == expected
    assert not list(u.folder.glob("part*"))


@pytest.mark.slow
def test_compiled_chunks_move_as_well(folder):
    u = unit(folder, CASES["odd"], compile="always")
    expected = whole(u)
    for part in parts.split(u, 3):
        worker.train(part, 1000.0)
    worker.train(u, 1000.0)
    assert tiny.result(u) == expected


def stop(u, rounds):
    """Trains a unit so far and leaves it with a checkpoint."""
    training = worker.work(u, lambda _: 0.0)
    for event in training:
        if isinstance(event, loop.Saved) and event.round >= rounds:
            training.close()
    assert list(u.folder.glob("checkpoint-*.npz"))


def test_a_part_that_is_cut_off_goes_on_and_a_trainer_of_the_whole_plays_what_is_left(
    folder,
):
    u = unit(folder, CASES["averages"])
    expected = whole(u)
    first, second = parts.split(u, 2)
    stop(first, 16)
    assert not parts.is_played(first)
    worker.train(second, 1000.0)
    worker.train(u, 1000.0)
    assert tiny.result(u) == expected


@pytest.mark.parametrize("damage", ["cut", "lost"])
def test_a_part_whose_checkpoint_is_damaged_is_played_again(folder, damage):
    u = unit(folder, CASES["odd"])
    expected = whole(u)
    for part in (made := parts.split(u, 3)):
        worker.train(part, 1000.0)
    (file,) = made[1].folder.glob("checkpoint-*.npz")
    file.unlink() if damage == "lost" else file.write_bytes(file.read_bytes()[:-100])
    worker.train(u, 1000.0)
    assert tiny.result(u) == expected


def test_a_part_may_lose_all_its_replicas_and_a_whole_may_not(folder):
    lost = CASES["diverged"]["train"]["optimizer"] | {"lr": [1e30, 0.01, 0.01, 0.01, 0.01]}
    u = unit(folder, {"train": {"rounds": 40, "optimizer": lost}})
    expected = whole(u)
    for part in parts.split(u, 2):
        worker.train(part, 1000.0)
    worker.train(u, 1000.0)
    assert tiny.result(u) == expected
    u = unit(folder, {"train": {"rounds": 40, "optimizer": lost | {"lr": 1e30}}})
    for part in parts.split(u, 2):
        worker.train(part, 1000.0)
    with pytest.raises(StudyError, match="no replica is left") as e:
        worker.train(u, 1000.0)
    assert e.value.code == NON_FINITE


def test_the_borders_are_those_that_the_engine_takes(folder):
    for case, chunk in (("odd", 2), ("images", 0), ("averages", 3)):
        u = unit(folder, CASES[case], chunk=chunk)
        taken = play.begin(u, play.examples(u)).chunks
        assert parts.borders(u) == [each.rows for each in taken]


def test_a_unit_of_one_chunk_is_not_split(folder):
    tiny.write(folder, tiny.params(gan={}))
    (u,) = units.units(check.study(), "toy")
    assert parts.split(u, 4) == []
    assert parts.of(u) == []


def test_the_seconds_of_the_parts_are_those_of_the_unit(folder):
    """Else the next estimate of its length would be too short (pipeline/execution/lengths.py)."""
    u = unit(folder, CASES["odd"])
    for part in parts.split(u, 2):
        worker.train(part, 1000.0)
        (part.folder / "seconds.json").write_text('{"seconds": 100.0}', encoding="utf-8")
    worker.train(u, 1000.0)
    lengths.note(u)
    assert 200 < lengths.seconds(u, lengths.paces()) < 250


def test_rows_of_other_replicas_in_a_part_are_not_its_own(folder):
    """A part's checkpoint holds its own chunks, and a snapshot of it its own rows."""
    u = unit(folder, CASES["averages"])
    _, second = parts.split(u, 2)
    worker.train(second, 1000.0)
    (file,) = second.folder.glob(f"checkpoint-{u.run.train.rounds:09d}.npz")
    starts = {name.split("/")[0] for name in read_npz(file)} - {"round", "record", "sha256"}
    assert starts == {"1", "3"}
    for file in second.folder.glob("snapshot-*.npz"):
        assert {len(np.atleast_1d(a)) for a in read_npz(file).values()} == {4}


@pytest.mark.slow
def test_where_a_core_is_idle_the_last_unit_is_split_and_its_bytes_are_the_same(
    folder, monkeypatch, capsys
):
    """It is stopped at a checkpoint; two processes go on, and a third makes the result."""
    u = unit(folder, {"train": {"rounds": 6000, "snapshots": 2, "log_every": 500}})
    expected = whole(u)
    made, split = [], parts.split

    def noted(unit, count):
        made.append((split(unit, count), checkpoints.newest(unit)))
        return made[-1][0]

    monkeypatch.setattr(parts, "split", noted)
    monkeypatch.setattr(scheduler, "WORTH", 0.0)
    scheduler.side_by_side([u], 2, 1000.0)
    assert tiny.result(u) == expected
    ((two, begun),) = made
    assert [part.replicas for part in two] == [1, 4]
    assert 0 < int(begun[0]["round"]) < 6000
    assert "failed" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_unit_whose_stage_was_killed_in_parts_goes_on_in_these_parts(folder):
    """With one core, too, and without a new split."""
    u = unit(folder, CASES["odd"])
    expected = whole(u)
    worker.train(parts.split(u, 2)[1], 1000.0)
    scheduler.side_by_side([u], 1, 1000.0)
    assert tiny.result(u) == expected
