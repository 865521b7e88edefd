"""Korean beside English: every sentence of the page stands in both, and one switch picks.

The files in korean/ map an English text to the Korean one: page.json what the templates say,
results.json titles, units and questions, rules.json what pipeline/verdicts writes, the others the
sentences of claims.yaml. A `{}` in a key stands for whatever
stands there, a number mostly, so that one line serves all sentences of a form:

    "The mean over {} seeds is {}": "시드 {0}개의 평균은 {1}이다"

What stands there is looked up in turn. A text of several sentences that is not known as a whole
is looked up sentence by sentence. What is in no file, as a user's own claims, is shown in English
in both languages, and `missing` has it.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from pipeline.page.words import typeset
from pipeline.results.files import read_json

FOLDER = Path(__file__).parent / "korean"
WORDS = re.compile(r"[A-Za-z]{2}")  # of less there is nothing to translate
HOLE = "{}"


class Catalogue:
    """Texts of the page in Korean. missing: those that were asked for and are in no file."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.exact: dict[str, str] = {}
        for file in sorted(folder.glob("*.json")):
            self.exact |= read_json(file)
        # Of two forms that fit the one that says more: "within a factor of {}" before "{}".
        forms = sorted((key for key in self.exact if HOLE in key), key=len, reverse=True)
        self.forms = [
            (re.compile("(.+?)".join(map(re.escape, key.split(HOLE))), re.S), self.exact[key])
            for key in forms
        ]
        self.found: dict[str, str | None] = {}
        self.missing: set[str] = set()

    def korean(self, text: str) -> str | None:
        """The text in Korean; None where no file has it."""
        if text not in self.found:
            whole = self._whole(text)
            self.found[text] = self._by_sentence(text) if whole is None else whole
        if self.found[text] is None:
            self.missing.add(text)
        return self.found[text]

    def _whole(self, text: str) -> str | None:
        if not WORDS.search(text):
            return text
        if text in self.exact:
            return self.exact[text]
        for form, korean in self.forms:
            if match := form.fullmatch(text):
                return korean.format(*(self._whole(part) or part for part in match.groups()))
        return None

    def _by_sentence(self, text: str) -> str | None:
        parts = re.split(r"(?<=[.;:]) (?=[A-Z“\"])", text)
        told = [self._whole(part) for part in parts] if len(parts) > 1 else [None]
        return None if None in told else " ".join(part for part in told if part)


@cache
def catalogue() -> Catalogue:
    """The catalogue of korean/."""
    return Catalogue()


def pair(english: Markup, korean: Markup | None) -> Markup:
    """Both, of which the page shows the one that is switched on."""
    if korean is None:
        return Markup('<span class="only" lang="en">{}</span>').format(english)
    if english == korean:
        return english
    return Markup('<span lang="en">{}</span><span lang="ko">{}</span>').format(english, korean)


def both(text: str, **values: Any) -> Markup:
    """A text in both languages. values: what its named holes are filled with, Markup or not."""
    korean = catalogue().korean(text)
    told = [None if t is None else typeset(t) for t in (text, korean)]
    if values:
        told = [None if t is None else t.format(**values) for t in told]
    return pair(told[0] or Markup(""), told[1])


def given(words: Any, **values: Any) -> Markup:
    """A text that has both languages beside it. words: with `en` and `ko`."""
    told = [typeset(t) for t in (words.en, words.ko)]
    return pair(*((t.format(**values) for t in told) if values else told))


def named(text: str, attribute: str = "aria-label") -> Markup:
    """An attribute, in English; the page's script puts the Korean one into its place."""
    korean = catalogue().korean(text)
    more = f' data-ko-{attribute}="{escape(korean)}"' if korean and korean != text else ""
    return Markup(f'{attribute}="{escape(text)}"{more}')
