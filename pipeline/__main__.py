"""python -m pipeline <stage or command>: what DVC runs, and what a person may run.

It works in the folder of any study: the code that runs is that of the repository around it
(pipeline/study/repository.py). Each imports only what it needs, when it is called. A fault with
a name ends as one line on standard error and an exit code (pipeline/study/errors.py).
"""

import sys
from importlib import import_module
from typing import Annotated

from pipeline.study.errors import USAGE, ended
from pipeline.study.repository import give_way
from pipeline.study.requirements import prepare_process

try:
    import typer
except ImportError:
    print("error[2]: typer is not installed; run `make setup`", file=sys.stderr)
    sys.exit(USAGE)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def timed(stage: str):
    return call("execution.times", "timed", stage)


def call(module: str, function: str = "main", *arguments):
    return getattr(import_module(f"pipeline.{module}"), function)(*arguments)


@app.command()
def prepare(
    names: Annotated[list[str] | None, typer.Argument(help="Data sets; default: all.")] = None,
):
    """Stage: put the data sets of params.yaml in data/."""
    with timed("prepare"):
        call("stages.prepare", "main", names)


@app.command()
def sources():
    """Stage: write the code hashes that the other stages depend on."""
    with timed("sources"):
        call("stages.sources")


@app.command()
def train(name: Annotated[str, typer.Argument(help="EXPERIMENT[.RUN] of params.yaml.")]):
    """Stage: train the runs of an experiment, side by side, or one run of it."""
    with timed(f"train {name}") as elsewhere:
        if not call("execution.ready", "collected", "train", name):
            elsewhere.append(call("stages.train", "main", name))


@app.command(hidden=True)
def unit(experiment: str, run: str):
    """Train one run in this process; `train` calls it."""
    call("execution.processes", "die_with_parent")
    settings = call("stages.check", "study")
    found = {u.name: u for u in call("execution.units", "units", settings, experiment)}
    call("execution.worker", "train", found[run], settings.checkpoint_seconds)


@app.command()
def evaluate(experiment: str):
    """Stage: measure every replica of an experiment's runs."""
    with timed(f"evaluate {experiment}"):
        if not call("execution.ready", "collected", "evaluate", experiment):
            call("stages.evaluate_ahead", "main", experiment)


@app.command()
def claims():
    """Stage: decide every claim of claims.yaml."""
    with timed("claims"):
        call("stages.claims")


@app.command()
def report():
    """Stage: write reports/index.html."""
    with timed("report"):
        call("stages.report")


@app.command()
def track():
    """Stage: bring MLflow up to date with the files of runs/ and reports/."""
    with timed("track"):
        call("stages.track")


@app.command(hidden=True)
def track_sync():
    """The old name of `track`."""
    print("error[2]: track-sync is now `python -m pipeline track`", file=sys.stderr)
    sys.exit(USAGE)


@app.command()
def summary(
    experiments: Annotated[list[str] | None, typer.Argument(help="Tell their numbers.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Tell those of all experiments.")] = False,
):
    """Say what was made, what became of the claims, what took how long, where the page is."""
    call("stages.summary", "main", experiments, every)


@app.command()
def figures(
    experiment: Annotated[str, typer.Argument(help="One of params.yaml.")],
    folder: Annotated[str, typer.Argument(help="Where to put them.")],
):
    """Draw an experiment's figures as SVG, each beside its numbers as CSV."""
    call("stages.figures", "main", experiment, folder)


@app.command()
def check():
    """Check params.yaml, claims.yaml and this machine, and do nothing else."""
    settings = call("stages.check", "study")
    call("stages.sizes", "check", settings, settings.experiments)
    call("stages.ledger", "check", settings)
    call("execution.units", "device_of", settings.device)
    runs = sum(len(e.runs) for e in settings.experiments.values())
    print(f"params.yaml: {len(settings.experiments)} experiments, {runs} runs: all valid")
    for line in call("stages.freeze", "told", settings):
        print(line)


@app.command()
def doctor(
    fix: Annotated[bool, typer.Option(help="Mend what can be mended.")] = False,
):
    """Look for what keeps a study from running, and hash every stored file again."""
    call("stages.doctor", "main", fix)


@app.command()
def freeze(day: Annotated[str, typer.Option(help="YYYY-MM-DD; default: today.")] = ""):
    """Enter the rules of claims.yaml and the settings of params.yaml as they stand now."""
    call("stages.freeze", "main", day)


@app.command()
def verify(
    reports: Annotated[str, typer.Argument(help="A folder of reports; default: Git's.")] = "",
):
    """Say of each run how near it came, here, to what was published."""
    call("stages.verify", "main", reports)


@app.command()
def replay(name: Annotated[str, typer.Argument(help="EXPERIMENT.RUN of params.yaml.")]):
    """Play the step in which a replica diverged again."""
    call("stages.replay", "main", name)


@app.command()
def new_study(name: Annotated[str, typer.Argument(help="The folder to make here.")]):
    """Make a study of your own: a folder to run at once, and then to change."""
    call("stages.new_study", "main", name)


work = typer.Typer(add_completion=False, no_args_is_help=True)
app.add_typer(work, name="work", help="The work store on the DVC remote: push and pull results.")
Experiments = Annotated[list[str] | None, typer.Argument(help="Default: all of params.yaml.")]


@work.command()
def push(experiments: Experiments = None):
    """Put the results that are here on the DVC remote, each by its fingerprint."""
    call("stages.work", "push", experiments or [])


@work.command()
def pull(experiments: Experiments = None):
    """Fetch results that others have trained; what is pulled is not trained again."""
    call("stages.work", "pull", experiments or [])


@app.command()
def draw():
    """Draw the first settings of each search of space.yaml, into params.yaml."""
    call("stages.draw")


@app.command()
def halve():
    """Keep the best settings of each search, to be trained longer; the last are the winners."""
    call("stages.halve")


@app.command()
def taste(name: Annotated[str, typer.Argument(help="The folder to make here.")] = "taste"):
    """The whole pipeline at toy size, to a page marked as such, in a folder of its own."""
    call("stages.taste", "main", name)


def main():
    ended(prepare_process)
    ended(give_way)
    ended(lambda: app(standalone_mode=True))


if __name__ == "__main__":
    main()
