"""What a divergence leaves: whole siblings, a message that is true, a step to play again."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.execution import done, units, worker
from pipeline.results.files import read_npz, write_npz
from pipeline.stages import check, replay
from pipeline.study.errors import DATA, NON_FINITE, StudyError
from tests import tiny
from tests.execution.test_divergence import SGD
from tests.execution.test_worker import unit

pytestmark = pytest.mark.usefixtures("traced_once")

EXPLODES = {"train": {"rounds": 40, "optimizer": {"name": "sgd", "lr": 1e30}}}
ADAM = {"name": "adam", "lr": [0.01, 1e38]}


@pytest.mark.parametrize("optimizer", [SGD, ADAM], ids=["sgd", "adam"])
def test_a_divergence_is_played_again_from_its_black_box(folder, capsys, optimizer):
    """The round, the step and the quantity on record are those that the step gives again."""
    u = unit(folder, train={"rounds": 40, "optimizer": optimizer})
    worker.train(u, 1000.0)
    capsys.readouterr()
    replay.main("toy.gan")
    told = capsys.readouterr().out
    assert re.search(r"toy\.gan, seed 1, round \d+, its step 0: \w+'s \w+ was not finite", told)
    assert told.endswith("Reproduced.\n")
    done.collect(u)
    for file in u.folder.glob("*.*"):  # what DVC has kept is enough
        file.unlink()
    replay.main("toy.gan")
    assert capsys.readouterr().out == told


def test_a_box_that_does_not_fail_is_an_error(folder):
    """Of the replica that trains on, say: its weights are small and its step is finite."""
    u = unit(folder, train={"rounds": 40, "optimizer": SGD})
    worker.train(u, 1000.0)
    boxes = read_npz(u.folder / done.DIVERGED)
    harmless = {k: a * 0 if k.startswith("1/state") else a for k, a in boxes.items()}
    write_npz(u.folder / done.DIVERGED, harmless)
    with pytest.raises(StudyError, match="does not fail as it did before") as told:
        replay.main("toy.gan")
    assert told.value.code == NON_FINITE


def test_where_nothing_has_diverged_there_is_nothing_to_play(folder):
    u = unit(folder)
    with pytest.raises(StudyError, match=r"not trained as it stands in params\.yaml"):
        replay.main("toy.gan")
    worker.train(u, 1000.0)
    with pytest.raises(StudyError, match="no replica of it has diverged"):
        replay.main("toy.gan")
    with pytest.raises(StudyError, match=r"toy\.runs\.gam is unknown"):
        replay.main("toy.gam")


@pytest.mark.parametrize("seconds", [0.0, 1000.0])
def test_a_checkpoint_is_named_where_there_is_one(folder, seconds):
    u = unit(folder, **EXPLODES)
    with pytest.raises(StudyError, match="no replica is left") as told:
        worker.train(u, seconds)
    kept = sorted(u.folder.glob("checkpoint-*.npz"))
    assert ("checkpoint" in str(told.value)) == bool(kept)
    assert all(str(file) in str(told.value) for file in kept[-1:])
    assert "learning rate" not in str(told.value)


def test_a_number_in_the_data_that_is_not_finite_is_the_datas_fault(folder):
    """Told before anything is trained, with its place."""
    unit(folder)
    arrays = read_npz("data/ring.npz")
    arrays["train_x"][7, 1] = np.nan
    write_npz("data/ring.npz", arrays)
    (u,) = units.units(check.study(), "toy")
    line = r"data/ring\.npz: train_x has 1 values that are not finite, the first in example 7"
    with pytest.raises(StudyError, match=line) as told:
        worker.train(u, 1000.0)
    assert told.value.code == DATA
    assert not (u.folder / "run.json").exists()


@pytest.mark.slow
def test_a_run_that_diverges_stops_no_other(folder):
    """Its siblings are trained and collected; then the stage fails, and says which run did."""
    runs = {"explodes": EXPLODES, "sound": {}, "wide": {"arguments": {"latent": 2, "width": 5}}}
    tiny.write(folder, tiny.params(**runs) | {"processes": 1})
    # A process of its own: trainers write where the process wrote that started their server.
    stage = subprocess.run(
        [sys.executable, "-m", "pipeline", "train", "toy"],
        env=os.environ | {"DSTAR_TRACKING": "off"}, capture_output=True, text=True,
    )  # fmt: skip
    assert stage.returncode == NON_FINITE
    assert {path.parent.name for path in Path("runs/toy").glob("*/run.json")} == {"sound", "wide"}
    assert re.search(r"toy\.explodes: failed with exit code 3; [12] more go on", stage.stdout)
    *_, trainer, last = stage.stderr.splitlines()
    assert re.match(r"error\[3\]: toy\.explodes: .* no replica is left", trainer)
    assert re.fullmatch(r"error\[3\]: toy\.explodes: its trainer failed .* code 3", last)
