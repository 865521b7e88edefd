"""Locating the code of a study: the repository that contains its folder.

A study is the repository's own folder or any below it, and `dvc exp run --temp` runs it in a copy
of the whole. An installed package points to one place only, so the code of the repository around
the current folder has precedence over it.
"""

import os
import sys
from pathlib import Path

from pipeline.study.errors import StudyError

ROOT = Path(__file__).resolve().parents[2]  # of the code that runs
OWN = Path("pipeline", "study", "repository.py")


def around(folder: Path) -> Path | None:
    """The repository with this package that contains a folder, or is it."""
    return next((place for place in (folder, *folder.parents) if (place / OWN).is_file()), None)


def give_way() -> None:
    """Restarts the current command with the code around the current folder, if that is other."""
    here = around(Path.cwd())
    if here is None or here.samefile(ROOT):
        return
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(here) in paths:
        raise StudyError(f"{here}: its code cannot be imported before that of {ROOT}")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(here), *filter(None, paths)])
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
