"""A result is complete or it is made again: a partial result never counts as done."""

import shutil
from pathlib import Path

import pytest

from pipeline.execution import done, machine, units, worker
from pipeline.results import shelf
from pipeline.results.files import digest, read_json, write_json, write_text
from pipeline.results.seal import sealed
from pipeline.results.trained_run import Trained
from pipeline.stages import check, train
from pipeline.study.errors import DATA, StudyError
from tests import tiny
from tests.execution.interrupted import BLOCK, unit

pytestmark = pytest.mark.usefixtures("traced_once")


def test_a_record_names_every_file_promised_with_its_digest_and_size(whole):
    hashes, record, _ = whole
    assert set(record["files"]) == set(done.RESULT) - {"average.npz", "diverged.npz"}
    assert {name: stated["sha256"] for name, stated in record["files"].items()} == hashes
    (maker,) = record["made_by"]
    assert maker == {"from_round": 0} | machine.here("cpu")
    assert set(maker["versions"]) == {"python", "torch", "numpy"}
    assert set(maker["machine"]) == {"processor", "cores", "system", "device"}


@pytest.mark.parametrize(
    ("run", "left_out"),
    [
        ({"train": BLOCK | {"average": 0.9}}, set()),
        ({"train": BLOCK}, {"average.npz"}),
        ({"train": {"rounds": 40}}, {"average.npz", "snapshots.npz"}),
        (
            {"data": "digits", "model": "classifier", "arguments": {"width": 4}, "train": BLOCK},
            {"average.npz", "samples.npz"},
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
    assert set(done.promised(u, diverged=True)) == set(done.RESULT) - left_out
    assert {*done.promised(u, diverged=False), "diverged.npz"} == set(done.RESULT) - left_out


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
    record = read_json(u.folder / done.RECORD)
    assert record.pop("sha256")  # its seal
    write_json(u.folder / done.RECORD, change(record))
    assert not done.is_done(u)


def test_a_record_with_another_digit_in_it_is_none(folder, whole):
    u = _as_done(folder, whole)
    file = u.folder / done.RECORD
    text = file.read_text()
    file.write_text(text.replace('"from_round": 0', '"from_round": 1'))
    assert file.read_text() != text
    assert not done.is_done(u)


def _as_done(folder, whole):
    """A unit that is done, with every kind of file; what arrays they hold is not looked at."""
    u = unit(folder, train=BLOCK | {"average": 0.9})
    still = {"seed": 1, "replica": 1, "round": 7, "step": 0}
    still |= {"player": "generator", "term": "non_saturating", "quantity": "term"}
    for name in done.RESULT:
        write_text(u.folder / name, name * 9)
    run = {key: value for key, value in whole[2].items() if key != "sha256"}
    write_json(u.folder / "run.json", run | {"diverged": [still]})
    files = {
        name: {"sha256": digest(u.folder / name), "bytes": (u.folder / name).stat().st_size}
        for name in done.RESULT
    }
    record = whole[1] | {"fingerprint": u.fingerprint, "files": files}
    write_json(u.folder / done.RECORD, sealed(record))
    assert done.is_done(u)
    return u


@pytest.mark.parametrize("name", ["average.npz", "diverged.npz"])
def test_a_file_that_only_some_runs_have_is_missed_where_it_was_promised(folder, whole, name):
    """Its line taken out of the record as well."""
    u = _as_done(folder, whole)
    record = read_json(u.folder / done.RECORD)
    del record["files"][name]
    record.pop("sha256", None)
    (u.folder / name).unlink()
    write_json(u.folder / done.RECORD, record)
    assert not done.is_done(u)


def test_a_result_of_another_run_is_not_done(folder):
    other = unit(folder, train=BLOCK | {"rounds": 10})
    worker.train(other, 1000.0)
    u = unit(folder)
    shutil.copytree(other.folder, u.folder)
    assert not done.is_done(u)


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
    assert {n: digest(f"runs/toy/gan/{n}") for n in whole[0]} == whole[0] == tiny.result(u)
    assert "it is made again" in capsys.readouterr().err


def test_what_a_user_has_put_beside_results_stays(folder, whole, monkeypatch):
    """Only files that the record of a result names go, as they were written: of a run that is
    listed no more, and those out of date."""
    trained_here(monkeypatch)
    unit(folder)
    train.main("toy")
    toy = Path("runs/toy")
    for run in ("gone", "edited"):
        shutil.copytree(toy / "gan", toy / run)
    (toy / "edited/samples.npz").write_text("mine")
    for run in ("gan", "gone", "edited", "never"):
        for name in ("my_notes/idea.txt", *(done.RESULT if run == "never" else ())):
            (toy / run / name).parent.mkdir(parents=True, exist_ok=True)
            (toy / run / name).write_text("mine")
    (toy / "gan/average.npz").write_text("of a training with an average")
    (toy / "empty").mkdir()
    train.main("toy")
    left = {file.as_posix() for file in toy.rglob("*") if file.is_file()}
    assert left == {
        *(f"runs/toy/gan/{name}" for name in (*whole[0], done.RECORD)),
        *(f"runs/toy/never/{name}" for name in done.RESULT),
        *(f"runs/toy/{run}/my_notes/idea.txt" for run in ("gan", "gone", "edited", "never")),
        "runs/toy/edited/samples.npz",
    }
    assert not (toy / "empty").exists()
    assert {n: digest(f"runs/toy/gan/{n}") for n in whole[0]} == whole[0]


def test_a_copy_that_was_cut_short_is_no_result(folder, whole, monkeypatch):
    """At whichever file the collecting is killed: nobody takes a mixture of two for one."""
    u = unit(folder)
    worker.train(u, 1000.0)
    target, written = Path("runs/toy/gan"), shelf.write_bytes
    for left in range(len(whole[0])):
        done.collect(u)

        todo = iter(range(left))

        def write(path, content, todo=todo):
            next(todo)  # StopIteration: killed
            written(path, content)

        with monkeypatch.context() as patched:
            patched.setattr(shelf, "write_bytes", write)
            with pytest.raises(StopIteration):
                done.collect(u)
        assert not (target / "run.json").exists()
    done.collect(u)
    assert {n: digest(target / n) for n in whole[0]} == whole[0]


@pytest.mark.parametrize("damage", ["lost", "cut", "flipped"])
@pytest.mark.parametrize("name", ["run.json", "curves.csv", "weights.npz", "snapshots.npz"])
def test_a_damaged_file_of_runs_is_not_measured(folder, whole, name, damage):
    """No checksum of a CSV or JSON file would tell; done.json beside them does."""
    u = unit(folder)
    worker.train(u, 1000.0)
    done.collect(u)
    shelf.verify(Path("runs/toy/gan"))
    file = Path("runs/toy/gan", name)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "lost":
        file.unlink()
    else:
        file.write_bytes(content if damage == "flipped" else content[:-1])
    with pytest.raises(StudyError, match=name) as told:
        Trained(check.study(), "toy", "gan")
    assert told.value.code == DATA


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


@pytest.mark.parametrize("again", [lambda u: worker.train(u, 1000.0), done.collect])
def test_what_a_trainer_left_that_was_killed_at_its_very_end_goes(folder, again):
    """The record stands, and checkpoints that it would have deleted next."""
    u = unit(folder)
    worker.train(u, 1000.0)
    whole = {file.name for file in u.folder.iterdir()}
    for name in ("checkpoint-000000039.npz", "snapshot-000000020.npz"):
        (u.folder / name).write_bytes(b"x")
    again(u)
    assert {file.name for file in u.folder.iterdir()} == whole
    assert done.is_done(u)
