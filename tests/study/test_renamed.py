"""An old name maps to an existing one, not to another old one."""

import re
from pathlib import Path

from pipeline import metrics
from pipeline.study import renamed, validation
from pipeline.study.schema import Experiment, Run, Study, Train

TABLES = (renamed.KEYS, renamed.METRICS, renamed.EXPERIMENTS, renamed.CLAIMS)


def test_a_new_name_is_there_and_an_old_one_is_not():
    """So that nobody is led to a name that has gone as well."""
    keys = {key for kind in (Study, Experiment, Run, Train) for key in kind.model_fields}
    claims = {
        name
        for file in (Path("claims.yaml"), Path("mnist/claims.yaml"))
        for name in re.findall(r"^  - id: (\S+)$", file.read_text(encoding="utf-8"), re.M)
    }
    files = set(metrics.names())
    for table, there in (
        (renamed.KEYS, keys),
        (renamed.METRICS, files),
        (renamed.CLAIMS, claims),
    ):
        assert set(table.values()) <= there
        assert not set(table) & there
    for new in renamed.VALUES.values():
        assert {name.partition(".")[0] for name in new} <= files


def test_no_old_name_leads_to_an_old_name():
    for table in TABLES:
        assert not set(table) & set(table.values())


def test_only_a_new_name_that_may_stand_there_is_told():
    """`nll` was given by two metrics: what measures the runs decides which is meant."""
    assert validation.no_value("nll", ["nll"]) == "'nll' is named nll.estimate now"
    assert validation.no_value("nll", ["bits_per_dim", "nll"]) == (
        "'nll' is named bits_per_dim.nll or nll.estimate now"
    )
    assert "named <file>.<value>" in validation.no_value("nll", ["coverage"])
    assert validation.allowed("moments", ["rounds"]) == "; allowed: rounds"
