"""Command draw: the first rung of every search of space.yaml, as experiments of params.yaml.

    python -m pipeline draw

reads   space.yaml, params.yaml where there is one
writes  params.yaml, and dvc.yaml, claims.yaml, .dvc/ ... where a study has none

Searches that have been drawn stay as they stand; `python -m pipeline halve` takes them further.
The whole of params.yaml is made: what it says beside its searches stands in space.yaml, `study`.
"""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from pipeline.results.files import write_text
from pipeline.search import rungs as ladder
from pipeline.search import space as spaces
from pipeline.search.draws import draws
from pipeline.search.rungs import Rung
from pipeline.search.space import Space
from pipeline.stages import check, new_study
from pipeline.study import reader, yaml
from pipeline.study.errors import StudyError
from pipeline.study.schema import Study

MADE = "# Made of space.yaml and the reports by `python -m pipeline draw` and `halve`.\n\n"


def main() -> None:
    """Draws every search that has not been."""
    space = spaces.read()
    begun = drawn(space)
    found = {id: ladder.rungs(space, id, max(1, begun[id])) for id in space.searches}
    write(space, found)
    for id, rungs in found.items():
        runs = len(rungs[0].block["runs"])
        how = "was drawn" if begun[id] else f"{len(draws(space, id))} draws in {runs} runs"
        print(f"{id}: {how}; experiment {rungs[-1].experiment}")


def drawn(space: Space) -> dict[str, int]:
    """How many rungs of each search stand in params.yaml."""
    file = Path(reader.FILE)
    content = yaml.read(file, Study.model_fields) if file.is_file() else {}
    experiments = content.get("experiments") or {}
    return {
        id: sum(ladder.name(id, n + 1) in experiments for n in range(len(ladder.RUNGS)))
        for id in space.searches
    }


def write(space: Space, found: dict[str, list[Rung]]) -> None:
    """Makes params.yaml of these rungs; a fault in them leaves the file as it was."""
    experiments = {rung.experiment: rung.block for rungs in found.values() for rung in rungs}
    own = (space.study.get("experiments") or {}) | experiments
    classifiers = space.study.get("evaluation_classifier") or {}
    new_study.furnish(Path(), *classifiers, frozen=space.frozen)
    file = Path(reader.FILE)
    drawn = file.with_name(f".{file.name}.drawn")  # until it is known to be sound
    write_text(drawn, MADE + text(space.study | {"experiments": own}))
    try:
        check.study(drawn)
        drawn.replace(file)
    except StudyError as error:
        drawn.unlink()
        raise StudyError(str(error).replace(str(drawn), str(file)), error.code) from None


def text(content: dict[str, Any]) -> str:
    """A mapping as YAML 1.2: a list in one line, and a mapping that holds no other."""
    yaml12, written = YAML(), io.StringIO()
    yaml12.width = 2**16
    yaml12.dump(_laid_out(content), written)
    return written.getvalue()


def _laid_out(x: Any) -> Any:
    if isinstance(x, list):
        found = CommentedSeq(_laid_out(v) for v in x)
        if not any(isinstance(v, dict) for v in x):
            found.fa.set_flow_style()
        return found
    if isinstance(x, dict):
        block = CommentedMap({key: _laid_out(v) for key, v in x.items()})
        if not any(isinstance(v, dict) or len(str(v)) > 60 for v in x.values()):
            block.fa.set_flow_style()
        return block
    return x
