"""Stage report: the page that shows what the study found.

    python -m pipeline report

reads   params.yaml, data/, runs/, reports/metrics/*.json, reports/shown/*.npz,
        reports/claims.json, settings.yaml, documents.yaml where there is one;
        reports/index.html, its last one, for what is drawn of runs that are not here;
        work/*/seconds.json, for what the trainings cost, where they are all there
writes  reports/index.html    one page with everything in it, to be opened from disk
        reports/figures/<experiment>/<run>-samples.png, <figure>-<n>.png and, unless the
        experiment has more than four runs, <run>-curves.png

The page is a function of these files: no dates and no hosts. A run or a metric that has not been
measured as it stands in params.yaml is named as such. Verdicts on other numbers than those of
reports/metrics are refused.
"""

from pathlib import Path
from typing import Any

from pipeline.execution import own, times, units
from pipeline.execution.control_code import control_code
from pipeline.page import figures
from pipeline.page.document import page
from pipeline.page.inputs import Finished, read_claims, read_controls, read_experiment, read_sheets
from pipeline.results import current, kept
from pipeline.results import data as stored
from pipeline.results.files import write_bytes, write_text
from pipeline.results.kept import Kept
from pipeline.stages import unmoved
from pipeline.study.schema import Study
from pipeline.verdicts import documents

PAGE, FIGURES = Path("reports", "index.html"), Path("reports", "figures")
MANY = 4  # the most runs of an experiment whose training curves are drawn as PNG


def main() -> None:
    """Write the page and the figures of the study in the current folder."""
    with unmoved.study(lambda study: study.experiments, _read) as params:
        _report(params)


def _read(study: Study) -> list[Path]:
    """The files that decide what the page says, beside params.yaml."""
    runs = [Path("runs", e, run) for e, block in study.experiments.items() for run in block.runs]
    names = ("run.json", "curves.csv", "samples.npz")
    files = [Path("reports", "claims.json"), Path("settings.yaml")]
    files += [folder / name for folder in runs for name in names]
    for e in study.experiments:
        files += [Path("reports", "metrics", f"{e}.json"), Path("reports", "shown", f"{e}.npz")]
    return files


def _report(params: Study) -> None:
    last = Kept(PAGE)
    finished = {name: read_experiment(name, e, last) for name, e in params.experiments.items()}
    sheets = {
        name: read_sheets(name, params.experiments[name].figures, runs)
        for name, runs in finished.items()
    }
    ledger = read_claims()
    current.warn(params.experiments)
    used = {run.measured.data.name for runs in finished.values() for run in runs}
    data = {name: stored.load(name, params.data[name]) for name in sorted(used)}
    drawn = {
        FIGURES / name / file: png
        for name, runs in finished.items()
        for file, png in (
            _figures(name, runs, params, data) | figures.of_sheets(name, sheets[name])
        ).items()
    }
    for path, png in drawn.items():
        write_bytes(path, png)
    own.replace("report", [*drawn, *_undrawn(finished)])
    controls = {
        name: read_controls(name, e, control_code) for name, e in params.experiments.items()
    }
    said = documents.of("claims.yaml")
    seconds = {
        (name, run.name): spent
        for name, runs in finished.items()
        for run in runs
        if (spent := _seconds(run)) is not None
    }
    write_text(PAGE, page(params, finished, sheets, ledger, data, said, controls, seconds, last))


def _seconds(run: Finished) -> float | None:
    """The seconds that a run's training took; None where nobody knows."""
    if run.part:
        return kept.seconds(run.part)
    return times.training_seconds(units.place(run.measured.fingerprint))


def _undrawn(finished: dict[str, list[Finished]]) -> list[Path]:
    """The PNGs that are here of experiments with runs that are not: they stay."""
    away = {name for name, runs in finished.items() if any(run.part for run in runs)}
    return [file for name in sorted(away) for file in sorted((FIGURES / name).glob("*.png"))]


def _figures(experiment: str, runs: list[Finished], params: Any, data: dict) -> dict[str, bytes]:
    """The PNGs of an experiment's runs by file name; there are none where settings are varied."""
    if params.experiments[experiment].best_of:
        return {}
    made: dict[str, bytes] = {}
    for run in runs:
        if run.part:
            continue
        name = run.measured.data.name
        real = data[name]["test"]["x"]
        made |= figures.of_run(experiment, run, real, params.data[name], len(runs) > MANY)
    return made


if __name__ == "__main__":
    main()
