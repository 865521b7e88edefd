"""Whether a study's results are complete and finite.

    python -m tests.finite reports

Exits with 1 and a line for each number that is missing or not finite.
"""

import sys
from pathlib import Path

from pipeline.results import schema
from pipeline.stages import check

UNDEFINED = ("coverage.mode_width",)  # of samples none of which is good there is no width


def faults(reports: Path) -> list[str]:
    """A line for each thing that should be there and is not."""
    found = []
    for experiment, block in check.study().experiments.items():
        path = reports / "metrics" / f"{experiment}.json"
        runs = schema.read(schema.Measurements, path).runs
        found += [f"{experiment}.{r}: missing" for r in block.runs if r not in runs]
        for name, run in runs.items():
            if not run.metrics:
                found.append(f"{experiment}.{name}: nothing was measured")
            for key, metric in run.metrics.items():
                numbers = [*metric.values, metric.mean]
                if key not in UNDEFINED and None in numbers:
                    found.append(f"{experiment}.{name}.{key}: {numbers}")
    if not schema.read(schema.Verdicts, reports / "claims.json").claims:
        found.append("claims.json: no claim")
    page = (reports / "index.html").read_text(encoding="utf-8")
    found += [f"index.html: nothing of {e}" for e in check.study().experiments if e not in page]
    return found


if __name__ == "__main__":
    told = faults(Path(sys.argv[1]))
    print("\n".join(told) or "Every run is measured and every number is finite.")
    sys.exit(bool(told))
