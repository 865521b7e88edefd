"""A study small enough to train in a test."""

from copy import deepcopy
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.execution import done, units
from pipeline.results.files import digest, write_npz

REPOSITORY = Path(__file__).parent.parent


def params(**runs) -> dict:
    """Params of one experiment `toy` on the ring; runs: {name: changes of its block}."""
    block = {
        "data": "ring",
        "model": "gan",
        "arguments": {"latent": 2, "width": 4},
        "train": {"rounds": 40},
    }
    return {
        "device": "cpu",
        "threads": 1,
        "chunk": 0,
        "compile": "auto",
        "processes": 0,
        "checkpoint_seconds": 1000.0,
        "data": {"ring": {"train": 64, "validation": 16, "test": 32}},
        "train": {
            "seeds": [3, 1],
            "rounds": 40,
            "batch": 8,
            "log_every": 10,
            "samples": 5,
            "optimizer": {"name": "adam", "lr": 0.01},
        },
        "experiments": {
            "toy": {
                "question": "Does it train?",
                "metrics": ["value", "coverage"],
                # Copies: what two runs shared would be written as one YAML anchor.
                "runs": {name: deepcopy(block | changes) for name, changes in runs.items()},
            }
        },
    }


def write(folder: Path, content: dict) -> None:
    """Puts params.yaml and the data where `python -m pipeline` looks for them."""
    with open(folder / "params.yaml", "w", encoding="utf-8") as file:
        YAML().dump(content, file)
    from pipeline.stages import check

    for name, dataset in check.study(folder / "params.yaml").data.items():
        write_npz(folder / "data" / f"{name}.npz", dataset.splits())


def result(unit: units.Unit) -> dict[str, str]:
    """The SHA-256 of every file of a unit's result."""
    files = {name: unit.folder / name for name in done.RESULT}
    return {name: digest(file) for name, file in files.items() if file.is_file()}
