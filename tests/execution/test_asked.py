"""What DVC was asked for decides whether work is done ahead."""

import pytest

from pipeline.execution import asked


@pytest.mark.parametrize(
    ("line", "all_of_it"),
    [
        ("dvc repro", True),
        ("/usr/bin/python /a/b/.venv/bin/dvc repro -f -k", True),
        ("python -m dvc -v --cd mnist repro", True),
        ("python /lib/dvc/__main__.py repro", True),
        ("dvc exp run -n longer -S ++experiments.ring.runs.gan.train.rounds=2", True),
        ("dvc repro train@ring", False),
        ("dvc exp run -S train.rounds=2 train@ring", False),
        ("dvc repro -s", False),
        ("dvc repro --pull", False),
        ("dvc repro --allow-missing", False),
        ("dvc exp exec-run --infofile repro", False),
        ("dvc status", False),
        ("dvc nonsense", False),
        ("bash dvc", False),
        ("make repro", False),
        ("", False),
    ],
)
def test_a_command_that_leaves_stages_out_asks_for_no_other(line, all_of_it, capsys):
    assert asked.asks_for_all(line.split()) == all_of_it


def test_a_stage_that_no_dvc_has_started_trains_its_own_runs(monkeypatch):
    monkeypatch.setattr(asked, "_parent", lambda: ["dvc", "repro"])
    monkeypatch.delenv("DVC_STAGE", raising=False)
    assert not asked.whole_study()
    monkeypatch.setenv("DVC_STAGE", "train@toy")
    assert asked.whole_study()
