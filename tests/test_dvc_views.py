"""What DVC shows of a study: a table that fits, and plots that need no network."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.stages import new_study
from pipeline.study.repository import ROOT

PLOTS = """\
plots:
  - curve.csv: { x: round, y: mean }
"""


def dvc(*command):
    """What a DVC command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *command], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def study(folder):
    """A study as `new-study` furnishes it, with a curve in place of its stages."""
    new_study.furnish(folder / "mine")
    (folder / "mine/dvc.yaml").write_text(PLOTS, encoding="utf-8")
    (folder / "mine/curve.csv").write_text("round,mean\n0,1.5\n10,0.5\n", encoding="utf-8")
    return folder / "mine"


def test_plots_are_drawn_by_what_is_in_their_page(study, monkeypatch):
    """The page holds Vega itself, loads nothing, and draws the curve where Node can run it."""
    monkeypatch.chdir(study)
    dvc("plots", "show")
    page = Path("dvc_plots/index.html").read_text(encoding="utf-8")
    assert "vegaEmbed(" in page
    assert not re.search(r"""<(script|link|img)[^>]*(src|href)\s*=\s*["']?(https?:)?//""", page)
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.S)
    assert len(scripts) == 4  # Vega, Vega-Lite, Vega-Embed, and the curve
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not here")
    spec = re.search(r"var spec = (\{.*\});", scripts[3], re.S) or pytest.fail(scripts[3])
    draw = (
        f"const spec = {spec[1]};"
        "const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), {renderer: 'none'});"
        "view.toSVG().then(svg => console.log(svg));"
    )
    Path("plot.mjs").write_text("\n".join([*scripts[:2], draw]), encoding="utf-8")
    done = subprocess.run([node, "plot.mjs"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "<svg" in done.stdout
    assert "path" in done.stdout


@pytest.mark.parametrize("study", [".", "mnist", "tuning"])
def test_every_study_has_that_page(study):
    """DVC reads the place from its config, as relative to the folder of that config."""
    config = ROOT / study / ".dvc" / "config"
    place = re.search(r"html_template = (.+)", config.read_text(encoding="utf-8"))
    assert place
    assert (config.parent / place[1]).resolve() == (ROOT / ".dvc/plots.html").resolve()
