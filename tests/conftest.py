"""Fixtures of all tests: one thread, reproducible examples, float64 on request."""

import gc
import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "suite",
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", parent=settings.get_profile("suite"), max_examples=10_000)
# A mutant needs no smallest counterexample (tests/mutate.py).
settings.register_profile(
    "unshrunk", parent=settings.get_profile("suite"), phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("DSTAR_EXAMPLES", "suite"))
torch.set_num_threads(1)
# A graph that is traced is many small objects, none of them garbage: looking for some as often as
# Python does by itself is a tenth of the suite's time.
gc.set_threshold(100_000, 50, 100)
# What a test starts in another folder is this code, wherever the installation points to.
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])


def pytest_collection_modifyitems(items):
    """Files with slow tests first: the last one must not keep a single worker busy."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.name != "test_pipeline.py", item.path not in slow))


@pytest.fixture
def double():
    """Torch makes float64 tensors while the test runs."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to be in, where no variable names another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.delenv("DSTAR_WORK", raising=False)
    return tmp_path
