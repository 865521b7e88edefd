"""The page shows what the files state, for every seed, and is refused if they disagree."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from markupsafe import Markup
from PIL import Image

from pipeline.execution import own
from pipeline.page import document
from pipeline.stages import check, report
from pipeline.study.errors import DATA, StudyError
from tests.page import fabricate

SEEDS = [0, 4, 17]
VOID = {"meta", "img", "input"}


class Page(HTMLParser):
    """A page taken apart: its elements, and the text of its <data> elements."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.numbers = [], [], []
        self.feed(text)
        self.close()

    def _over(self, *tags):
        """Ends what HTML lets end by itself: a cell before the next, a row before another."""
        while self.open and self.open[-1][0] in tags:
            self.open.pop()

    def handle_starttag(self, tag, attributes):
        self._over(
            *{"td": ("td", "th"), "th": ("td", "th"), "tr": ("td", "th", "tr")}.get(tag, ())
        )
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag in ("thead", "tbody", "table"):
            self._over("td", "th", "tr")
        assert self.open.pop()[0] == tag

    def handle_data(self, text):
        if self.open and self.open[-1][0] == "data":
            self.numbers.append((float(self.open[-1][1]["value"]), text.strip()))


def build(folder, **choices):
    """Fabricate a study in a folder and report on it. Returns what the stage read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        params = fabricate.study(Path(), **choices)
        patch.setattr(check, "study", lambda: params)
        report.main()
    return params


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("study")
    build(made, seeds=SEEDS, drawn=60)
    return made


@pytest.fixture(scope="module")
def html(folder):
    return (folder / report.PAGE).read_text(encoding="utf-8")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The inputs of a study of one experiment, in the current folder; nothing reported yet."""
    monkeypatch.chdir(tmp_path)
    params = fabricate.study(Path(), seeds=SEEDS, only=["equilibrium"], drawn=60)
    monkeypatch.setattr(check, "study", lambda: params)
    return params


def contents(folder):
    """Every file that the stages before and the report wrote."""
    return {f: f.read_bytes() for f in folder.glob("reports/**/*") if f.is_file()}


def change(path, edit):
    """Edit a JSON file in place."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    content.pop("sha256", None)  # its seal
    edit(content)
    Path(path).write_text(json.dumps(content), encoding="utf-8")


def asked(params, **changes):
    """Change the block of the experiment."""
    block = params.experiments["equilibrium"]
    params.experiments["equilibrium"] = block.model_copy(update=changes)


def section(html, anchor):
    """The page from an anchor to the next run, experiment or claim."""
    start = html.index(f'id="{anchor}"')
    return re.split(r'<section|<article|<div class="run"|<details class="claim"', html[start:])[0]


def runs():
    return [
        (e, run, model) for e, named in fabricate.RUNS.items() for run, (model, _) in named.items()
    ]


@pytest.mark.parametrize(("experiment", "run", "model"), runs())
def test_every_seed_of_every_run_is_shown(html, experiment, run, model):
    part = section(html, f"{experiment}-{run}")
    for seed in SEEDS:
        assert f'<th scope="row">{seed}<' in part
        assert (f'<div class="seed">{seed}</div>' in part) == (model != "classifier")
    assert 'class="band"' in part


def test_nothing_is_fetched(html):
    """Every address is a place on the page or data inside it, so that it reads offline."""
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
    markup = re.sub(r"(<script[^>]*>).*?</script>", r"\1", html, flags=re.DOTALL)
    places = re.findall(
        r"""(?:src|href)\s*=\s*["']?([^"'\s>]*)|[\s:]url\(["']?([^)"']*)""", markup
    )
    assert len(places) > 50
    for place in places:
        assert "".join(place).startswith(("#", "data:image/png;base64,"))
    assert "@import" not in html
    assert html.count("<script") == len(scripts) > 1
    for script in scripts:
        assert not re.search(
            r"\bfetch\(|\bimport\b|XMLHttp|WebSocket|EventSource|Worker\(", script
        )


def test_the_same_files_give_the_same_bytes(folder, monkeypatch):
    """Once more, nothing changes but that its figure of a run that is gone goes too."""
    monkeypatch.chdir(folder)
    before = contents(folder)
    assert len(before) >= 15
    old = folder / report.FIGURES / "ring" / "gone-curves.png"
    old.write_bytes(b"")
    own.replace("report", report.FIGURES.glob("*/*.png"))  # the stage wrote it too
    mine = old.with_name("mine.png")
    mine.write_bytes(b"of a user")
    build(folder, seeds=SEEDS, drawn=60)
    assert not old.exists()
    assert mine.read_bytes() == b"of a user"
    mine.unlink()
    assert contents(folder) == before


def test_numbers_are_those_of_the_metrics_rounded(folder, html):
    """Each shown number is its exact neighbour in the markup, to half of its last digit."""
    numbers = Page(html).numbers
    for value, shown in numbers:
        number, *whole = shown.removesuffix(" %").split(" of ")  # a share of so many seeds
        value *= int(whole[0]) if whole else 100 if "%" in shown else 1
        text = number.replace("−", "-").replace(",", "")
        assert abs(float(text) - value) <= 0.5001 * 10 ** -len(text.partition(".")[2]), shown
    exact = {value for value, _ in numbers}
    for file in (folder / "reports/metrics").glob("*.json"):
        for run in json.loads(file.read_text(encoding="utf-8"))["runs"].values():
            for metric in run["metrics"].values():
                assert exact >= {metric["mean"], metric["low"], metric["high"]}
                assert exact >= set(metric["values"])
                assert metric["reference"] is None or metric["reference"] in exact


def test_markup_is_sound_and_accessible(html):
    page = Page(html)
    assert not page.open
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        if tag == "a":
            assert attributes["href"][1:] in ids
        if tag == "img":
            assert "alt" in attributes  # empty where the sentence beside it says what it shows
        if tag == "svg":
            assert attributes.get("aria-label") or attributes.get("aria-hidden") == "true"
        if tag == "th":
            assert attributes["scope"] in ("row", "col")
        if "lang" in attributes and tag == "span":
            assert attributes["lang"] in ("en", "ko")
    tables = [tag for tag, _ in page.elements if tag in ("table", "caption")]
    assert tables == ["table", "caption"] * (len(tables) // 2)


def test_figures_open(folder):
    figures = sorted((folder / report.FIGURES).glob("*/*.png"))
    drawing = [run for run in runs() if run[2] != "classifier"]
    sheets = [figure for figure in figures if figure.stem.startswith("traversal")]
    assert [f.relative_to(folder / report.FIGURES).as_posix() for f in sheets] == [
        f"{e}/traversal-{n}.png" for e in ("classifier", "digits", "likelihood") for n in (1, 2)
    ]
    assert len(figures) == len(runs()) + len(drawing) + len(sheets)
    for figure in figures:
        with Image.open(figure) as image:
            image.load()
            assert min(image.size) > 200


def test_words_of_the_study_are_not_markup(small):
    report.main()
    scripts = report.PAGE.read_text(encoding="utf-8").count("<script")
    asked(small, question='Is <script>alert(1)</script> < & "x"?')
    report.main()
    html = report.PAGE.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &lt; &amp; &#34;x&#34;?" in html
    assert html.count("<script") == scripts  # the page's own


def test_a_value_that_is_not_finite_is_told(small):
    def edit(content):
        metric = content["runs"]["gan"]["metrics"]["value.game"]
        metric |= {
            "values": [None, *metric["values"][1:]],
            "mean": None,
            "low": None,
            "high": None,
        }

    change("reports/metrics/equilibrium.json", edit)
    report.main()
    html = report.PAGE.read_text(encoding="utf-8")
    assert "not finite in 1 of 3 seeds" in html
    assert "NaN" not in html
    assert html.count('<td class="numeric"><span lang="en">not finite</span>') == 1


def test_what_was_not_run_is_neither_answered_nor_linked(small):
    report.main()
    html = report.PAGE.read_text(encoding="utf-8")
    assert '<article id="equilibrium"' in html
    assert '<article id="ring"' not in html
    assert "Of the eight modes a plain GAN loses" not in html
    assert 'href="#ring-gan"' not in section(html, "claim-ring-coverage")


def test_an_answer_has_the_numbers_of_the_report(folder, html):
    """The first sentence of an experiment, its mean and its reference value."""
    start = html.index('<article id="digits"')
    answer = html[html.index('<p class="answer">', start) :].partition("</p>")[0]
    metrics = json.loads((folder / "reports/metrics/digits.json").read_text(encoding="utf-8"))
    kl = metrics["runs"]["gan"]["metrics"]["histogram.kl"]
    assert f'<data value="{kl["mean"]}">' in answer
    assert f'<data value="{kl["reference"]}">' in answer


def test_what_hands_on_gives_is_on_the_page(small, monkeypatch):
    """A room of that name is found by itself; without one there is no such section."""
    monkeypatch.setattr(document, "find_spec", lambda name: None)
    report.main()
    assert 'id="hands-on"' not in report.PAGE.read_text(encoding="utf-8")
    room = SimpleNamespace(section=lambda params, finished, data, last: Markup("<p>Drag me.</p>"))
    monkeypatch.setattr(document, "find_spec", lambda name: name)
    monkeypatch.setattr(document, "import_module", lambda name: room)
    report.main()
    html = report.PAGE.read_text(encoding="utf-8")
    assert "<p>Drag me.</p>" in section(html, "hands-on")
    assert 'href="#hands-on"' in html


@pytest.mark.parametrize(
    "path",
    [
        "runs/equilibrium/gan/run.json",
        "runs/equilibrium/gan_minimax/curves.csv",
        "reports/shown/equilibrium.npz",
        "reports/claims.json",
        "data/gaussian_1d.npz",
    ],
)
def test_a_missing_file_of_what_was_measured_is_named(small, path):
    Path(path).unlink()
    with pytest.raises(StudyError, match=re.escape(path)) as told:
        report.main()
    assert told.value.code == DATA
    assert "\n" not in str(told.value)
    assert not report.PAGE.exists()
