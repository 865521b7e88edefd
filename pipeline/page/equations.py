"""The game of a model as its file states it: who lowers what, and whose paper it is.

A model's docstring has its equations indented by four spaces: a name, a formula, and the files
of pipeline/objectives that it is made of, two spaces or more apart. They are read from the file's
text, so that no model is loaded for it.
"""

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup, escape

from pipeline import models, objectives
from pipeline.page.words import MINUS

FOLDER = Path(models.__file__).parent
TERMS = {file.stem for file in Path(objectives.__file__).parent.glob("[!_]*.py")}
NAME = re.compile(r"[a-z][a-z0-9_]*( [a-z]+){0,3}")
CITED = re.compile(
    r'[A-Z](?:al\.|[^.;:"()])*, "[^"]+" \(\d{4}\)'
    r"(?:, (?:equation|algorithm|figure|section|definition|theorem|appendix)s?"
    r" \d+(?:\.\d+)*(?:(?:, | and | to )\d+(?:\.\d+)*)*)?"
)
SIGNS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "theta": "θ",
    "phi": "φ",
    "psi": "ψ",
    "lambda": "λ",
    "sigma": "σ",
    "eta": "η",
    "sqrt": "√",
    "sum": "Σ",
}
POWERS = {"^2": "²", "^3": "³", "^T": "ᵀ", "^-1": "⁻¹"}


class Line(NamedTuple):
    """A line of a game: who, or nothing where it goes on; the formula; the objectives' files."""

    who: str
    formula: Markup
    files: str


class Game(NamedTuple):
    """The equations of a model."""

    model: str
    title: str  # the first words of its file
    lines: list[Line]
    cited: list[str]


@cache
def game(model: str) -> Game:
    """The game of a model. model: its file in pipeline/models/."""
    text = ast.get_docstring(ast.parse((FOLDER / f"{model}.py").read_text("utf-8"))) or ""
    first, *blocks = text.split("\n\n")
    equations = [b for b in blocks if all(row.startswith("    ") for row in b.splitlines())]
    prose = " ".join(" ".join(b.split()) for b in blocks if b not in equations)
    lines = [_line(row) for block in equations for row in block.splitlines()]
    return Game(model, first.partition(":")[0].rstrip("."), lines, CITED.findall(prose))


def games(names: Iterable[str]) -> list[Game]:
    """The games of several runs, each model once, in their order."""
    return [game(name) for name in dict.fromkeys(names)]


def _line(row: str) -> Line:
    parts = re.split(r" {2,}", row.strip())
    files = parts.pop() if len(parts) > 1 and _named(parts[-1]) else ""
    # A name stands left of its formula; where there is none, the line goes on.
    begins = len(row) - len(row.lstrip()) < 12
    if len(parts) == 1 or not begins or not NAME.fullmatch(parts[0]):
        return Line("", formula(" ".join(parts)), files)
    who, least, _ = parts[0].partition(" min")
    goal = ["min", *parts[1:]] if least else parts[1:]
    return Line(who.replace("_", " "), formula(" ".join(goal)), files)


def _named(words: str) -> bool:
    return all(w in TERMS or w == "..." for w in re.split(r", | or | and ", words.strip(" ,")))


def formula(text: str) -> Markup:
    """ASCII mathematics as HTML: E_x[-log D(x)] with subscripts, signs and Greek letters."""
    named = {term: term.replace("_", "\0") for term in TERMS}  # whose _ lowers nothing
    text = re.sub(r"\w+", lambda m: named.get(m[0]) or SIGNS.get(m[0], m[0]), text)
    for power, sign in POWERS.items():
        text = text.replace(power, sign)
    text = text.replace("||", "‖").replace("<=", "≤").replace(">=", "≥")
    text = re.sub(r"(?<![a-z])-|-(?![a-z])", MINUS, text)
    text = re.sub(r"(?<=[\w)]) \* (?=[\w(])", " · ", text)
    html = re.sub(
        r"_\(([^()]*)\)|_(\w+)", lambda m: f"<sub>{m[1] or m[2]}</sub>", str(escape(text))
    )
    html = html.replace("\0", "_")
    return Markup(re.sub(r"\^(\w)", r"<sup>\1</sup>", html))
