"""What a reader can try: five widgets, each a fragment of HTML that runs from the page alone.

    explorer    the plane of two latents of a VAE or a GAN; its decoder runs in the page
    film        a training on a line under a slider: p_data, p_g, D and D*
    pursuit     p_g is dragged by hand, D* follows, and D learns to
    atlas       how many modes every seed of every game has, and its samples
    mistakes    known mistakes as switches, with the identity that each one breaks

    section(params, finished, data)             all of them, as the page includes them
    fragments(finished, judge, data)            those that the study has the runs for, one by one
    style(), script()                           once on a page, for all of them

Every sentence stands in text.yaml, in English and Korean. math.js has no page in it: the tests run
it in Node and hold it to Torch and to the oracle.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.page.hands_on import atlas, export, film
from pipeline.results.kept import Kept, key
from pipeline.study import yaml

FOLDER = Path(__file__).parent
SCRIPTS = (
    *("math.js", "widgets.js", "explorer.js", "film.js", "pursuit.js", "atlas.js"),
    "mistakes.js",
)
NAMES = ("explorer", "film", "pursuit", "atlas", "mistakes")


@dataclass(frozen=True)
class Fragment:
    """A widget: its anchor, its title as {"en", "ko"}, and its HTML without that title."""

    name: str
    title: dict[str, str]
    html: Markup


def section(
    params: Any,
    finished: Mapping[str, list[Any]],
    data: Mapping[str, Any],
    last: Kept | None = None,
) -> Markup:
    """Every widget that the study has the runs for, with the style and the code of all.

    params: the study. finished: its measured runs by experiment. data: the arrays of each data
    set, by split. last: the last page, for what is shown of runs that are not here.
    """
    judge = getattr(params, "evaluation_classifier", {})
    parts = [
        Markup('<section class="ho-part" id="hands-on-{}"><h3>{}</h3>\n{}\n</section>\n').format(
            part.name, both(part.title), part.html
        )
        for part in fragments(finished, judge, data, _title(), last=last)
    ]
    whole = Markup("<style>\n{}</style>\n{}<script>\n{}</script>")
    return whole.format(style(), Markup("").join(parts), script())


def _title():
    """What the page calls a run; its name where the page has no words for runs."""
    if find_spec("pipeline.page.wording") is None:
        return None
    return import_module("pipeline.page.wording").title


def text() -> dict[str, Any]:
    """Every sentence, {"en", "ko"} each, by widget."""
    return yaml.read(FOLDER / "text.yaml", NAMES)


def style() -> Markup:
    """The style sheet of all widgets. What shows one language alone is the page's."""
    return Markup((FOLDER / "hands_on.css").read_text(encoding="utf-8"))


def script() -> Markup:
    """The code of all widgets, each part in a scope of its own but for `HandsOn`."""
    return Markup("\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS))


def fragments(
    finished: Mapping[str, list[Any]],
    judge: Mapping[str, str],
    data: Mapping[str, Any],
    titled: Callable[[str, str], Any] | None = None,
    root: Path | str = ".",
    last: Kept | None = None,
) -> list[Fragment]:
    """The widgets that the study has the runs for, in their order.

    finished: the measured runs by experiment. judge: evaluation_classifier of params.yaml. data:
    the arrays of each data set, by split. titled: what a run of an experiment is called; in lists
    and labels, which can show one language only, it has its name. root: the folder with runs/.
    last: the last page.
    """
    called = titled or (lambda experiment, run: run.replace("_", " "))
    rows, games = atlas.games(finished, called, last or Kept())
    content: dict[str, Any] = {
        "explorer": _explorer(finished, judge, data, root, last or Kept()),
        "film": film.films(finished),
        "pursuit": {},
        "atlas": games and {"rows": rows, "games": games},
        "mistakes": {},
    }
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"both": both, "stored": stored}
    said, made = text(), []
    for name in NAMES:
        if content[name] or name in ("pursuit", "mistakes"):
            html = environment.get_template(f"{name}.html").render(t=said[name], c=content[name])
            made.append(Fragment(name, said[name]["title"], Markup(html)))
    return made


def _explorer(finished, judge, data, root, last):
    """Of the images that most runs with two latents have: of those whose weights are here, or, if
    they are those of the last page, its own."""
    names: dict[str, dict[str, str]] = {}
    for experiment, runs in finished.items():
        for run in runs:
            name, told = f"{experiment}/{run.name}", run.measured
            if told.arguments.get("latent") == 2 and len(told.data.shape) == 2:
                names.setdefault(told.data.name, {})[name] = told.fingerprint
    for name, listed in sorted(names.items(), key=lambda item: -len(item[1])):
        of = key(listed, judge.get(name))
        here = [run for run in listed if Path(root, "runs", run, "weights.npz").is_file()]
        if here != [*listed] and (kept := last.data("explorer", of)):
            return kept
        if here and (found := export.explorers(here, judge.get(name), data[name]["test"], root)):
            return found | {"of": of}
    return None


def both(said: Mapping[str, str]) -> Markup:
    """A sentence in both languages, of which the page shows the one that is switched on."""
    if said["en"] == said["ko"]:
        return Markup("<span>{}</span>").format(said["en"])
    pair = Markup('<span lang="en">{}</span><span lang="ko">{}</span>')
    return pair.format(said["en"], said["ko"])


def stored(content: Any) -> Markup:
    """Data in the page, for its script."""
    told = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup('<script type="application/json">{}</script>').format(
        Markup(told.replace("<", "\\u003c"))
    )
