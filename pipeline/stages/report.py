"""Stage report: the page that shows what the study found.

    python -m pipeline report

reads   params.yaml, data/, runs/, reports/metrics/*.json, reports/shown/*.npz,
        reports/claims.json
writes  reports/index.html    one page with everything in it, to be opened from disk
        reports/figures/<experiment>/<run>-samples.png, <figure>-<n>.png and, unless the
        experiment has more than four runs, <run>-curves.png

The page is a function of these files: no dates, hosts or durations. An input that is missing,
or that belongs to another training of its run, is refused.
"""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.page import figures, samples, view, words
from pipeline.page.answers import answers
from pipeline.page.best_of import compared
from pipeline.page.inputs import Finished, Shown, read_claims, read_experiment, read_sheets
from pipeline.page.motion import motion
from pipeline.page.series import series
from pipeline.results import data as stored
from pipeline.results.files import digest, write_bytes, write_text
from pipeline.stages import check
from pipeline.study.errors import DATA, StudyError

TEMPLATES = Path(__file__).parent.parent / "page"
PAGE, FIGURES = Path("reports", "index.html"), Path("reports", "figures")


def main() -> None:
    """Write the page and the figures of the study in the current folder."""
    params = check.study()
    finished = {name: read_experiment(name, e.runs) for name, e in params.experiments.items()}
    shown = {name: read_sheets(name, runs) for name, runs in finished.items()}
    ledger = read_claims()
    data = _data(params, finished)
    drawn = set()
    for experiment, runs in finished.items():
        best_of = getattr(params.experiments[experiment], "best_of", None)
        for run in [] if best_of else runs:  # of settings that are varied, only the page tells
            drawn |= _figures(experiment, run, params, data, view.many(runs))
        drawn |= _sheets(experiment, shown[experiment])
    for old in sorted(FIGURES.glob("*/*.png")):
        if old not in drawn:
            old.unlink()
    write_text(PAGE, page(params, finished, shown, ledger, data))


def _data(params: Any, finished: dict[str, list[Finished]]) -> dict[str, dict]:
    """The arrays of every data set that some run was trained on."""
    loaded: dict[str, dict] = {}
    digests = {}
    for experiment, runs in finished.items():
        for run in runs:
            name = params.experiments[experiment].runs[run.name].data
            if name not in loaded:
                loaded[name] = stored.load(name, params.data[name])
                digests[name] = digest(Path("data", f"{name}.npz"))
            if digests[name] != run.record["data"]["digest"]:
                raise StudyError(
                    f"runs/{experiment}/{run.name}/run.json: trained on other data than "
                    f"data/{name}.npz; run the train stage again",
                    DATA,
                )
    return loaded


def _figures(experiment: str, run: Finished, params: Any, data: dict, many: bool) -> set[Path]:
    """Write the PNGs of a run, without its curves where there are many. Returns their paths."""
    name = run.record["data"]["name"]
    made = {}
    if not many:
        title = figures.title_of(experiment, run, "training")
        made["curves"] = figures.curves_png(run, title)
    if samples.shown(run):
        title = figures.title_of(experiment, run, "samples")
        made["samples"] = figures.samples_png(
            run, title, data[name]["test"]["x"], params.data[name]
        )
    paths = {FIGURES / experiment / f"{run.name}-{what}.png": png for what, png in made.items()}
    for path, png in paths.items():
        write_bytes(path, png)
    return set(paths)


def _sheets(experiment: str, shown: list[Shown]) -> set[Path]:
    """Write the PNGs of an experiment's figures, numbered from 1. Returns their paths."""
    paths = set()
    for sheet in shown:
        number = 1 + [s.title for s in shown if s.figure == sheet.figure].index(sheet.title)
        path = FIGURES / experiment / f"{sheet.figure}-{number}.png"
        title = f"{words.spoken(experiment)}: {words.spoken(sheet.title)}"
        write_bytes(path, figures.sheet_png(sheet, title))
        paths.add(path)
    return paths


def page(
    params: Any,
    finished: dict[str, list[Finished]],
    shown: dict[str, list[Shown]],
    ledger: dict,
    data: dict,
) -> str:
    """The page as HTML.

    params: the study. finished: its runs, by experiment. shown: the sheets of their figures.
    ledger: the claims with verdicts. data: the arrays of each data set.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(spoken=words.spoken, plain=words.plain, typeset=words.typeset)
    experiments = [
        {
            "name": name,
            "question": params.experiments[name].question,
            "table": view.table(runs),
            "motions": [drawn for run in runs if (drawn := motion(run, name))],
            "best": compared(runs, getattr(params.experiments[name], "best_of", None)),
            "series": series(runs),
            "sheets": view.sheets(shown[name]),
            "many": view.many(runs),
            "runs": [_run(name, run, params, data, view.many(runs)) for run in runs],
        }
        for name, runs in finished.items()
    ]
    there = {(name, run.name) for name, runs in finished.items() for run in runs}
    return environment.get_template("page.html").render(
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        claims=[view.claim(claim, there) for claim in ledger["claims"]],
        corrections=view.corrections(ledger),
        counts=ledger["counts"],
        answers=answers(finished),
        experiments=experiments,
        replicas=sum(len(run.seeds) for runs in finished.values() for run in runs),
    )


def _run(experiment: str, run: Finished, params: Any, data: dict, many: bool) -> dict:
    """What the page says of one run. many: whether it is one of so many that it is folded."""
    name = run.record["data"]["name"]
    generated = view.generated(run, data[name], params.data[name], many)
    if generated:
        whole = FIGURES / experiment / f"{run.name}-samples.png"
        elsewhere = many and whole.is_file()
        generated["every_seed"] = whole.as_posix() if elsewhere else ""
    return {
        "name": run.name,
        "record": run.record,
        "seeds": view.every_seed(run),
        "generated": generated,
        "histograms": view.histograms(run, many),
        "curves": view.trained(run, many),
        "curve_note": view.curve_note(run, many),
        "provenance": view.provenance(run),
    }


if __name__ == "__main__":
    main()
