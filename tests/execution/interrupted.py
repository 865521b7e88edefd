"""A unit of a tiny study, whose training is interrupted or disturbed."""

import pytest

from pipeline.execution import done, units, worker
from pipeline.stages import check
from tests import tiny

BLOCK = {"rounds": 40, "snapshots": 2}


class Stop(Exception):
    """What a test raises in the middle of a training."""


def unit(folder, **changes):
    tiny.write(folder, tiny.params(gan={"train": BLOCK} | changes))
    return units.units(check.study(), "toy")[0]


def at_round(monkeypatch, rounds, happens):
    """Something happens when a training has reached so many rounds, once."""
    advance, happened = worker.Training.advance, []

    def meanwhile(self, total):
        advance(self, total)
        if self.round >= rounds and not happened:
            happened.append(self.round)
            happens()

    monkeypatch.setattr(worker.Training, "advance", meanwhile)


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
