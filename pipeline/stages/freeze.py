"""Command freeze: the rules and the settings as they stand, entered before results are seen.

    python -m pipeline freeze [--day YYYY-MM-DD]

reads   claims.yaml, params.yaml, history.yaml, reports/claims.json, tuning/winners.yaml
writes  history.yaml     for each claim when its rule was entered, and what it first found
        settings.yaml    for each run a hash of its settings, its seeds, and what twice the
                         rounds changed in the search that its settings are from

Both are committed. No stage writes them, and none asks Git or a clock for what they say.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pipeline.results import schema
from pipeline.results.files import write_text
from pipeline.search import winners
from pipeline.stages import check
from pipeline.study import trainings
from pipeline.study.errors import StudyError
from pipeline.study.repository import ROOT
from pipeline.study.schema import Experiment, Study
from pipeline.verdicts import history, ledger, publication


def main(day: str = "") -> None:
    """Enter the claims and the settings of the study in the current folder. day: default today."""
    try:
        today = date.fromisoformat(day) if day else date.today()
    except ValueError:
        raise StudyError(f"--day: {day!r} is no day; it is written YYYY-MM-DD") from None
    experiments = check.study().experiments
    error, claims, _ = ledger.read("claims.yaml", experiments)
    before = history.read()
    after = history.freeze(claims, error, before, _results(), today)
    write_text(history.FILE, history.text(after))
    settings = trainings.freeze(experiments, trainings.frozen(), _doubled(experiments))
    write_text(trainings.FILE, trainings.text(settings))
    new = sum(name not in before or before[name].hash != e.hash for name, e in after.items())
    gone = len(history.withdrawn(claims, after))
    print(f"{history.FILE}: {len(claims)} claims, {new} of them entered now; {gone} withdrawn")
    print(f"{trainings.FILE}: {len(settings)} runs")
    for name, entry in settings.items():
        if again := sorted({*entry.used} & {*entry.seeds}):
            print(f"{name}: seeds {again} had other settings before; it moves on to new ones")


def told(settings: Study) -> list[str]:
    """What `check` says of the runs: what their seeds are for, and which are a user's own."""
    runs = {f"{e}/{r}": run for e, x in settings.experiments.items() for r, run in x.runs.items()}
    kinds = Counter(publication.meant_for(run.train.seeds) for run in runs.values())
    lines = [f"seeds: {count} runs are for {kind}" for kind, count in sorted(kinds.items())]
    known = trainings.frozen()
    own = [n for n, run in runs.items() if trainings.standing(n, run, known) == trainings.YOURS]
    return lines + [f"{name}: {trainings.YOURS}" for name in own]


def _doubled(experiments: Mapping[str, Experiment]) -> dict[str, trainings.Doubled]:
    """What twice the rounds of each run changed in a search that found or was given its settings.

    Of several the one of the metric that is to be flat, and of these that of the most rounds.
    Nothing where the searches are not, as in a copy of the study alone.
    """
    path = ROOT / "tuning" / winners.FILE
    known = winners.read(path).values() if path.is_file() else ()
    found = {}
    for e, experiment in experiments.items():
        flat = experiment.converged and experiment.converged.metric
        for r, run in experiment.runs.items():
            doubled = [d for winner in known if (d := winners.doubling(run, winner))]
            doubled.sort(key=lambda d: (f"{d.metric}_by_round" == flat, d.once))
            if doubled:
                found[f"{e}/{r}"] = doubled[-1]
    return found


def _results() -> dict[str, history.Result]:
    """The verdicts that were found, with the rules that found them."""
    path = Path("reports", "claims.json")
    try:
        found = schema.read(schema.Verdicts, path).claims if path.is_file() else []
    except schema.Outdated:
        return {}
    return {
        # A ledger that was decided before hashes were kept is in sight, by an unknown rule.
        c.id: history.Result(c.hash or "", c.verdict)
        for c in found
        if c.test is not None or c.n is not None
    }
