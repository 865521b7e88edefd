"""A run that cannot be trained is one line of `check`, before anything is computed."""

import numpy as np
import pytest

from pipeline.datasets import ring
from pipeline.engine.phases import Phase
from pipeline.models import gan
from pipeline.results import data
from pipeline.results.files import write_npz
from pipeline.stages import check
from pipeline.study.errors import StudyError
from tests import tiny

WHERE = r"params\.yaml: experiments\.toy\.runs\.gan"


def study(folder, **changes):
    tiny.write(folder, tiny.params(gan=changes))
    return check.study()


def refused(folder, **changes):
    """The lines of a study that is refused."""
    with pytest.raises(StudyError) as told:
        study(folder, **changes)
    return str(told.value).splitlines()


def adam(**changes):
    return {"train": {"rounds": 40, "optimizer": {"name": "adam", "lr": 0.01, **changes}}}


def sgd(**changes):
    return {"train": {"rounds": 40, "optimizer": {"name": "sgd", "lr": 0.01, **changes}}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (adam(lr=[1e-2]), r"\.train\.optimizer\.lr: 1 numbers, one per replica, for 2 seeds"),
        (adam(lr=[1e-2, -1]), r"\.train\.optimizer\.lr\.1: must be greater than 0"),
        (adam(lr=-1), r"\.train\.optimizer\.lr: must be greater than 0"),
        (adam(lr=[]), r"\.train\.optimizer\.lr: list should have at least 1 item"),
        (adam(betas=[[0.5, 0.9]]), r"\.train\.optimizer\.betas: 1 numbers, one per replica"),
        (adam(betas=[[0.5, 0.9], [0.5, 1.0]]), r"\.train\.optimizer\.betas\.1\.1: must be less"),
        (adam(final=[0.5, 2.0]), r"\.train\.optimizer\.final\.1: must be less than or equal to 1"),
        (adam(decay=0.9, final=0.5), r"falls by final or by decay, not by both"),
        (adam(decay=1.1), r"\.train\.optimizer\.decay: must be less than or equal to 1"),
        (adam(floor=0.5), r"floor is of a learning rate that falls by decay"),
        (sgd(momentum_end=0.7), r"momentum_end and momentum_rounds belong together"),
        (
            sgd(momentum=[0.1, 0.2], momentum_end=0.7, momentum_rounds=9),
            r"a momentum that rises is one for all replicas",
        ),
        (
            {"train": {"players": {"critic": {"lr": 0.1}}}},
            r"\.train\.players\.critic: gan has no such player; .*discriminator",
        ),
        (
            {"train": {"players": {"generator": {"lr": [0.1]}}}},
            r"\.train\.players\.generator\.lr: 1 numbers, one per replica, for 2 seeds",
        ),
        ({"train": {"average": 1.0}}, r"\.train\.average: must be less than 1"),
        (
            {"arguments": {"latent": 2, "width": [4, 4]}},
            r"\.arguments\.width: must be a valid integer",
        ),
    ],
)
def test_numbers_that_cannot_be_are_refused(folder, changes, told):
    (line,) = refused(folder, **changes)
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(line)


def test_lists_of_one_number_per_replica_are_read(folder):
    found = study(folder, **adam(lr=[1e-2, 1e-3], betas=[[0.5, 0.9], [0.0, 0.99]], final=[1, 0.1]))
    optimizer = found.experiments["toy"].runs["gan"].train.optimizer
    assert optimizer.lr == [1e-2, 1e-3]
    assert optimizer.betas == [(0.5, 0.9), (0.0, 0.99)]


def test_a_seed_may_come_again_with_settings_of_its_own(folder):
    train = adam(lr=[1e-2, 1e-3])["train"] | {"seeds": [3, 3]}
    study(folder, train=train)
    train["optimizer"]["lr"] = [1e-2, 1e-2]
    (line,) = refused(folder, train=train)
    assert "a seed is listed twice" in line


def test_a_setting_that_no_loss_reads_cannot_differ(folder):
    changes = {"model": "wgan", "arguments": {"latent": 2, "width": 4, "clip": [0.1, 0.2]}}
    assert any("only what a loss reads may differ" in line for line in refused(folder, **changes))


def test_a_pool_that_the_data_set_has_not_is_refused(folder, monkeypatch):
    """And one that it has is not; a split to be measured on is no pool to train on."""
    players = gan.Model.players

    def drawing(pool):
        def changed(self):
            first, *rest = players(self)
            return first._replace(draws={"x": "train", "labelled": pool}), *rest

        monkeypatch.setattr(gan.Model, "players", changed)

    drawing("few")
    (line,) = refused(folder)
    assert "draws from 'few', which ring has not; allowed: train" in line
    drawing("test")
    assert len(refused(folder)) == 1
    monkeypatch.setattr(ring.DataSet, "pools", ("few",), raising=False)
    drawing("few")
    study(folder)


def test_phases_without_a_round_are_refused(folder, monkeypatch):
    phases = lambda self: (Phase(("discriminator",), 0.99), Phase(("generator",), 0.01))  # noqa: E731
    monkeypatch.setattr(gan.Model, "phases", phases, raising=False)
    (line,) = refused(folder)
    assert "train.rounds: 40 rounds leave none to phase 2 of 2" in line
    study(folder, train={"rounds": 400})


def test_pools_and_partners_are_loaded_as_the_splits_are(folder, monkeypatch):
    """Grey levels become numbers from -1 to 1 wherever they stand, labels stay."""

    class Paired:
        features, levels, pools = 2, 4, ("few_labelled",)

    x = np.array([[0, 4], [2, 1]], np.uint8)
    arrays = {
        f"{pool}_{array}": value
        for pool in ("train", "validation", "test", "few_labelled")
        for array, value in (("x", x), ("label", np.array([1, 0])), ("partner", x[::-1]))
    }
    write_npz(folder / "data" / "paired.npz", arrays)
    loaded = data.load("paired", Paired())
    assert list(loaded) == ["train", "validation", "test", "few_labelled"]
    for pool in loaded.values():
        assert pool["x"].tolist() == [[-1, 1], [0, -0.5]]
        assert pool["partner"].tolist() == [[0, -0.5], [-1, 1]]
        assert pool["label"].tolist() == [1, 0]
    del arrays["few_labelled_label"]
    write_npz(folder / "data" / "paired.npz", arrays)
    with pytest.raises(StudyError, match="has no array 'few_labelled_label'"):
        data.load("paired", Paired())
    write_npz(folder / "data" / "paired.npz", arrays | {"few_labelled_label": np.zeros(3)})
    with pytest.raises(StudyError, match=r"few_labelled_x is \(2, 2\), expected \(3, 2\)"):
        data.load("paired", Paired())
