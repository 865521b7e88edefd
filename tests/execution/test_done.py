"""A result is whole or it is made again: nothing that is half there is taken for done."""

import shutil
from pathlib import Path

import pytest

from pipeline.execution import done, machine, play, units, worker
from pipeline.results.files import digest, read_json, write_json, write_text
from pipeline.stages import check, train
from pipeline.study.errors import DATA
from tests import tiny

BLOCK = {"rounds": 40, "snapshots": 2}


class Stop(Exception):
    """What a test raises in the middle of a training."""


def unit(folder, **changes):
    tiny.write(folder, tiny.params(gan={"train": BLOCK} | changes))
    return units.units(check.study(), "toy")[0]


def at_round(monkeypatch, rounds, happens):
    """Something happens when a training has reached so many rounds, once."""
    play_rounds, happened = worker.Training.play, []

    def meanwhile(self, total):
        for report in play_rounds(self, total):
            if self.round >= rounds and not happened:
                happened.append(self.round)
                happens()
            yield report

    monkeypatch.setattr(worker.Training, "play", meanwhile)


def interrupted(u, monkeypatch, rounds=30):
    """The unit's training, cut off after so many rounds, with checkpoints on the way."""

    def stop():
        raise Stop

    with monkeypatch.context() as patched:
        at_round(patched, rounds, stop)
        with pytest.raises(Stop):
            worker.train(u, 0.0)
    assert not done.is_done(u)
    assert list(u.folder.glob("checkpoint-*.npz"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The SHA-256 of each file of a result that nothing has disturbed, and the record of it."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.delenv("DVC_ROOT", raising=False)
        patched.delenv("DSTAR_WORK", raising=False)
        u = unit(folder)
        worker.train(u, 1000.0)
        return tiny.result(u), done.record(u)


def test_a_record_names_every_file_promised_with_its_digest_and_size(whole):
    hashes, record = whole
    assert set(record["files"]) == set(done.RESULT)
    assert {name: stated["sha256"] for name, stated in record["files"].items()} == hashes
    (maker,) = record["made_by"]
    assert maker == {"from_round": 0} | machine.here("cpu")
    assert set(maker["versions"]) == {"python", "torch", "numpy"}
    assert set(maker["machine"]) == {"processor", "cores", "system", "device"}


@pytest.mark.parametrize(
    ("run", "left_out"),
    [
        ({"train": BLOCK}, set()),
        ({"train": {"rounds": 40}}, {"snapshots.npz"}),
        (
            {"data": "digits", "model": "classifier", "arguments": {"width": 4}, "train": BLOCK},
            {"samples.npz"},
        ),
    ],
)
def test_a_run_decides_which_files_are_promised(folder, run, left_out):
    content = tiny.params(one=run)
    content["data"]["digits"] = {}
    if run.get("model"):
        content["experiments"]["toy"]["metrics"] = ["accuracy"]
    tiny.write(folder, content)
    (u,) = units.units(check.study(), "toy")
    assert set(done.promised(u)) == set(done.RESULT) - left_out


@pytest.mark.parametrize("damage", ["lost", "cut", "longer", "flipped", "emptied"])
@pytest.mark.parametrize("name", done.RESULT)
def test_whatever_is_not_as_it_was_written_is_not_done(folder, whole, name, damage):
    u = _as_done(folder, whole)
    file = u.folder / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    kept = {"cut": content[:-1], "longer": file.read_bytes() + b"\0", "flipped": content}
    if damage == "lost":
        file.unlink()
    else:
        file.write_bytes(bytes(kept.get(damage, b"")))
    assert not done.is_done(u)
    with pytest.raises(done.NotWhole) as told:
        done.collect(u)
    assert told.value.code == DATA
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda record: None,
        lambda record: [],
        lambda record: {"files": None},
        lambda record: record | {"fingerprint": "0" * 16},
        lambda record: record | {"files": {}},
        lambda record: record | {"files": dict(list(record["files"].items())[1:])},
        lambda record: record | {"files": record["files"] | {"more.npz": {}}},
        lambda record: record | {"files": dict.fromkeys(record["files"])},
        lambda record: record | {"made_by": []},
    ],
)
def test_a_record_that_does_not_say_it_all_is_none(folder, whole, change):
    u = _as_done(folder, whole)
    write_json(u.folder / done.RECORD, change(read_json(u.folder / done.RECORD)))
    assert not done.is_done(u)


def _as_done(folder, whole):
    """A unit that is done, of files that are quick to make; what they hold is not looked at."""
    u = unit(folder)
    for name in done.promised(u):
        (u.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (u.folder / name).write_bytes(name.encode() * 9)
    files = {
        name: {"sha256": digest(u.folder / name), "bytes": (u.folder / name).stat().st_size}
        for name in done.promised(u)
    }
    record = whole[1] | {"fingerprint": u.fingerprint, "files": files}
    write_json(u.folder / done.RECORD, record)
    assert done.is_done(u)
    return u


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


def test_a_result_of_another_run_is_not_done(folder):
    other = unit(folder, train=BLOCK | {"rounds": 10})
    worker.train(other, 1000.0)
    u = unit(folder)
    shutil.copytree(other.folder, u.folder)
    assert not done.is_done(u)


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


def trained_here(monkeypatch):
    """Units train in this process; returns the labels of those that did."""
    labels: list[str] = []

    def side_by_side(todo, *_):
        for u in todo:
            labels.append(u.label)
            worker.train(u, 1000.0)

    monkeypatch.setattr(train.scheduler, "side_by_side", side_by_side)
    monkeypatch.setattr(train.processes, "load_libraries", lambda *_: None)
    monkeypatch.setattr(train.processes, "die_with_parent", lambda: None)
    monkeypatch.setenv("DSTAR_TRACKING", "off")
    return labels


def test_a_result_that_is_lost_before_it_is_collected_is_made_again(
    folder, whole, monkeypatch, capsys
):
    u = unit(folder)
    trained = trained_here(monkeypatch)
    collect, calls = done.collect, []

    def lost_once(unit, *more):
        if not calls:
            calls.append(unit)
            (unit.folder / "weights.npz").unlink()
        return collect(unit, *more)

    monkeypatch.setattr(done, "collect", lost_once)
    train.main("toy")
    assert trained == ["toy.gan", "toy.gan"]
    assert {n: digest(f"runs/toy/gan/{n}") for n in done.RESULT} == whole[0] == tiny.result(u)
    assert "it is made again" in capsys.readouterr().err


def test_what_a_user_has_put_beside_results_stays(folder, whole, monkeypatch):
    """Only files of a result go: those of a run that is listed no more, and those out of date."""
    trained_here(monkeypatch)
    unit(folder)
    for run in ("gan", "gone"):
        for name in (*done.RESULT, "my_notes/idea.txt"):
            file = Path("runs/toy", run, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("mine")
    (Path("runs/toy/empty")).mkdir()
    train.main("toy")
    left = {file.as_posix() for file in Path("runs/toy").rglob("*") if file.is_file()}
    assert left == {
        *(f"runs/toy/gan/{name}" for name in done.RESULT),
        "runs/toy/gan/my_notes/idea.txt",
        "runs/toy/gone/my_notes/idea.txt",
    }
    assert not Path("runs/toy/empty").exists()
    assert {n: digest(f"runs/toy/gan/{n}") for n in done.RESULT} == whole[0]


def test_a_result_from_elsewhere_is_collected_with_a_warning(folder, monkeypatch, capsys):
    unit(folder)
    trained_here(monkeypatch)
    now = machine.here("cpu")
    with monkeypatch.context() as patched:
        elsewhere = now | {"machine": now["machine"] | {"processor": "another processor"}}
        patched.setattr(machine, "here", lambda device: elsewhere)
        train.main("toy")
    assert "warning" not in capsys.readouterr().err
    train.main("toy")
    told = capsys.readouterr().err
    assert told.count("warning: toy.gan was made with") == 1
    assert "another processor" in told


def test_curves_are_cut_back_to_what_a_checkpoint_holds(tmp_path):
    """Rows that were written after it are written again, once."""
    file = tmp_path / "curves.csv"
    with worker.Curves(file, None) as curves:
        curves.write("1,a,b,0,1\n")
        kept = curves.prefix()
        curves.write("2,a,b,0,2\n")
    with worker.Curves(file, kept) as curves:
        curves.write("2,a,b,0,3\n")
        assert curves.prefix()["sha256"] == digest(file)
    assert file.read_text() == f"{play.HEADER}1,a,b,0,1\n2,a,b,0,3\n"
