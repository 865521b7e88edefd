"""Command new-study: a folder with a study of its own, to be run at once and then changed.

    python -m pipeline new-study NAME

writes  NAME/params.yaml    one experiment of one run, seconds of work
        NAME/claims.yaml    a ledger without claims
        NAME/history.yaml, settings.yaml    nothing is frozen yet
        NAME/dvc.yaml       the stages of the repository's own study
        NAME/.dvc/, .dvcignore, .gitignore
The code is the repository's: a study has none. Its data, runs, reports and lock are its own, and
so is its DVC, so that no study waits for another or fails with it.
"""

import os
import re
from pathlib import Path

from pipeline.results.files import write_text
from pipeline.study import trainings
from pipeline.study.errors import StudyError
from pipeline.study.repository import ROOT
from pipeline.verdicts import history

# Letters of any script. `$`, braces and separators mean something to DVC or to a path.
NAME = re.compile(r"\w(?:[\w .-]{0,98}\w)?")
PARAMS = """\
# Every number of this study. Keys are explained in the params.yaml of the repository.

device: auto
threads: 1
chunk: 0
compile: auto
processes: 0
checkpoint_seconds: 20.0

data:
  ring: {}

train:
  seeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  rounds: 1000
  batch: 64
  log_every: 50
  samples: 500
  optimizer: { name: adam, lr: 1.0e-3, betas: [0.5, 0.999] }

experiments:
  ring:
    question: How many of the eight modes of a ring does a GAN find?
    metrics: [coverage]
    data: ring
    model: gan
    arguments: { latent: 2, width: 64 }
    runs:
      gan: {}
"""
CLAIMS = """\
# What this study holds to be true or false. A claim's keys are those of the repository's
# claims.yaml: id, claim, documents, statistic, rule, and what the rule needs.

error: 0.05 # the chance that claims which share trainings have any wrong verdict
claims: []
"""
CLASSIFIER = re.compile(r"^ *- runs/\$\{evaluation_classifier\.(\w+)\}$", re.M)
IGNORED = ("/data/", "/runs/", "/reports/shown/", "/work/", "/mlflow.db*", "/mlartifacts/")


def main(name: str) -> None:
    """Makes the study's folder in the current one."""
    folder = Path(name)
    if not NAME.fullmatch(name):
        raise StudyError(
            f"{name!r}: no name for a study; allowed: up to 100 letters, digits, spaces, _, - "
            "and dots, from a letter or digit to a letter or digit"
        )
    if folder.exists():
        raise StudyError(f"{name}: is there already; a new study needs a new name")
    made = folder.with_name(f".{name}.made")  # until it is whole
    write_text(made / "params.yaml", PARAMS)
    furnish(made)
    made.rename(folder)
    print(f"{name}: made. To run it: cd {name!r} && dvc repro")


def furnish(folder: Path, *data: str, frozen: bool = False) -> None:
    """Puts into a folder what a study needs beside params.yaml, where it is not there yet.

    data: the data sets that have an evaluation classifier. frozen: as in `stages`.
    """
    made = {"claims.yaml": CLAIMS, ".dvcignore": "work/\nmlartifacts/\n"}
    made |= {p: (ROOT / p).read_text(encoding="utf-8") for p in (".dvc/config", ".dvc/.gitignore")}
    plots = os.path.relpath(ROOT / ".dvc" / "plots.html", (folder / ".dvc").resolve())
    made[".dvc/config"] = made[".dvc/config"].replace("= plots.html", f"= {plots}")
    made |= {history.FILE: history.text({}), trainings.FILE: trainings.text({})}
    made[".gitignore"] = "".join(f"{path}\n" for path in IGNORED)
    here = folder.resolve()
    if not any((place / ".git").exists() for place in (here, *here.parents)):
        made[".dvc/config.local"] = "[core]\n    no_scm = true\n"
    for path, content in made.items():
        if not (folder / path).exists():
            write_text(folder / path, content)
    file = folder / "dvc.yaml"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    named = CLASSIFIER.findall(text)
    if text in ("", stages(*named), stages(*named, frozen=True)):
        write_text(file, stages(*data, frozen=frozen))
    elif text != stages(*data, frozen=frozen):
        print(f"{file}: not as it was made, so left as it is; without it a new one is made")


def stages(*data: str, frozen: bool = False) -> str:
    """The dvc.yaml of a study with evaluation classifiers for these data sets.

    It is the repository's, whose own study names one: a line per classifier stands in its place.
    frozen: what was trained is not trained or measured again, whatever code has changed since.
    """
    lines = (ROOT / "dvc.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    named = re.compile(r"( *- runs/\$\{evaluation_classifier\.)\w+(\}\n)")
    first, found = next((i, m) for i, line in enumerate(lines) if (m := named.fullmatch(line)))
    before, after = found.groups()
    rest = [line for line in lines[first:] if not named.fullmatch(line)]
    text = "".join([*lines[:first], *(f"{before}{name}{after}" for name in data), *rest])
    return text.replace("    do:\n", "    do:\n      frozen: true\n") if frozen else text
