"""The page as HTML: the study in the order of params.yaml, rendered by the template."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.page import claims, view, words
from pipeline.page.answers import answers
from pipeline.page.best_of import compared
from pipeline.page.inputs import Control, Finished
from pipeline.page.motion import motion
from pipeline.page.series import series
from pipeline.results import current
from pipeline.results.schema import Verdicts
from pipeline.results.sheets import Sheet
from pipeline.study.renamed import EXPERIMENTS, formerly
from pipeline.verdicts.documents import Documents

TEMPLATES = Path(__file__).parent


def page(
    params: Any,
    finished: Mapping[str, list[Finished]],
    sheets: Mapping[str, list[Sheet]],
    ledger: Verdicts,
    data: Mapping[str, Any],
    figures: Path,
    documents: Documents | None = None,
    controls: Mapping[str, list[Control]] | None = None,
) -> str:
    """The page as HTML.

    params: the study. finished: its runs that are measured, by experiment. sheets: those of their
    figures. ledger: the claims with verdicts. data: the arrays of each data set. figures: the
    folder of the PNGs. documents: what the source documents say, where the study has it.
    controls: the rows that are no trainings, by experiment.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(spoken=words.spoken, plain=words.plain, typeset=words.typeset)
    rows = documents or Documents(documents={})
    environment.filters["said"] = lambda row: rows.documents.get(row, "")
    there = {(name, run.name) for name, runs in finished.items() for run in runs}
    return environment.get_template("page.html").render(
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        claims=[claims.claim(claim, there) for claim in ledger.claims],
        corrections=claims.corrections(ledger),
        study=claims.study_wide(ledger),
        open=[(row, rows.documents[row], why) for row, why in rows.open.items()],
        counts=ledger.counts,
        answers=answers(finished),
        experiments=[
            _experiment(
                name, params, runs, sheets[name], data, figures, (controls or {}).get(name, [])
            )
            for name, runs in finished.items()
        ],
        replicas=sum(len(run.seeds) for runs in finished.values() for run in runs),
        budget=params.budget,
    )


def _experiment(name, params, runs, sheets, data, figures, controls):
    """The content of the page for an experiment."""
    asked = params.experiments[name]
    return {
        "name": name,
        "formerly": formerly(EXPERIMENTS, name),
        "question": asked.question,
        "table": view.table(runs, controls),
        "waiting": current.waiting(asked, {run.name: run.measured for run in runs}),
        "motions": [drawn for run in runs if (drawn := motion(run, name))],
        "best": compared(runs, asked.best_of),
        "series": series(runs),
        "sheets": view.sheets(sheets),
        "many": view.many(runs),
        "runs": [_run(name, run, params, data, view.many(runs), figures) for run in runs],
    }


def _run(experiment, run, params, data, many, figures):
    """The content of the page for a run. many: whether it is folded, as one of many runs."""
    name = run.record.data.name
    generated = view.generated(run, data[name], params.data[name], many)
    if generated:
        whole = figures / experiment / f"{run.name}-samples.png"
        generated["every_seed"] = whole.as_posix() if many and whole.is_file() else ""
    return {
        "name": run.name,
        "remark": run.remark,
        "record": run.record,
        "seeds": view.every_seed(run),
        "generated": generated,
        "histograms": view.histograms(run, many),
        "curves": view.trained(run, many),
        "curve_note": view.curve_note(run, many),
        "provenance": view.provenance(run),
    }
