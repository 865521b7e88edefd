"""What the page says in words, both languages beside each other: the files of text/.

    chapters.yaml    the chapters and their experiments
    answers.yaml     what each experiment found, with holes for numbers, and what it does not show
    runs.yaml        what runs are called
    about.yaml       six findings, data, threats, exercises
    glossary.yaml    terms

A hole {run:metric} is the mean of a run with its interval, {run:metric|mean} the mean alone,
{run:metric|ref} and {ref:metric} the reference value, {best:metric} the run that is best, with its
mean and interval. A sentence with a number that is not measured is not said; an answer may have
a shorter one beside it, for a study that has fewer of its runs.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

from annotated_types import Len
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

from pipeline.page import languages
from pipeline.page.estimates import estimate
from pipeline.page.inputs import Finished
from pipeline.page.words import plain, spoken, typeset
from pipeline.results.schema import Metric
from pipeline.study import yaml

FOLDER = Path(__file__).parent / "text"
HOLE = re.compile(r"\{(\w+):([\w.]+)(?:\|(mean|ref))?\}")
Text = Annotated[str, Len(1)]


class Content(BaseModel):
    """A block of a file of text/."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Words(Content):
    """A text in both languages."""

    en: Text
    ko: Text


class Chapter(Content):
    title: Words
    about: Words
    experiments: list[str]


class Answer(Content):
    answer: Words
    caution: Words
    shorter: "Answer | None" = None


class Card(Content):
    experiment: str
    run: str
    says: Words


class Entry(Content):
    title: Words
    about: Words


class Exercise(Content):
    do: Words
    answer: Words


class About(Content):
    cards: list[Card]
    data: dict[str, Entry]
    threats: list[Words]
    exercises: list[Exercise]


def _read(name):
    return yaml.read(FOLDER / f"{name}.yaml", [])


@cache
def chapters() -> dict[str, Chapter]:
    return {name: Chapter.model_validate(block) for name, block in _read("chapters").items()}


@cache
def answers() -> dict[str, Answer]:
    return {name: Answer.model_validate(block) for name, block in _read("answers").items()}


@cache
def about() -> About:
    return About.model_validate(_read("about"))


@cache
def glossary() -> list[Entry]:
    return [Entry.model_validate(block) for block in _read("glossary").values()]


@cache
def runs() -> dict[str, dict[str, Words]]:
    """What runs are called: by experiment, or "anywhere", and name."""
    return {
        experiment: {name: Words.model_validate(words) for name, words in named.items()}
        for experiment, named in _read("runs").items()
    }


def title(experiment: str, run: str) -> Markup:
    """What a run is called."""
    words = runs().get(experiment, {}).get(run) or runs()["anywhere"].get(run)
    return languages.given(words) if words else Markup("{}").format(spoken(run))


def said(words: Words, experiment: str, found: Sequence[Finished]) -> Markup | None:
    """A sentence with its numbers; None where one of them is not measured.

    words: with holes. experiment: whose runs are meant. found: those that are measured.
    """
    told = [_filled(text, language, experiment, found) for language, text in words]
    return None if None in told else languages.pair(told[0] or Markup(""), told[1])


def found_out(experiment: str, found: Sequence[Finished]) -> tuple[Markup | None, Words | None]:
    """The answer to an experiment's question, or the shorter one where a number is not measured.

    And what it does not show, where any run is measured; None where there are no words, or a
    number of each is missing.
    experiment, found: as above.
    """
    answer = first = answers().get(experiment)
    while answer:
        if told := said(answer.answer, experiment, found):
            return told, answer.caution
        answer = answer.shorter
    return None, first.caution if first and found else None


def _filled(text, language, experiment, found):
    parts, end = [], 0
    for hole in HOLE.finditer(text):
        name, key, what = hole.groups()
        value = _value(name, key, what, language, experiment, found)
        if value is None:
            return None
        parts += [typeset(text[end : hole.start()]), value]
        end = hole.end()
    return Markup("").join([*parts, typeset(text[end:])])


def _value(name, key, what, language, experiment, found):
    able = {run.name: m for run in found if (m := run.measured.metrics.get(key))}
    chosen: Metric | None = next(iter(able.values()), None) if name == "ref" else able.get(name)
    if name == "best":
        best = _best(able)
        if best is None:
            return None
        words = runs().get(experiment, {}).get(best) or runs()["anywhere"].get(best)
        called = getattr(words, language) if words else spoken(best)
        return Markup("{} ({})").format(called, number(able[best]))
    if chosen is None:
        return None
    if name == "ref" or what == "ref":
        if chosen.reference is None:
            return None
        return Markup('<data value="{}">{}</data>').format(
            chosen.reference, plain(chosen.reference)
        )
    return None if chosen.mean is None else number(chosen, interval=what != "mean")


def _best(able):
    """The run whose mean is best; None where none is finite."""

    def lack(name):
        metric = able[name]
        if metric.better == "reference":
            return abs(metric.mean - (metric.reference or 0.0))
        return -metric.mean if metric.better == "higher" else metric.mean

    return min((n for n, m in able.items() if m.mean is not None), key=lack, default=None)


def number(metric: Metric, interval: bool = True) -> Markup:
    """A mean as it is told, with its interval or without."""
    shown = estimate(metric)["shown"]
    mean = Markup('<data value="{}">{}</data>').format(metric.mean, shown["mean"])
    if not interval or metric.low is None:
        return mean
    return Markup('{} <span class="range">[{}, {}]</span>').format(
        mean, shown["low"], shown["high"]
    )
