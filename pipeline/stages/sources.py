"""Stage sources: what code each stage of each experiment is made of.

    python -m pipeline sources

reads   **/*.py of pipeline, reference and tests; params.yaml; claims.yaml
writes  sources.yaml    train.EXPERIMENT, evaluate.EXPERIMENT, claims, report, track: a hash each

A stage of dvc.yaml depends on its line, so it runs again when, and only when, code that it
runs has changed (pipeline/execution/code_hash.py).
"""

import io
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.execution.code_hash import fingerprint, training_code
from pipeline.results.files import write_text


def main() -> None:
    study = YAML(typ="safe", pure=True).load(Path("params.yaml").read_text(encoding="utf-8"))
    claims = YAML(typ="safe", pure=True).load(Path("claims.yaml").read_text(encoding="utf-8"))
    tests = {c["test"].split("::")[0] for c in claims["claims"] if c.get("test")}
    lines: dict = {"train": {}, "evaluate": {}}
    for name, experiment in study["experiments"].items():
        models = sorted({run["model"] for run in experiment["runs"].values()})
        measured = sorted(f"pipeline.metrics.{metric}" for metric in experiment["metrics"])
        shown = sorted(f"pipeline.figures.{figure}" for figure in experiment.get("figures", []))
        data = sorted({f"pipeline.datasets.{run['data']}" for run in experiment["runs"].values()})
        lines["train"][name] = "-".join(training_code(model) for model in models)
        judged = [f"pipeline.models.{model}" for model in models]
        evaluated = *judged, *measured, *shown, *data
        lines["evaluate"][name] = fingerprint("pipeline.stages.evaluate", *evaluated)
    proofs = sorted(test.removesuffix(".py").replace("/", ".") for test in tests)
    lines["claims"] = fingerprint("pipeline.stages.claims", "tests.conftest", *proofs)
    lines["report"] = fingerprint("pipeline.stages.report")
    lines["track"] = fingerprint("pipeline.stages.track")
    text = io.StringIO()
    YAML().dump(lines, text)
    write_text("sources.yaml", text.getvalue())
