"""The cores and the memory of the job, which a machine has more of."""

import os

import pytest

from pipeline.execution import machine

GIB = 2**30


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Control groups as the system shows them, with no limit yet; returns their folder."""
    monkeypatch.setattr(machine, "CGROUPS", tmp_path / "tree")
    monkeypatch.setattr(machine, "MINE", tmp_path / "mine")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    return tmp_path / "tree"


def put(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def mine(groups, text):
    put(groups.with_name("mine"), text)


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1), ("max 100000", 64)],
)
def test_the_limit_of_a_container_counts(groups, limit, cores):
    """Version 2, as in a container, which sees its own group as the root."""
    mine(groups, "0::/\n")
    put(groups / "cpu.max", limit)
    assert machine.cores() == cores


def test_the_tightest_of_nested_groups_counts(groups):
    """A job of a cluster: the limit may be on any group around it."""
    mine(groups, "0::/slurm/job_7/step_0\n")
    put(groups / "slurm/job_7/cpu.max", "300000 100000")
    put(groups / "slurm/job_7/step_0/cpu.max", "max 100000")
    put(groups / "slurm/cpu.max", "800000 100000")
    assert machine.cores() == 3
    put(groups / "slurm/job_7/memory.max", str(GIB))
    put(groups / "slurm/job_7/step_0/memory.max", "max")
    assert machine.memory() == GIB


def test_version_one_counts_too(groups):
    mine(groups, "4:memory:/docker/a\n1:cpu,cpuacct:/docker/a\n0::/docker/a\n")
    put(groups / "cpu/docker/a/cpu.cfs_quota_us", "400000\n")
    put(groups / "cpu/docker/a/cpu.cfs_period_us", "100000\n")
    put(groups / "memory/memory.limit_in_bytes", f"{GIB // 2}\n")
    assert machine.cores() == 4
    assert machine.memory() == GIB // 2
    put(groups / "cpu/docker/a/cpu.cfs_quota_us", "-1\n")
    assert machine.cores() == 64


def test_affinity_counts_and_without_groups_the_machine_does(groups, monkeypatch):
    assert machine.cores() == 64
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5})
    assert machine.cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")  # macOS
    assert machine.cores() == os.cpu_count()
    assert machine.memory() is None or machine.memory() > GIB // 4
