"""The first layer of the page: six findings with a picture each, and what the study cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipeline.page import curves, samples, series, svg, wording
from pipeline.page.inputs import Finished
from pipeline.page.motion import last_still
from pipeline.page.words import plain
from pipeline.results.kept import Kept, opened
from pipeline.results.sheets import Sheet

MOST = 6


def cards(
    study: Mapping[str, list[Finished]],
    sheets: Mapping[str, list[Sheet]],
    sprites: Mapping[tuple[str, str], Any],
    last: Kept | None = None,
) -> list[dict[str, Any]]:
    """The findings of text/about.yaml that are measured; without six, those of other answers.

    study: the measured runs by experiment. sheets: of their figures. sprites: of their samples, by
    experiment and run. last: the last page, for pictures of runs that are not here.
    """
    listed = [
        (c.experiment, c.run, wording.said(c.says, c.experiment, study.get(c.experiment, [])))
        for c in wording.about().cards
    ]
    first = {e: runs[0].name for e, runs in study.items() if runs}
    seen = {experiment for experiment, _, _ in listed}
    listed += [
        (e, first[e], wording.found_out(e, study[e])[0])
        for e in wording.answers()
        if e in first and e not in seen
    ]
    found = []
    for experiment, name, said in listed:
        runs = study.get(experiment, [])
        run = next((run for run in runs if run.name == name), None)
        if said is None or run is None:
            continue
        sheet = sheets.get(experiment, [])
        what = f"card:{experiment}/{name}"
        blank = dict.fromkeys(("svg", "sprite", "rows", "part", "opened"))
        if run.part and last and (part := last(what, run.key)):
            picture = {"part": part}
        else:
            picture = _picture(experiment, run, sheet, sprites.get((experiment, name)))
            picture["opened"] = opened(what, run.key)
        found.append({"experiment": experiment, "says": said, **blank, **picture})
    return found[:MOST]


def _picture(experiment, run, sheets, sprite):
    """The picture of a finding: the film's last still, a figure, samples, or a curve."""
    if still := last_still(run):
        return {"svg": still}
    asked = [sheet for sheet in sheets if run.name.replace("_", " ") in sheet.title.lower()]
    if sheets and (chosen := (asked or sheets)[0]):
        rows = [samples.tiles(x, chosen.shape) for x in chosen.images[:5, :10]]
        return {"rows": [(samples.data_uri(row), row.shape[1]) for row in rows]}
    if sprite:
        return {"sprite": sprite}
    panels = [curves.picture(series.panel(s)) for s in run.measured.series.values()]
    drawn = panels or [curves.picture(p) for p in curves.panels(run.curves, 80)[:1]]
    return {"svg": drawn[0]} if drawn else {}


def cost(study: Mapping[str, list[Finished]], seconds: Mapping[tuple[str, str], float]) -> dict:
    """What the trainings cost: how many there were, how long, on how many cores.

    seconds: of one core, by experiment and run, where it is known.
    """
    trained = {
        run.measured.fingerprint: (run, (experiment, run.name))
        for experiment, runs in study.items()
        for run in runs
    }
    known = [seconds[key] for _, key in trained.values() if key in seconds]
    rounds = sum(len(run.seeds) * run.measured.train.rounds for run, _ in trained.values())
    return {
        "trainings": plain(sum(len(run.seeds) for run, _ in trained.values())),
        "runs": plain(len(trained)),
        "rounds": plain(round(rounds / 1e6, 1)),
        "hours": f"{sum(known) / 3600:.1f}" if len(known) == len(trained) and known else "",
    }


def hours(runs: Sequence[Finished], experiment: str, seconds: Mapping[tuple[str, str], float]):
    """The core hours of an experiment's trainings; "" where that is not known of all."""
    known = [seconds.get((experiment, run.name)) for run in runs]
    return f"{sum(t for t in known if t) / 3600:.2f}" if known and None not in known else ""


def keyed(kind: str) -> Markup:
    """The sign of a line in a drawing, for the text that explains it."""
    return Markup(
        '<svg class="key" viewBox="0 0 22 14" width="22" height="14" aria-hidden="true">{}</svg>'
    ).format(Markup(svg.line(2, 7, 20, 7, kind)))
