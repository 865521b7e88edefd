"""The sheets of an experiment's figures are read with the weights they show, and drawn by rows."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image

from pipeline.page import inputs, samples
from pipeline.results.files import read_npz, write_npz
from pipeline.stages import report
from pipeline.study.errors import StudyError
from tests.page import fabricate

FILE = "reports/shown/likelihood.npz"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """The inputs of one experiment with two sheets, in the current folder."""
    monkeypatch.chdir(tmp_path)
    params = fabricate.study(Path(), seeds=[0, 4], only=["likelihood"], drawn=5)
    monkeypatch.setattr(report.check, "study", lambda: params)
    return params


def read(params):
    experiment = params.experiments["likelihood"]
    runs = inputs.read_experiment("likelihood", experiment)
    return inputs.read_sheets("likelihood", experiment.figures, runs)


def test_a_sheet_is_read_as_it_was_shown(study):
    first, second = read(study)
    assert (first.figure, first.rows, first.shape) == ("traversal", ["z 1", "z_2 & z_3"], (8, 8))
    assert first.title != second.title
    assert first.images.shape == (2, 5, 64)
    assert (first.images.min(), first.images.max()) == (-1, 1)


def test_every_row_is_on_the_page_with_its_name(study):
    report.main()
    html = report.PAGE.read_text(encoding="utf-8")
    sheets = re.findall(r'<div class="tiles sheet".*?</figure>\n</div>', html, re.S)
    assert len(sheets) == 2
    captions = re.findall("<figcaption>(.*?)</figcaption>", sheets[0])
    assert [re.sub("<[^>]*>", "", name) for name in captions] == ["z 1", "z 2 &amp; z 3"]
    address = re.search(r'src="data:image/png;base64,([^"]*)"', sheets[0])[1]
    with Image.open(io.BytesIO(base64.b64decode(address))) as image:
        assert_allclose(np.asarray(image), samples.tiles(read(study)[0].images[0], (8, 8)))
    assert "Each &lt; moved." in html
    drawn = sorted(f.name for f in report.FIGURES.glob("likelihood/traversal*"))
    assert drawn == ["traversal-1.png", "traversal-2.png"]


def test_figures_of_another_training_are_not_shown(study):
    """Nor are those that the experiment asks for no more; the others stay."""
    arrays = read_npz(FILE)
    words = str(arrays["sheets"])
    fingerprint = re.search(r'"vae_bernoulli": "(\w+)"', words)[1]
    write_npz(FILE, arrays | {"sheets": np.array(words.replace(fingerprint, "f" * 16, 1))})
    assert [sheet.title for sheet in read(study)] == ["Latents of likelihood, part 1"]
    write_npz(FILE, arrays | {"sheets": np.array(words.replace("traversal", "manifold", 1))})
    assert [sheet.title for sheet in read(study)] == ["Latents of likelihood, part 1"]


@pytest.mark.parametrize(
    "change", [{"sheets": np.array("[")}, {"sheets": np.array("[{}]")}, {"0": None}]
)
def test_damaged_figures_are_refused(study, change):
    arrays = {k: v for k, v in (read_npz(FILE) | change).items() if v is not None}
    write_npz(FILE, arrays)
    with pytest.raises(StudyError, match=r"likelihood\.npz: not the figures of an experiment"):
        report.main()


def test_absent_figures_are_named(study):
    Path(FILE).unlink()
    with pytest.raises(StudyError, match=r"likelihood\.npz: no such file"):
        report.main()
