"""The first evaluate stage measures what later ones will copy: the bytes that they would write."""

import shutil
import sys

import pytest

from pipeline.execution import asked, done, ready, units, worker
from pipeline.stages import check, evaluate, evaluate_ahead
from tests import tiny

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="no forks elsewhere"),
]


def reports(folder):
    files = [file for file in (folder / "reports").rglob("*") if file.is_file()]
    return {file.relative_to(folder): file.read_bytes() for file in files}


@pytest.fixture
def study(folder, monkeypatch):
    """Three experiments; toy is collected, the runs of `other` and `fails` are in work/ alone."""
    monkeypatch.setattr(asked, "whole_study", lambda: True)
    content = tiny.params(gan={})
    for name in ("other", "fails"):
        block = tiny.params(gan={}, wide={"arguments": {"latent": 2, "width": 5}})
        content["experiments"][name] = block["experiments"]["toy"]
    content["experiments"]["fails"]["metrics"] = ["value"]
    tiny.write(folder, content | {"processes": 2})
    for unit in units.units(check.study(), "other"):
        worker.train(unit, 1000.0)
    done.collect(units.units(check.study(), "toy")[0])
    return folder


def test_what_is_measured_ahead_is_what_each_stage_would_write(study, monkeypatch, capsys):
    """A metric that fails in another experiment is told of by its own stage alone."""

    def of(settings, experiment, of=evaluate.of):
        if experiment == "fails":
            raise ZeroDivisionError
        of(settings, experiment)

    monkeypatch.setattr(evaluate, "of", of)
    evaluate_ahead.main("toy")
    out = capsys.readouterr().out
    assert "2 other experiments are measured ahead" in out
    assert "toy.gan: " in out
    assert "other" not in out.split("ahead", 1)[1]
    assert {file.stem for file in (study / "reports/metrics").iterdir()} == {"toy"}
    assert not ready.collected("evaluate", "other")  # its runs are not yet collected
    for unit in units.units(check.study(), "other"):
        done.collect(unit)
    assert ready.collected("evaluate", "other")
    copied, told = reports(study), capsys.readouterr().out
    shutil.rmtree("reports")
    evaluate.main("toy")
    capsys.readouterr()
    evaluate.main("other")
    assert capsys.readouterr().out == told
    assert reports(study) == copied
    with pytest.raises(ZeroDivisionError):
        evaluate_ahead.main("fails")


def test_what_dvc_will_not_measure_is_not_measured(study):
    """Of `other`: measured as it stands; without its images; by other code; not trained."""
    settings = check.study()
    for unit in units.units(settings, "other"):
        done.collect(unit)
    assert evaluate_ahead.is_stale(settings, "other")
    evaluate.main("other")
    (study / "sources.yaml").write_text("evaluate:\n  other: 0123456789ab\n")
    assert evaluate_ahead.is_stale(settings, "other")
    (study / "dvc.lock").write_text("        evaluate.other: 0123456789ab\n")
    assert not evaluate_ahead.is_stale(settings, "other")
    (study / "reports/shown/other.npz").unlink()
    assert evaluate_ahead.is_stale(settings, "other")
    shutil.rmtree("work")
    shutil.rmtree("runs/other")
    assert not evaluate_ahead.is_stale(settings, "other")
