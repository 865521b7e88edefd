"""Command replay: the step in which a replica diverged, played again from its black box.

    python -m pipeline replay EXPERIMENT.RUN

reads   params.yaml, data/, and of work/<fingerprint>/ or runs/<experiment>/<run>/ the files
        run.json and diverged.npz
Prints for each diverged replica where it was, how large its numbers were, and what the step gave.
A step that does not fail as it did before is an error: code, data or libraries are others.
"""

from pathlib import Path

from pipeline.execution import replay, units
from pipeline.results import schema
from pipeline.results.files import read_npz
from pipeline.results.shelf import DIVERGED
from pipeline.stages import check
from pipeline.study import reader, validation
from pipeline.study.errors import DATA, NON_FINITE, StudyError


def main(name: str) -> None:
    """Plays the last step of each diverged replica of EXPERIMENT.RUN again."""
    settings = check.study()
    experiment, _, run = name.partition(".")
    found = {unit.name: unit for unit in units.units(settings, experiment)}
    if run not in found:
        hint = validation.allowed(run, found)
        raise StudyError(f"{reader.FILE}: experiments.{experiment}.runs.{run} is unknown{hint}")
    unit = found[run]
    record, boxes = _boxes(unit)
    wrong = []
    for told in record.diverged:
        what = f"{told.player}'s {told.term or told.quantity}"
        where = f"{unit.label}, seed {told.seed}, round {told.round}, its step {told.step}"
        print(f"{where}: {what} was not finite")
        try:
            again = replay.replayed(unit, told, boxes)
        except (KeyError, LookupError, RuntimeError) as error:
            raise StudyError(f"{unit.label}: its box is of other code ({error})", DATA) from None
        for line in _lines(again):
            print(f"  {line}")
        if not again.agrees(told):
            wrong.append(f"seed {told.seed}")
    if wrong:
        raise StudyError(
            f"{unit.label}: {', '.join(wrong)}: the step does not fail as it did before; "
            "code, data or libraries are others than they were",
            NON_FINITE,
        )
    print("Reproduced.")


def _boxes(unit):
    """The record and the boxes of the unit as it stands in params.yaml."""
    for folder in (unit.folder, Path("runs", unit.experiment, unit.name)):
        if (folder / "run.json").is_file():
            record = schema.read(schema.Record, folder / "run.json")
            if record.fingerprint == unit.fingerprint:
                if not record.diverged:
                    raise StudyError(f"{unit.label}: no replica of it has diverged", DATA)
                return record, read_npz(folder / DIVERGED)
    raise StudyError(f"{unit.label}: not trained as it stands in {reader.FILE}", DATA)


def _lines(again):
    sizes = ", ".join(f"{kind} {size:.3g}" for kind, size in again.largest.items())
    yield f"before it, the largest of each: {sizes}"
    yield "the step: " + ", ".join(f"{name} = {value:.6g}" for name, value in again.terms.items())
    lost = ", ".join(f"{count} of {name}" for name, count in again.lost.items())
    yield f"numbers that are not finite: {lost or 'none'}"
    if not again.given:
        yield "batch or noise are not those of the record"
