"""python -m pipeline <stage or command>: what DVC runs, and what a person may run.

Each imports only what it needs, when it is called. A fault with a name ends as one line on
standard error and an exit code (pipeline/errors.py).
"""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated

import typer

from pipeline.errors import RESOURCE, StudyError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def timed(stage: str):
    return call("times", "timed", stage)


def call(module: str, function: str = "main", *arguments):
    return getattr(import_module(f"pipeline.{module}"), function)(*arguments)


@app.command()
def prepare(
    names: Annotated[list[str] | None, typer.Argument(help="Data sets; default: all.")] = None,
):
    """Stage: put the data sets of params.yaml in data/."""
    with timed("prepare"):
        call("prepare", "main", names)


@app.command()
def sources():
    """Stage: write the code hashes that the other stages depend on."""
    with timed("sources"):
        call("sources")


@app.command()
def train(name: Annotated[str, typer.Argument(help="EXPERIMENT[.RUN] of params.yaml.")]):
    """Stage: train the runs of an experiment, side by side, or one run of it."""
    with timed(f"train {name}"):
        call("train", "main", name)


@app.command(hidden=True)
def unit(experiment: str, run: str):
    """Train one run in this process; `train` calls it."""
    call("train", "die_with_parent")
    settings = call("study", "read")
    found = {u.name: u for u in call("units", "units", settings, experiment)}
    call("trainer", "train", found[run], settings.checkpoint_seconds)


@app.command()
def evaluate(experiment: str):
    """Stage: measure every replica of an experiment's runs."""
    with timed(f"evaluate {experiment}"):
        call("evaluate", "main", experiment)


@app.command()
def claims():
    """Stage: decide every claim of claims.yaml."""
    with timed("claims"):
        call("claims")


@app.command()
def report():
    """Stage: write reports/index.html, bring MLflow up to date, tell what took how long."""
    with timed("report"):
        call("report")
        call("tracking", "track_sync")  # a store that fails costs a warning, never the page
    call("times", "tell", list(call("study", "read").experiments))


@app.command()
def summary():
    """Print where the page is, and a table of the runs."""
    call("summary")


@app.command()
def check():
    """Check params.yaml and do nothing else."""
    settings = call("study", "read")
    runs = sum(len(e.runs) for e in settings.experiments.values())
    print(f"params.yaml: {len(settings.experiments)} experiments, {runs} runs: all valid")


@app.command()
def track_sync():
    """Bring MLflow up to date with the files of runs/ and reports/."""
    if not call("tracking", "track_sync", ".", None):
        sys.exit(RESOURCE)


def main():
    ended(lambda: app(standalone_mode=True))


def ended(work: Callable[[], object]) -> None:
    """Does the work; a fault with a name becomes its line and its exit code."""
    try:
        work()
    except StudyError as error:
        for line in str(error).splitlines():
            print(f"error[{error.code}]: {line}", file=sys.stderr)
        sys.exit(error.code)
    except MemoryError:
        print(
            f"error[{RESOURCE}]: out of memory; use fewer seeds or a smaller batch",
            file=sys.stderr,
        )
        sys.exit(RESOURCE)
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
