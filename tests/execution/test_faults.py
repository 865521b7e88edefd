"""A training that is interrupted, loses files or changes machines ends with a complete result."""

import shutil

import pytest

from pipeline.execution import done, loop, machine, play, worker
from pipeline.results.files import digest, read_json, write_text
from tests import tiny
from tests.execution.interrupted import BLOCK, Stop, at_round, interrupted, unit

pytestmark = pytest.mark.usefixtures("traced_once")


@pytest.mark.parametrize("damage", ["cut", "lost", "flipped"])
def test_curves_that_lost_rows_of_a_checkpoint_cost_rounds_and_not_the_run(
    folder, whole, monkeypatch, capsys, damage
):
    """Else the file would go on to NUL bytes, or to the rows of another training."""
    u = unit(folder)
    interrupted(u, monkeypatch)
    file = u.folder / "curves.csv"
    content = file.read_bytes()
    kept = {"cut": content[:-20], "flipped": content.replace(b"gen", b"geN", 1)}
    file.write_bytes(kept[damage]) if damage in kept else file.unlink()
    worker.train(u, 1000.0)
    assert tiny.result(u) == whole[0]
    assert "curves.csv has lost rows" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_a_snapshot_that_is_lost_costs_one_training_and_not_an_endless_loop(
    folder, whole, monkeypatch, capsys, damage
):
    u = unit(folder)
    interrupted(u, monkeypatch)
    file = u.folder / "snapshot-000000020.npz"
    file.unlink() if damage == "lost" else shutil.copy(u.folder / "snapshot-000000000.npz", file)
    worker.train(u, 1000.0)
    assert tiny.result(u) == whole[0]
    assert "snapshot-000000020.npz, which belongs to it, is lost" in capsys.readouterr().err


@pytest.mark.parametrize(
    "what", ["folder", "run.json", "curves.csv", "snapshot-000000000.npz", "another curves.csv"]
)
def test_what_is_removed_while_a_unit_trains_is_made_again(
    folder, whole, monkeypatch, capsys, what
):
    """`rm -rf work`, above all: what is done then is whole."""
    u = unit(folder)

    def remove():
        if what == "another curves.csv":
            write_text(u.folder / "curves.csv", play.HEADER)
        elif what == "folder":
            shutil.rmtree(u.folder)
        else:
            (u.folder / what).unlink()

    at_round(monkeypatch, 30, remove)
    worker.train(u, 1000.0)
    assert done.is_done(u)
    assert tiny.result(u) == whole[0]
    assert capsys.readouterr().err.count("what is lost is made again") == 1


def test_a_checkpoint_of_another_run_is_set_aside(folder, whole, monkeypatch, capsys):
    """Of another learning rate: one line is told, and the run trained anew."""
    other = unit(folder, train=BLOCK | {"optimizer": {"name": "adam", "lr": 0.02}})
    interrupted(other, monkeypatch)
    u = unit(folder)
    assert u.fingerprint != other.fingerprint
    shutil.copytree(other.folder, u.folder)
    capsys.readouterr()
    worker.train(u, 1000.0)
    assert tiny.result(u) == whole[0]
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert "checkpoints of another run are set aside as other-checkpoint-" in told[0]
    assert list(u.folder.glob("other-checkpoint-*.npz"))


def test_all_that_had_a_part_stands_in_the_record(folder, whole, monkeypatch, capsys):
    """A run that went on with another Torch: one warning, and both are named."""
    u = unit(folder)
    interrupted(u, monkeypatch)
    reached = max(int(f.stem[-9:]) for f in u.folder.glob("checkpoint-*.npz"))
    now = machine.here("cpu")
    there = now | {"versions": now["versions"] | {"torch": "9.9.9"}}
    monkeypatch.setattr(machine, "here", lambda device: there)
    capsys.readouterr()
    worker.train(u, 1000.0)
    told = capsys.readouterr().err
    assert told.count("warning") == 1
    assert "torch 9.9.9" in told
    assert now["versions"]["torch"] in told
    made_by = done.record(u)["made_by"]
    assert made_by == [{"from_round": 0} | now, {"from_round": reached} | there]
    versions = read_json(u.folder / "run.json")["versions"]
    assert versions["torch"] == f"{now['versions']['torch']}, 9.9.9"
    assert tiny.result(u).items() - whole[0].items() == {
        ("run.json", digest(u.folder / "run.json"))
    }


def test_a_process_that_reached_no_checkpoint_had_no_part(folder, monkeypatch):
    u = unit(folder)
    now = machine.here("cpu")
    with monkeypatch.context() as patched:
        elsewhere = now | {"machine": now["machine"] | {"processor": "another"}}
        patched.setattr(machine, "here", lambda device: elsewhere)
        at_round(patched, 30, lambda: (_ for _ in ()).throw(Stop()))
        with pytest.raises(Stop):
            worker.train(u, 1000.0)
    worker.train(u, 1000.0)
    assert done.record(u)["made_by"] == [{"from_round": 0} | now]


def test_curves_are_cut_back_to_what_a_checkpoint_holds(tmp_path):
    """Rows that were written after it are written again, once."""
    file = tmp_path / "curves.csv"
    with loop.Curves(file, None) as curves:
        curves.write("1,a,b,0,1\n")
        kept = curves.prefix()
        curves.write("2,a,b,0,2\n")
    with loop.Curves(file, kept) as curves:
        curves.write("2,a,b,0,3\n")
        assert curves.prefix()["sha256"] == digest(file)
    assert file.read_text() == f"{play.HEADER}1,a,b,0,1\n2,a,b,0,3\n"
