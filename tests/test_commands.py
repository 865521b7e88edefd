"""Every command of the command line calls what its help says, with the arguments as they came."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pipeline import __main__ as cli

STUDY = SimpleNamespace(
    device="cpu",
    checkpoint_seconds=7.0,
    experiments={
        "a": SimpleNamespace(runs={"x": 1, "y": 2}),
        "b": SimpleNamespace(runs={"z": 3}),
    },
)
UNITS = [SimpleNamespace(name="x"), SimpleNamespace(name="y")]
# What a command prints or does beside calling one function is in tests of its own, below.
CALLS = {
    "prepare": [("stages.prepare", "main", None)],
    "prepare ring grid": [("stages.prepare", "main", ["ring", "grid"])],
    "sources": [("stages.sources", "main")],
    "claims": [("stages.claims", "main")],
    "report": [("stages.report", "main")],
    "track": [("stages.track", "main")],
    "summary": [("stages.summary", "main", None, False)],
    "summary ring --all": [("stages.summary", "main", ["ring"], True)],
    "figures ring here": [("stages.figures", "main", "ring", "here")],
    "doctor": [("stages.doctor", "main", False)],
    "doctor --fix": [("stages.doctor", "main", True)],
    "freeze": [("stages.freeze", "main", "")],
    "freeze --day 2026-01-02": [("stages.freeze", "main", "2026-01-02")],
    "verify": [("stages.verify", "main", "")],
    "verify old": [("stages.verify", "main", "old")],
    "replay ring.gan": [("stages.replay", "main", "ring.gan")],
    "new-study mine": [("stages.new_study", "main", "mine")],
    "work push": [("stages.work", "push", [])],
    "work push ring": [("stages.work", "push", ["ring"])],
    "work pull": [("stages.work", "pull", [])],
    "work pull ring grid": [("stages.work", "pull", ["ring", "grid"])],
    "draw": [("stages.draw", "main")],
    "halve": [("stages.halve", "main")],
    "taste": [("stages.taste", "main", "taste")],
    "taste there": [("stages.taste", "main", "there")],
    "unit ring x": [
        ("execution.processes", "die_with_parent"),
        ("stages.check", "study"),
        ("execution.units", "units", STUDY, "ring"),
        ("execution.worker", "train", UNITS[0], 7.0),
    ],
    "unit ring y": [
        ("execution.processes", "die_with_parent"),
        ("stages.check", "study"),
        ("execution.units", "units", STUDY, "ring"),
        ("execution.worker", "train", UNITS[1], 7.0),
    ],
    "check": [
        ("stages.check", "study"),
        ("stages.sizes", "check", STUDY, STUDY.experiments),
        ("stages.ledger", "check", STUDY),
        ("execution.units", "device_of", "cpu"),
        ("stages.freeze", "told", STUDY),
    ],
}
TIMED = ("prepare", "sources", "train", "evaluate", "claims", "report", "track")


@pytest.fixture
def called(monkeypatch):
    """The calls that a command makes; .answers: what each of them returns."""

    class Called(list):
        def __init__(self):
            self.answers = {
                ("stages.check", "study"): STUDY,
                ("execution.units", "units"): UNITS,
                ("stages.freeze", "told"): ["seeds: one line"],
            }
            self.elsewhere = []

    found = Called()

    @contextmanager
    def timed(stage):
        found.elsewhere = []
        found.append(("timed", stage))
        yield found.elsewhere

    def call(module, function="main", *arguments):
        if (module, function) == ("execution.times", "timed"):
            return timed(*arguments)
        found.append((module, function, *arguments))
        return found.answers.get((module, function))

    monkeypatch.setattr(cli, "call", call)
    return found


def invoke(command):
    done = CliRunner().invoke(cli.app, command.split())
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("command", CALLS)
def test_a_command_calls_its_stage_with_its_arguments(called, command):
    invoke(command)
    stage = command.partition(" ")[0]
    assert called == [("timed", stage)] * (stage in TIMED) + CALLS[command]


def test_what_check_says(called):
    told = invoke("check").splitlines()
    assert told == ["params.yaml: 2 experiments, 3 runs: all valid", "seeds: one line"]


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize(
    ("stage", "does"), [("train", "stages.train"), ("evaluate", "stages.evaluate_ahead")]
)
def test_a_stage_does_what_was_not_done_ahead_and_nothing_else(called, stage, does, ready):
    called.answers |= {
        ("execution.ready", "collected"): ready, ("stages.train", "main"): 12.5,
    }  # fmt: skip
    invoke(f"{stage} ring")
    asked = [("timed", f"{stage} ring"), ("execution.ready", "collected", stage, "ring")]
    assert called == asked + [(does, "main", "ring")] * (not ready)
    assert called.elsewhere == [12.5] * (stage == "train" and not ready)


def test_every_command_is_tried():
    hidden = {"track-sync"}  # an old name: tests/stages
    names = {c.name or c.callback.__name__.replace("_", "-") for c in cli.app.registered_commands}
    names |= {f"work {c.name or c.callback.__name__}" for c in cli.work.registered_commands}
    tried = {name for name in names for c in [*CALLS, *TIMED] if f"{c} ".startswith(f"{name} ")}
    assert names - hidden == tried


def test_a_function_is_found_by_its_module_and_name(monkeypatch):
    assert cli.call("verdicts.within", "ends", 0.5, 0.0) == (0.5, 0.5)


def test_the_help_names_every_command_and_what_it_does():
    told = " ".join(CliRunner().invoke(cli.app, ["--help"]).output.split())
    for command in cli.app.registered_commands:
        if not command.hidden:
            assert command.callback.__doc__.split(":")[0].split(",")[0][:30] in told
    assert "The work store on the DVC remote" in told
    assert CliRunner().invoke(cli.app, []).output.split()[0] == "Usage:"
