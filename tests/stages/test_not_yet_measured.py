"""What is not measured with the current params.yaml is named, and hides nothing else."""

import re
import shutil
from pathlib import Path

import pytest

from pipeline.results import schema
from pipeline.results.files import write_json
from pipeline.stages import check, report, summary
from pipeline.study import renamed
from pipeline.study.errors import StudyError
from tests.page import fabricate
from tests.stages.test_report import change, section

RECORD, METRICS = "runs/equilibrium/gan/run.json", "reports/metrics/equilibrium.json"


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The inputs of a study of one experiment, in the current folder; nothing reported yet."""
    monkeypatch.chdir(tmp_path)
    params = fabricate.study(Path(), seeds=[0, 4, 17], only=["equilibrium"], drawn=60)
    monkeypatch.setattr(check, "study", lambda: params)
    params.threads = 1
    return params


def asked(params, **changes):
    """Change the block of the experiment."""
    block = params.experiments["equilibrium"]
    params.experiments["equilibrium"] = block.model_copy(update=changes)


def made():
    """The page, of the study as it is now, in English alone."""
    report.main()
    both = r'<span lang="en">(.*?)</span><span lang="ko">.*?</span>'
    return re.sub(both, r"\1", report.PAGE.read_text(encoding="utf-8"))


def test_a_fresh_study_has_a_page(small):
    """Nothing is measured: no run is shown, none is missed, and no old figure is left."""
    Path("reports/metrics/equilibrium.json").unlink()
    shutil.rmtree("runs")
    part = section(made(), "equilibrium")
    assert "Not yet measured: GAN, GAN minimax." in part
    assert not list(report.FIGURES.glob("*/*.png"))


@pytest.mark.parametrize(
    ("file", "edit"),
    [
        (RECORD, lambda c: c.update(fingerprint="f" * 16)),
        (METRICS, lambda c: c["runs"].pop("gan")),
        (METRICS, lambda c: c["runs"]["gan"]["train"].update(seeds=[0, 1, 2])),
        (METRICS, lambda c: c["runs"]["gan"]["arguments"].update(width=65)),
        (METRICS, lambda c: c["runs"]["gan"]["data"].update(digest="ab" * 32)),
        (METRICS, lambda c: c["runs"]["gan"].update(draws=5)),
    ],
)
def test_a_run_that_was_not_measured_as_it_stands_is_named_and_not_shown(small, file, edit):
    """Another training, other numbers, other data: the page shows the other run, and says so."""
    change(file, edit)
    html = made()
    assert "Not yet measured: GAN." in section(html, "equilibrium")
    assert 'id="equilibrium-gan_minimax"' in html
    assert 'id="equilibrium-gan"' not in html


def test_a_metric_that_is_newer_than_the_report_is_named(small):
    asked(small, metrics=[*small.experiments["equilibrium"].metrics, "parzen"])
    html = made()
    assert "Not yet measured: parzen of GAN, parzen of GAN minimax." in html
    assert 'id="equilibrium-gan"' in html


def test_a_metric_that_is_asked_for_no_more_is_not_shown(small):
    asked(small, metrics=["value"])
    html = made()
    assert "W₁" not in section(html, "equilibrium")
    assert "Not yet measured" not in html


def test_a_report_of_an_older_version_measures_nothing_and_a_newer_one_is_refused(small):
    change(METRICS, lambda c: c.pop("format"))
    assert "Not yet measured: GAN, GAN minimax." in made()
    change(METRICS, lambda c: c.update(format=99))
    with pytest.raises(StudyError, match=r"equilibrium\.json: format 99 is newer"):
        report.main()


def test_an_old_anchor_leads_to_the_new_place(small, monkeypatch):
    monkeypatch.setitem(renamed.EXPERIMENTS, "balance_point", "equilibrium")
    monkeypatch.setitem(renamed.CLAIMS, "worth-at-the-end", "value-at-equilibrium")
    html = made()
    for old, new in (
        ("balance_point", "equilibrium"),
        ("balance_point-gan", "equilibrium-gan"),
        ("claim-worth-at-the-end", "claim-value-at-equilibrium"),
    ):
        assert re.search(rf'id="{new}"[^>]*>\s*<span id="{old}"></span>', html)


def test_the_summary_tells_it_too(small, capsys):
    """In the table of runs, beside what has been measured, and before any claim is decided."""
    asked(small, metrics=[*small.experiments["equilibrium"].metrics, "parzen"])
    change(RECORD, lambda c: c.update(fingerprint="f" * 16))
    Path("reports/claims.json").unlink()
    summary.main(every=True)
    told = capsys.readouterr().out
    assert re.search(r"equilibrium: gan +│ +│ not yet measured", told)
    assert re.search(r"equilibrium: parzen of gan_minimax +│ +│ not yet measured", told)
    assert "equilibrium.gan_minimax" in told


def test_what_make_repro_ends_with_fits_a_screen(small, capsys):
    """However many runs there are: what is missing is counted, and its first are named."""
    asked(small, metrics=[*small.experiments["equilibrium"].metrics, "parzen"])
    summary.main()
    told = capsys.readouterr().out.splitlines()
    assert len(told) <= 12
    assert any(line.startswith("Not yet measured: equilibrium: parzen of gan") for line in told)
    assert re.fullmatch(r"Measured: \d+ runs of \d+ experiments, \d+ trainings; .*", told[0])
    assert "summary EXPERIMENT" in told[-1] or "summary EXPERIMENT" in told[-2]


def test_core_hours_are_those_of_the_trainings_that_were_measured(small, monkeypatch):
    """Two runs that are one training, as these are, count once: 5,400 s by two threads."""
    monkeypatch.delenv("DSTAR_WORK", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    small.threads = 2
    assert summary.core_hours(small, ["equilibrium"]) == {}
    runs = schema.read(schema.Measurements, METRICS).runs
    (mark,) = {run.fingerprint for run in runs.values()}
    write_json(f"work/{mark}/seconds.json", {"seconds": 5400.0})
    assert summary.core_hours(small, ["equilibrium"]) == {"equilibrium": 3.0}


def test_the_numbers_of_one_experiment_can_be_asked_for(small, capsys):
    summary.main(["equilibrium"])
    told = capsys.readouterr().out
    assert "equilibrium.gan_minimax" in told
    assert "likelihood." not in told
    with pytest.raises(
        StudyError, match=r"experiment 'equilibrum' is unknown; allowed: .* did you"
    ):
        summary.main(["equilibrum"])
