"""Command halve: the next rung of every search of which the last one has been measured.

    python -m pipeline halve

reads   space.yaml, params.yaml, reports/metrics/*.json
writes  params.yaml     the next rung of each search, beside those that it has (search/rungs.py)
        winners.yaml    what each search found whose last rung is measured (search/winners.py)
"""

from pipeline.results.files import write_text
from pipeline.search import rungs as ladder
from pipeline.search import space as spaces
from pipeline.search import winners
from pipeline.stages import draw
from pipeline.study.errors import StudyError

MADE = "# What every search of space.yaml found; made by `python -m pipeline halve`.\n\n"


def main() -> None:
    """Takes every search a rung further, where the last is measured."""
    space = spaces.read()
    begun = draw.drawn(space)
    if waiting := [id for id, rungs in begun.items() if not rungs]:
        raise StudyError(f"{', '.join(waiting)}: not drawn yet; run `python -m pipeline draw`")
    found = {id: ladder.rungs(space, id) for id in space.searches}
    draw.write(space, found)
    ended = {id: winners.found(space, id, rungs) for id, rungs in found.items()}
    whole = {id: winner for id, winner in ended.items() if winner}
    if whole:
        write_text(winners.FILE, MADE + draw.text(whole))
    for id, rungs in found.items():
        last = rungs[-1]
        told = f"{last.experiment} is to be trained and measured"
        if last.results is not None:
            told = f"done, winner {whole[id]['winner']}"
        elif len(rungs) > begun[id]:
            told = f"{len(last.block['runs'])} runs; {told}"
        print(f"{id}: {told}")
