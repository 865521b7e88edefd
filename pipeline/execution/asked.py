"""What DVC was asked for: whether it will come to every stage of the study.

Work for later stages is done ahead only under a `dvc repro` or `dvc exp run` of the whole study.
With a target, with an option that leaves stages out, or without DVC, a stage does its own work.
"""

import io
import os
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path

COMMANDS = ("CmdRepro", "CmdExperimentsRun")  # dvc repro, dvc exp run
# With one of these DVC may not come to every stage whose result is not here.
LESS = ("targets", "single_item", "downstream", "pull", "allow_missing", "dry", "interactive")


def whole_study() -> bool:
    """Whether this process is a stage of a DVC that was asked for the whole study."""
    return "DVC_STAGE" in os.environ and asks_for_all(_parent())


def asks_for_all(command: Sequence[str]) -> bool:
    """Whether a command line is one of DVC that runs every stage which is not up to date."""
    paths = [Path(argument) for argument in command]
    names = ["dvc" if path.parts[-2:] == ("dvc", "__main__.py") else path.name for path in paths]
    if "dvc" not in names:
        return False
    try:
        from dvc.cli.parser import get_main_parser  # here: a bare GPU machine has no DVC

        with redirect_stderr(io.StringIO()):
            asked = get_main_parser().parse_args(list(command[names.index("dvc") + 1 :]))
    except (Exception, SystemExit):  # not a command of a DVC that this Python has
        return False
    of_all = getattr(getattr(asked, "func", None), "__name__", "") in COMMANDS
    return of_all and not any(getattr(asked, option, False) for option in LESS)


def _parent() -> list[str]:
    """The command line of the process that started this one."""
    try:
        import psutil  # which DVC comes with
    except ImportError:
        return []
    try:
        return list(psutil.Process(os.getppid()).cmdline())
    except psutil.Error:
        return []
