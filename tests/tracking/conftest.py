"""Fixtures of the tests of tracking: a folder with a store that is already migrated."""

import shutil
import warnings

import pytest

from pipeline.tracking import faults, store

SETTINGS = ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME", "DSTAR_TRACKING")


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A store as MLflow makes it; migrating takes seconds, so it is made once and copied."""
    folder = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of MLflow's own use of SQLAlchemy
        for name in SETTINGS:
            patch.delenv(name, raising=False)
        store.opened(folder)
    return folder / "mlflow.db"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder for a study, and nothing of this shell's settings."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    faults._warned.clear()
    return tmp_path


@pytest.fixture
def root(place, template):
    """A folder for a study, with an empty store."""
    shutil.copy(template, place / "mlflow.db")
    return place
