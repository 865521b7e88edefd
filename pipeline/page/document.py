"""The page as HTML: its layers, rendered by the templates.

    two minutes    six findings, two tallies, the cost
    chapters       the experiments, as text/chapters.yaml orders them
    hands on       whatever pipeline/page/hands_on/ gives, where there is such a room
    about          data, glossary, threats to validity, exercises, how to cite
    ledger         every claim, folded

A room hands_on/ has a function section(params, finished, data) that returns its HTML, in both
languages (languages.py), with nothing that is fetched.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.page import cards, claims, equations, languages, view, wording, words
from pipeline.page.best_of import compared
from pipeline.page.compact import compact
from pipeline.page.inputs import Control, Finished
from pipeline.page.motion import motion
from pipeline.page.series import series
from pipeline.page.sprites import sprite
from pipeline.results import current, kept
from pipeline.results.kept import Kept
from pipeline.results.schema import Verdicts
from pipeline.results.sheets import Sheet
from pipeline.study.renamed import EXPERIMENTS, formerly
from pipeline.verdicts.documents import Documents

TEMPLATES = Path(__file__).parent
HANDS_ON = "pipeline.page.hands_on"


def page(
    params: Any,
    finished: Mapping[str, list[Finished]],
    sheets: Mapping[str, list[Sheet]],
    ledger: Verdicts,
    data: Mapping[str, Any],
    documents: Documents | None = None,
    controls: Mapping[str, list[Control]] | None = None,
    seconds: Mapping[tuple[str, str], float] | None = None,
    last: Kept | None = None,
) -> str:
    """The page as HTML.

    params: the study. finished: its runs that are measured, by experiment. sheets: those of their
    figures. ledger: the claims with verdicts. data: the arrays of each data set. documents: what
    the source documents say, where the study has it. controls: the rows that are no trainings, by
    experiment. seconds: that the training of a run took, by experiment and run, where known. last:
    the last page, for what is drawn of runs that are not here.
    """
    said, last = documents or Documents(documents={}), last or Kept()
    there = {(name, run.name) for name, runs in finished.items() for run in runs}
    told = [claims.claim(claim, there, said) for claim in ledger.claims]
    sprites = {
        (name, run.name): sprite(run, data[set_]["test"]["x"], params.data[set_])
        for name, runs in finished.items()
        for run in runs
        for set_ in [run.measured.data.name]
        if not run.part
    }
    spent, rows = seconds or {}, controls or {}
    experiments = {
        name: _experiment(
            name, params, runs, sheets[name], sprites, told, rows.get(name, []), spent
        )
        | {"hours": cards.hours(runs, name, spent)}
        | _kept_sheets(name, params, runs, sheets[name], last)
        for name, runs in finished.items()
    }
    return compact(
        _environment(said)
        .get_template("page.html")
        .render(
            css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
            js=Markup((TEMPLATES / "page.js").read_text(encoding="utf-8")),
            cards=cards.cards(finished, sheets, sprites, last),
            tally=claims.tally(ledger),
            cost=cards.cost(finished, spent),
            chapters=_chapters(experiments),
            hands_on=_hands_on(params, finished, data, last),
            about=wording.about(),
            data=sorted({run.measured.data.name for runs in finished.values() for run in runs}),
            glossary=wording.glossary(),
            claims=told,
            corrections=claims.corrections(ledger),
            study=claims.study_wide(ledger),
            families=sorted({c["family"] for c in told if c["family"]}),
            sources=said.sources,
            left_open=ledger.open,
            open=[(row, said.documents[row], why) for row, why in said.open.items()],
            budget=params.budget,
        )
    )


def _environment(said):
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(spoken=words.spoken, plain=words.plain, typeset=words.typeset)
    environment.globals.update(
        t=languages.both,
        named=languages.named,
        given=languages.given,
        row=_row,
        title=wording.title,
        closed=kept.CLOSED,
        line=cards.keyed,
    )
    return environment


def _row(said):
    """A sentence of documents.yaml, in Korean too where it has that."""
    return languages.given(said) if said.ko else languages.both(said.en)


def _chapters(experiments):
    """The chapters that have an experiment, and a last one of those that are in none."""
    found, left = [], dict(experiments)
    for name, chapter in wording.chapters().items():
        own = [left.pop(e) for e in chapter.experiments if e in left]
        if own:
            found.append({"name": name, **chapter.__dict__, "experiments": own})
    if left:
        whole = not found
        title = wording.Words(
            en="Experiments" if whole else "Further experiments",
            ko="실험" if whole else "그 밖의 실험",
        )
        found.append(
            {"name": "further", "title": title, "about": None, "experiments": [*left.values()]}
        )
    return found


def _experiment(name, params, runs, sheets, sprites, told, controls, seconds):
    """The content of the page for an experiment."""
    asked = params.experiments[name]
    answer, caution = wording.found_out(name, runs)
    return {
        "name": name,
        "formerly": formerly(EXPERIMENTS, name),
        "question": asked.question,
        "answer": answer,
        "caution": caution,
        "budget": view.budget(runs) if runs else None,
        "games": equations.games(run.measured.model for run in runs),
        "waiting": current.waiting(asked, {run.name: run.measured for run in runs}),
        "motions": [drawn for run in runs if (drawn := motion(run))],
        "sheets": view.sheets(sheets),
        "tables": view.tables(name, runs, controls),
        "best": compared(runs, asked.best_of),
        "series": series(name, runs),
        "claims": claims.of_experiment(told, name),
        "runs": [_run(name, run, sprites.get((name, run.name)), seconds) for run in runs],
    }


def _kept_sheets(name, params, runs, sheets, last):
    """The mark of an experiment's figures, and those of the last page if they are not here."""
    of = {run.name: run.measured.fingerprint for run in runs}
    what, key = f"sheets:{name}", kept.key(of, params.experiments[name].figures)
    return {
        "kept_sheets": None if sheets or not any(run.part for run in runs) else last(what, key),
        "opened_sheets": kept.opened(what, key),
    }


def _run(experiment, run, sprite, seconds):
    """The content of the page for a run; the part of the last page if its files are not here."""
    if run.part:
        return {"part": run.part, "sprite": None}
    spent = seconds.get((experiment, run.name))
    return {
        "part": None,
        "opened": kept.opened(f"run:{experiment}/{run.name}", run.key),
        "hours": "" if spent is None else f"{spent / 3600:.2f}",
        "name": run.name,
        "title": wording.title(experiment, run.name),
        "remark": run.remark,
        "record": run.record,
        "sprite": sprite,
        "seeds": view.every_seed(run),
        "histograms": view.histograms(run),
        "curves": view.trained(run),
        "provenance": view.provenance(run),
    }


def _hands_on(params, finished, data, last):
    if find_spec(HANDS_ON) is None:
        return None
    return import_module(HANDS_ON).section(params, finished, data, last)
