"""Files of params.yaml, generated: a small study with a few changes of any kind.

`python -m pipeline check` must accept such a file or say in lines what is wrong with it, and what
it accepts must run.
"""

import io
import random
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline import datasets, metrics, models
from pipeline.execution import done, units, worker
from pipeline.stages import check, evaluate, prepare
from pipeline.study.errors import StudyError
from tests import tiny

NUMBERS = [0, 1, -1, 2, 2**70, 0.5, -0.5, 1e308, 1e-308, float("nan"), float("inf")]
WORDS = ["", "a", "1e-3", "../x", "a/b", "ring", "é", "a" * 300, "${x}", "\n", "<b>", "null"]
BLOCKS = [[], [1], [1, 1], ["a"], [[0.5, 0.9]], {}, {"x": 1}, {"name": "sgd", "lr": 0.1}]
ODD = [None, True, False, *NUMBERS, *WORDS, *BLOCKS]
BYTES = b"\0\t\n:-{}[]&*!|>'\"%@#?,\xff\xc3 ~"


@cache
def _names() -> list[str]:
    return [*models.names(), *metrics.names(), "ring", "digits", "grid", "dice", "gaussian_1d"]


def params(seed: int) -> bytes:
    """A file, by its number."""
    chosen = random.Random(seed)
    content = tiny.params(gan={}, wide={"arguments": {"latent": 2, "width": 5}})
    for _ in range(chosen.choice([1, 1, 1, 2, 3])):
        _change(content, chosen)
    written = io.StringIO()
    YAML().dump(content, written)
    text = bytearray(written.getvalue().encode())
    if chosen.random() < 0.2:  # as an editor, a merge or a disk may leave it
        at = chosen.randrange(len(text))
        how = chosen.randrange(4)
        if how == 0:
            text = text[:at]
        elif how == 1:
            text[at] = chosen.choice(BYTES)
        elif how == 2:
            text[at:at] = bytes([chosen.choice(BYTES)])
        else:
            lines = text.splitlines(keepends=True)
            lines.insert(chosen.randrange(len(lines)), chosen.choice(lines))
            text = bytearray(b"".join(lines))
    return bytes(text)


def _change(content: dict[str, Any], chosen: random.Random) -> None:
    """One change, anywhere in the tree."""
    places = list(_places(content))
    block, key = chosen.choice(places)
    how = chosen.randrange(6)
    if how == 0:
        del block[key]
    elif how == 1 and isinstance(block, dict):
        block[f"{key}s"] = block.pop(key)
    elif how == 2 and isinstance(block, dict):
        block[chosen.choice(["x", *(str(k) for _, k in places)])] = deepcopy(block[key])
    elif how == 3:
        block[key] = chosen.choice(_names())
    elif how == 4:
        other, name = chosen.choice(places)
        block[key] = deepcopy(other[name])
    else:
        block[key] = deepcopy(chosen.choice(ODD))


def _places(block: Any):
    """Every (mapping or list, key) of the tree."""
    for key in list(block) if isinstance(block, dict) else range(len(block)):
        yield block, key
        if isinstance(block[key], dict | list):
            yield from _places(block[key])


def outcome(seed: int, run: bool) -> str:
    """What became of a file: "refused", "accepted", "ended in a line" or "ran".

    run: whether what is accepted is trained and measured, if that is a matter of seconds.
    Anything else is raised.
    """
    file = Path("params.yaml")
    file.write_bytes(params(seed))
    try:
        study = check.study()
    except StudyError as error:
        lines = str(error).splitlines()
        assert lines, seed
        assert all(line.startswith(str(file)) and len(line) < 2000 for line in lines), lines
        return "refused"
    if not run or not _is_small(study):
        return "accepted"
    prepare.main()
    for experiment in study.experiments:
        try:
            for unit in units.units(study, experiment):
                worker.train(unit, 1000.0)
                done.collect(unit)
            evaluate.main(experiment)
        except StudyError:  # no replica is left, say
            return "ended in a line"
    return "ran"


def _is_small(study) -> bool:
    """Whether it trains in seconds."""
    runs = [run for e in study.experiments.values() for run in e.runs.values()]
    sizes = [n for run in runs for n in run.arguments.values() if isinstance(n, int)]
    return (
        all(r.train.rounds <= 50 and len(r.train.seeds) < 5 and r.train.batch < 65 for r in runs)
        and max(sizes, default=0) < 100
        and all(len(datasets.SPLITS) and d.features < 100 for d in study.data.values())
        and study.device == "cpu"
    )
