"""A page is drawn again where the runs are not, from the last one."""

import shutil

import pytest

from pipeline.stages import check, report
from pipeline.study.errors import StudyError
from tests.stages.test_report import SEEDS, build, change, contents
from tests.stages.test_report import small as small


def test_a_page_is_drawn_again_without_the_runs(tmp_path, monkeypatch):
    """In a clone, which has neither weights nor samples: equal bytes, the PNGs as well."""
    params = build(tmp_path, seeds=SEEDS, drawn=60)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(check, "study", lambda: params)
    for folder in ("runs", "reports/shown"):
        shutil.rmtree(folder)
    before = contents(tmp_path)
    report.main()
    assert contents(tmp_path) == before


def test_no_number_is_shown_with_the_samples_of_another_training(small):
    """Of a run that is not here nothing is drawn once it was measured anew."""
    report.main()
    shutil.rmtree("runs")
    report.main()
    change("reports/metrics/equilibrium.json", lambda content: content["runs"].pop("gan_minimax"))
    report.main()

    def edit(content):
        content["runs"]["gan"]["metrics"]["value.game"]["mean"] += 0.001

    change("reports/metrics/equilibrium.json", edit)
    with pytest.raises(StudyError, match=r"runs/equilibrium/gan"):
        report.main()
