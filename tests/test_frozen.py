"""What is published was never trained before; a user's own numbers are judged by no test.

Judged is settings.yaml, which `python -m pipeline freeze` writes and a user's edit of params.yaml
does not touch.
"""

from pathlib import Path

import pytest

from pipeline.study import trainings
from pipeline.verdicts import history
from pipeline.verdicts.publication import meant_for

STUDIES = {".": "publication", "mnist": "publication", "tuning": "tuning"}
SEEDS = {
    f"{folder}/{name}": (entry.seeds, kind)
    for folder, kind in STUDIES.items()
    for name, entry in trainings.frozen(Path(folder, trainings.FILE)).items()
}


@pytest.mark.parametrize("name", SEEDS)
def test_published_seeds_and_tuning_seeds_do_not_meet(name):
    """Published ones are 200 to 999, tuning ones 1000 and up; below are tests and first tries."""
    seeds, kind = SEEDS[name]
    assert meant_for(seeds) == kind


@pytest.mark.parametrize("folder", [".", "mnist"])
def test_what_is_frozen_can_be_read(folder):
    history.read(Path(folder, history.FILE))
    trainings.frozen(Path(folder, trainings.FILE))
