"""Which runs of other experiments a train stage trains as well, so that no core is idle.

DVC runs one stage after another, and a stage that trains its own runs alone waits for the longest
with all cores but one idle. Under a `dvc repro` of the whole study (pipeline/execution/asked.py)
the first stage that has a run to train therefore trains those of all experiments; later stages
collect. A run is trained ahead if its result is neither in work/ nor, with the same fingerprint,
in runs/.
"""

from contextlib import suppress
from pathlib import Path

from pipeline.execution import done, machine, ready, units
from pipeline.execution.units import Unit
from pipeline.results import schema
from pipeline.study.errors import StudyError
from pipeline.study.schema import Study


def stale(settings: Study, experiment: str) -> list[Unit]:
    """The units of all other experiments whose results are not here, each once."""
    found: dict[str, Unit] = {}
    for _, own in _others(settings, experiment):
        found |= {u.fingerprint: u for u in own if not _is_here(u)}
    return list(found.values())


def _others(settings, experiment):
    """Each other experiment with its units; one whose data are missing is left to its stage."""
    for other in settings.experiments:
        if other != experiment:
            with suppress(StudyError):
                yield other, units.units(settings, other)


def _is_here(unit):
    return in_runs(unit) or done.is_done(unit)


def in_runs(unit: Unit) -> bool:
    """Whether runs/ has the result of a unit."""
    with suppress(StudyError, OSError):
        file = Path("runs", unit.experiment, unit.name, "run.json")
        return schema.read(schema.Record, file).fingerprint == unit.fingerprint
    return False


def note(settings: Study, experiment: str, began: str) -> None:
    """Lists what the train stages of the other experiments will only have to copy.

    began: ready.key() from before the settings were read. What was made elsewhere is left out:
    its stage says so.
    """
    for other, own in _others(settings, experiment):
        records = [done.record(u) for u in own]
        if all(record and _is_of_here(record, own[0].device) for record in records):
            told = [f"{u.label}: was done ({u.fingerprint})" for u in own]
            trained = {u.name: u.folder for u in own}
            ready.write("train", other, began, trained=trained, told=told)


def _is_of_here(record, device):
    now = machine.here(device)
    return all({key: part[key] for key in now} == now for part in record["made_by"])
