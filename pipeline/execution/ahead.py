"""Which runs of other experiments a train stage trains as well, so that no core is idle.

DVC runs one stage after another, and a stage that trains its own runs alone waits for the longest
with all cores but one idle. Under a `dvc repro` or `dvc exp run` of the whole study, the first
stage that has a run to train therefore trains those of all experiments; later stages collect.

A run is trained ahead if its result is neither in work/ nor, with the same fingerprint, in runs/.
With a target, an option that leaves stages out, or without DVC, a stage trains its own runs only.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.execution import done, units
from pipeline.execution.units import Unit
from pipeline.results import schema
from pipeline.study.errors import StudyError
from pipeline.study.schema import Study

COMMANDS = ("CmdRepro", "CmdExperimentsRun")  # dvc repro, dvc exp run
# With one of these DVC may not come to every stage whose result is not in runs/.
LESS = ("targets", "single_item", "downstream", "pull", "allow_missing", "dry", "interactive")


def whole_study() -> bool:
    """Whether this process is a stage of a DVC that was asked for the whole study."""
    return "DVC_STAGE" in os.environ and asks_for_all(_parent())


def asks_for_all(command: Sequence[str]) -> bool:
    """Whether a command line is one of DVC that runs every stage which is not up to date."""
    names = [
        "dvc" if Path(a).parts[-2:] == ("dvc", "__main__.py") else Path(a).name for a in command
    ]
    if "dvc" not in names:
        return False
    from dvc.cli.parser import get_main_parser  # here: a bare GPU machine has no DVC

    try:
        asked = get_main_parser().parse_args(list(command[names.index("dvc") + 1 :]))
    except (Exception, SystemExit):  # another DVC than this Python's
        return False
    of_all = getattr(getattr(asked, "func", None), "__name__", "") in COMMANDS
    return of_all and not any(getattr(asked, option, False) for option in LESS)


def _parent() -> list[str]:
    """The command line of the process that started this one."""
    import psutil  # as DVC, which it comes with

    try:
        return psutil.Process(os.getppid()).cmdline()
    except psutil.Error:
        return []


def stale(settings: Study, experiment: str) -> list[Unit]:
    """The units of all other experiments whose results are not here, each once.

    An experiment whose units cannot be made, as its data are not there, is left to its own stage.
    """
    found: dict[str, Unit] = {}
    for other in settings.experiments:
        if other != experiment:
            with suppress(StudyError):
                found |= {
                    u.fingerprint: u for u in units.units(settings, other) if not _is_here(u)
                }
    return list(found.values())


def _is_here(unit):
    """Whether the result of a unit is in runs/ or in work/."""
    with suppress(StudyError, OSError):
        file = Path("runs", unit.experiment, unit.name, "run.json")
        if schema.read(schema.Record, file).fingerprint == unit.fingerprint:
            return True
    return done.is_done(unit)
