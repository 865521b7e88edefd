"""The house, a line per room. A room may import what stands below it, and nothing above.

    stages         what DVC runs and what a person types: prepare, sources, train, evaluate, ...
    cluster        units and measurements as tasks of Ray, on the nodes of a cluster
    execution      runs as units of work: fingerprints, processes, checkpoints, progress
    tracking       MLflow as a window on the files
    page           what reports/index.html is drawn with; it computes nothing
    page/hands_on  what a reader of the page can try: five widgets, in its own script
    search         settings found by successive halving: spaces, draws, rungs, winners
    verdicts       the statistics that decide a claim
    figures        what is shown of trained runs
    results        the files of a study, and a trained run made of them
    controls       rows that are no trainings: noise, true samples, mixtures, PCA
    metrics        one metric a file, pure functions of samples
    models         one game a file, written for one replica
    networks       one family of networks a file
    objectives     one formula a file, pure functions of arrays
    datasets       one data set a file
    engine         the only room that knows that there are several replicas
    engine/graph   a traced step, made cheaper
    study          params.yaml: its blocks, how they are read, what is told of a fault

The oracle that all of this is held to is no part of it: reference/, NumPy from the definitions.
"""

from importlib import import_module
from typing import Any


def load(run: str, root: str = ".") -> Any:
    """A trained run, as pipeline/results/door.py describes it.

    run: "experiment/run", as params.yaml names them. root: the study's folder.
    """
    # By name: what this file imports, all code would stand on, and every hash would hold it.
    return import_module("pipeline.results.door").Run(run, root)
