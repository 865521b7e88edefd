from importlib import import_module
from typing import Any


def load(run: str, root: str = ".") -> Any:
    """A trained run, as pipeline/results/door.py describes it.

    run: "experiment/run", as params.yaml names them. root: the study's folder.
    """
    # By name: what this file imports, all code would stand on, and every hash would hold it.
    return import_module("pipeline.results.door").Run(run, root)
