"""What a killed stage leaves is taken for no result, and the next call makes it whole."""

import os
import shutil
from pathlib import Path

import pytest

from pipeline.execution import done, units, worker
from pipeline.results import schema
from pipeline.results.files import write_text
from pipeline.stages import (
    check,
    claims,
    draw,
    evaluate,
    freeze,
    halve,
    new_study,
    prepare,
    report,
    sources,
)
from pipeline.study.errors import StudyError
from tests import tiny
from tests.execution.interrupted import BLOCK, unit
from tests.killed import contents, killed, operations
from tests.search.toy import SPACE
from tests.stages.test_unmoved import LEDGER

pytestmark = pytest.mark.fault
KILLS = int(os.environ.get("DSTAR_KILLS", "2"))  # of each stage; 0: at every operation
DAY = "2026-01-02"


def survives(folder, work, sound=lambda: None, kills=KILLS):
    """Kills the work at operations spread over all of it, each time from the same beginning.

    sound: what holds of the files after a kill, before the next call.
    """
    before = folder.with_name(f"{folder.name}-before")
    shutil.copytree(folder, before, symlinks=True)

    def restore():
        for file in folder.iterdir():
            shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()
        shutil.copytree(before, folder, symlinks=True, dirs_exist_ok=True)

    count = operations(work)
    whole = contents(folder)
    step = max(1, count // kills) if kills else 1
    print(f"killed: {len(range(0, count, step))} times in {count} operations")
    for at in range(0, count, step):
        restore()
        assert killed(at, work), at
        sound()
        operations(work)
        assert contents(folder) == whole, at
    restore()
    shutil.rmtree(before)


@pytest.fixture
def trained(folder):
    u = unit(folder)
    worker.train(u, 1000.0)
    write_text("claims.yaml", LEDGER)
    return u


def no_half_result():
    """What runs/ shows as a result is one."""
    if Path("runs/toy/gan/run.json").is_file():
        schema.read(schema.Record, "runs/toy/gan/run.json")


def test_prepare_collect_evaluate_claims_and_report(trained, folder):
    """Each ends in the bytes of a stage that nothing has disturbed."""
    survives(folder, prepare.main)
    prepare.main()
    survives(folder, lambda: done.collect(trained), no_half_result)
    done.collect(trained)
    survives(folder, lambda: evaluate.main("toy"))
    evaluate.main("toy")
    survives(folder, claims.main)
    claims.main()
    survives(folder, report.main)
    survives(folder, lambda: freeze.main(DAY))
    sources.text()  # so that the children have parsed all code
    survives(folder, sources.main)


def test_a_training(folder):
    """With a checkpoint after every round, curves, snapshots, and all that is done at its end."""
    u = unit(folder, train=BLOCK | {"average": 0.9})

    def sound():
        assert not done.is_done(u) or done.record(u)

    survives(folder, lambda: worker.train(u, 0.0), sound, kills=KILLS and 2 * KILLS)


def test_draw_and_halve_leave_a_study_that_is_whole(folder):
    """params.yaml is the old one or the new one, and never one that `check` refuses."""
    write_text("space.yaml", draw.text(SPACE))

    def sound():
        if Path("params.yaml").is_file():
            check.study()

    survives(folder, draw.main, sound)
    draw.main()
    survives(folder, halve.main, sound)


def test_new_study_is_made_whole_or_not_at_all(folder):
    def work():
        if not Path("mine").exists():
            new_study.main("mine")

    def sound():
        if Path("mine").exists():
            assert {"params.yaml", "claims.yaml", "dvc.yaml"} <= set(os.listdir("mine"))

    survives(folder, work, sound)


def test_params_that_draw_makes_and_check_refuses_change_nothing(folder):
    write_text("space.yaml", draw.text(SPACE))
    draw.main()
    before = Path("params.yaml").read_bytes()
    wrong = SPACE["study"] | {"threads": "many"}
    write_text("space.yaml", draw.text(SPACE | {"study": wrong}))
    with pytest.raises(StudyError, match=r"^params\.yaml: threads"):
        draw.main()
    assert Path("params.yaml").read_bytes() == before
    assert not list(Path().glob(".params*"))


def test_the_units_of_a_study_are_unharmed(trained, folder):
    """A kill in another stage harms no result in work/."""
    tiny.write(folder, tiny.params(gan={"train": BLOCK}))
    killed(3, lambda: done.collect(trained))
    assert done.is_done(units.units(check.study(), "toy")[0])


def test_stages_that_a_user_has_edited_stay(folder, capsys):
    """`draw` names the classifiers of its data sets in dvc.yaml, if nobody has changed that."""
    new_study.furnish(Path(), "ring")
    assert "evaluation_classifier.ring" in Path("dvc.yaml").read_text(encoding="utf-8")
    new_study.furnish(Path(), "grid")
    made = Path("dvc.yaml").read_text(encoding="utf-8")
    assert made == new_study.stages("grid")
    write_text("dvc.yaml", f"{made}\n  mine:\n    cmd: echo mine\n")
    new_study.furnish(Path(), "ring")
    assert "echo mine" in Path("dvc.yaml").read_text(encoding="utf-8")
    assert "left as it is" in capsys.readouterr().out
