"""Stage sources: what code each stage of each experiment is made of.

    python -m pipeline sources

reads   **/*.py of pipeline, reference and tests, what pipeline/page/ draws with; params.yaml;
        claims.yaml, documents.yaml
writes  sources.yaml         prepare, train.EXPERIMENT, evaluate.EXPERIMENT, claims, report,
                             track: a hash each
        work/sources.json    the same, and of which files it is

A stage of dvc.yaml depends on its line, so it runs again when, and only when, code that it
runs has changed (pipeline/execution/code_hash.py). This stage runs each time, for the code lies
outside a study's folder, where DVC would count compiled files as code; where no file has changed
it copies what it wrote last, in a tenth of the time.
"""

import hashlib
import io
import json
import os
from pathlib import Path

from pipeline.results.files import read_sealed, write_json, write_text
from pipeline.results.seal import sealed
from pipeline.study.errors import StudyError
from pipeline.study.repository import ROOT

CODE = ("pipeline", "reference", "tests")
PAGE = ROOT / "pipeline" / "page"
DRAWN = (".html", ".css", ".js", ".yaml", ".json")
DOCUMENTS = (Path("documents.yaml"), Path("..", "documents.yaml"))


def main() -> None:
    state = _state()
    memory = Path(os.environ.get("DVC_ROOT", "."), "work", "sources.json")
    try:
        known = dict(read_sealed(memory))
    except (StudyError, TypeError, ValueError):
        known = {}
    if known.get("state") != state or "text" not in known:
        _check()
        known = {"state": state, "text": text()}
        write_json(memory, sealed(known))
    write_text("sources.yaml", known["text"])


def _check() -> None:
    """A claim that cannot be decided is told now, and not after the trainings."""
    from pipeline.study import reader
    from pipeline.verdicts import ledger

    if Path("claims.yaml").exists():
        ledger.read("claims.yaml", reader.read().experiments)


def _state() -> str:
    """SHA-256 of all files that the hashes may hang on."""
    files = [file for tree in CODE for file in (ROOT / tree).rglob("*.py")]
    files += [*_templates(), Path("params.yaml"), Path("claims.yaml"), *DOCUMENTS]
    digest = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file()):
        digest.update(f"{os.path.relpath(file, ROOT)}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _templates():
    found = [file for file in PAGE.rglob("*") if file.suffix in DRAWN]
    return sorted([*found, *(PAGE / "hands_on").rglob("*.py")])  # loaded by name


def text() -> str:
    """The lines of sources.yaml for the study in the current folder."""
    # Imported here: to see that nothing has changed takes none of them.
    from ruamel.yaml import YAML

    from pipeline.execution.code_hash import fingerprint, training_code
    from pipeline.study import budgets, inheritance, reader, yaml
    from pipeline.study.schema import Study

    content = yaml.read(reader.FILE, Study.model_fields)
    study = reader.parse(content)
    inheritance.resolve(content)
    claims = yaml.read("claims.yaml", ["claims"])
    tests = {c["test"].split("::")[0] for c in claims["claims"] if c.get("test")}
    sets = [f"pipeline.datasets.{name}" for name in sorted(study.data)]
    lines: dict = {"prepare": fingerprint("pipeline.stages.prepare", *sets)}
    lines |= {"train": {}, "evaluate": {}}
    for name, experiment in study.experiments.items():
        models = sorted({run.model for run in experiment.runs.values()})
        seen = _seen(study.data, {run.data for run in experiment.runs.values()})
        lines["train"][name] = "-".join([*map(training_code, models), seen])
        played = [f"pipeline.models.{model}" for model in models]
        measured = sorted(f"pipeline.metrics.{metric}" for metric in experiment.metrics)
        controls = sorted(f"pipeline.controls.{control}" for control in experiment.controls)
        shown = sorted(f"pipeline.figures.{figure}" for figure in experiment.figures)
        data = sorted({f"pipeline.datasets.{run.data}" for run in experiment.runs.values()})
        evaluated = *played, *measured, *controls, *shown, *data
        lines["evaluate"][name] = fingerprint("pipeline.stages.evaluate", *evaluated)
        if budgets.depends(content, name):  # DVC sees all that the file says, and not which holds
            for stage in ("train", "evaluate"):
                lines[stage][name] += f"-{_numbers(experiment)}"
    proofs = sorted(test.removesuffix(".py").replace("/", ".") for test in tests)
    lines["claims"] = fingerprint("pipeline.stages.claims", "tests.conftest", *proofs)
    read = [*_templates(), *[file for file in DOCUMENTS if file.is_file()][:1]]
    drawn = hashlib.sha256(b"".join(file.read_bytes() for file in read)).hexdigest()[:12]
    lines["report"] = f"{fingerprint('pipeline.stages.report')}-{drawn}"
    if study.budget != budgets.DEFAULT:
        lines["report"] += f"-{study.budget}"
    lines["track"] = fingerprint("pipeline.stages.track")
    written = io.StringIO()
    YAML().dump(lines, written)
    return written.getvalue()


def _numbers(experiment):
    """A hash of the numbers that an experiment has in the budget."""
    from pipeline.execution.code_hash import DIGITS

    runs = {name: [run.arguments, run.train.model_dump()] for name, run in experiment.runs.items()}
    told = json.dumps([experiment.draws, runs], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:DIGITS]


def _seen(blocks, names):
    """What trainings see of data sets beside their files, as a hash."""
    from pipeline import datasets
    from pipeline.execution.code_hash import DIGITS

    given = {n: datasets.given(datasets.build(n, blocks.get(n) or {})) for n in sorted(names)}
    return hashlib.sha256(json.dumps(given).encode()).hexdigest()[:DIGITS]
