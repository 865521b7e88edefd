"""The rounds of the papers: of which runs the budget of a study has fewer.

rounds: { cpu: 20000, paper: 400000 }    `budget: cpu` has 20,000 of the paper's 400,000
"""

from collections.abc import Mapping
from typing import Any

from pipeline.study import budgets, inheritance, reader, yaml
from pipeline.study.schema import Study


def rounds() -> dict[str, int]:
    """The paper's rounds of each run that has fewer, by experiment/run, in the current study."""
    content = yaml.read(reader.FILE, Study.model_fields)
    inheritance.resolve(content)
    return more(content)


def more(content: Mapping[str, Any]) -> dict[str, int]:
    """The same of the content of a valid params.yaml, every run's block whole."""
    budget = content.get("budget", budgets.DEFAULT)
    stated = {
        f"{e}/{r}": run.get("train", {}).get("rounds")
        for e, experiment in content["experiments"].items()
        for r, run in experiment["runs"].items()
    }
    return {
        name: found["paper"]
        for name, found in stated.items()
        if isinstance(found, dict) and found.get("paper", 0) > found.get(budget, 0)
    }
