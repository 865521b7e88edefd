"""An experiment with many runs: the page draws the first seeds and links to the image of all."""

import re
from pathlib import Path

from pipeline.stages import report
from tests.page import fabricate


def test_the_picture_of_every_seed_is_named_and_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = fabricate.study(Path(), seeds=[3, 1], only=["equilibrium"], drawn=60)
    monkeypatch.setattr(report.check, "study", lambda: params)
    monkeypatch.setattr(report.view, "MANY", 0)
    report.main()
    named = re.findall(r"Every seed: <code>(.*?)</code>", report.PAGE.read_text("utf-8"))
    assert named
    assert all(Path(path).is_file() for path in named)
