"""Command verify: how near this machine came to what was published, run by run.

    python -m pipeline verify [REPORTS]

reads   reports/metrics/*.json, and those of the folder REPORTS; default: those that Git has
Prints for each run

    equal bytes                        every value of every metric is the published one
    inside the prediction intervals    the mean of each lies where that of new seeds does, in 99 %
    neither                            and which metrics lie outside

or that it is another run now, or was not measured here. Of a hundred metrics one lies outside by
chance: pipeline/verdicts/repetition.py.
"""

import io
import json
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.results import schema
from pipeline.results.schema import MeasuredRun
from pipeline.study import trainings
from pipeline.study.errors import DATA, StudyError
from pipeline.study.schema import Run
from pipeline.verdicts import prediction, repetition, within

METRICS = "reports/metrics"
OTHER, ABSENT = "another run now", "not measured here"
Experiments = Mapping[str, Mapping[str, MeasuredRun]]


def main(reports: str = "") -> None:
    """Compare the reports of the current folder with published ones. reports: their folder."""
    published = _parsed(_files(Path(reports, "metrics")) if reports else _committed())
    here = _parsed(_files(Path(METRICS)))
    if not published:
        raise StudyError(f"{reports or 'Git'}: no metrics/*.json to compare with", DATA)
    levels: Counter[str] = Counter()
    by_chance = 0.0
    for name, level, outside, chance in compared(here, published):
        levels[level] += 1
        by_chance += chance if level != "equal bytes" else 0.0
        told = f": {', '.join(outside)}" if outside else ""
        print(f"{level:31}  {name}{told}")
    print("; ".join(f"{count} {level}" for level, count in levels.most_common()))
    if by_chance:
        print(f"By chance alone {by_chance:.2g} metrics of these runs lie outside on the average.")


def compared(
    here: Experiments, published: Experiments
) -> Iterator[tuple[str, str, list[str], float]]:
    """Of each published run: its name, the level reached, what is outside, how much is by chance.

    here, published: measured runs by experiment and name.
    """
    for experiment, runs in published.items():
        for name, then in runs.items():
            now = here.get(experiment, {}).get(name)
            if now is None or _settings(now) != _settings(then):
                yield f"{experiment}/{name}", ABSENT if now is None else OTHER, [], 0.0
                continue
            intervals = {
                key: _interval(key, name, runs, len(now.train.seeds)) for key in then.metrics
            }
            means = {key: prediction.middle(m.values) for key, m in now.metrics.items()}
            found = repetition.reached(_values(now) == _values(then), means, intervals)
            yield f"{experiment}/{name}", found.level, found.outside, found.by_chance


def _interval(
    key: str, name: str, runs: Mapping[str, MeasuredRun], seeds: int
) -> prediction.Prediction | None:
    """Where the mean of so many new seeds lies: the printed interval, where they are as many."""
    given = {other: run.metrics[key] for other, run in runs.items() if key in run.metrics}
    share = all(metric.share for metric in given.values())
    where = {name: within.Range(given[name].least, given[name].most)}
    own = len(given[name].values)
    new = seeds if own == len(runs[name].train.seeds) else own
    return prediction.of_runs({n: m.values for n, m in given.items()}, share, new, where)[name]


def _values(run: MeasuredRun) -> object:
    """All that was measured, exactly; and of which seeds."""
    kinds = (run.metrics, run.histograms, run.series, run.profiles)
    measured = [
        {key: getattr(found, "values", None) or getattr(found, "lines", None)}
        for kind in kinds
        for key, found in sorted(kind.items())
    ]
    return run.train.seeds, measured


def _settings(run: MeasuredRun) -> object:
    """What a run is, whatever its seeds."""
    block = Run(data=run.data.name, model=run.model, arguments=run.arguments, train=run.train)
    return trainings.settings(block), run.draws


def _parsed(files: Mapping[str, str]) -> Experiments:
    """The measured runs of each experiment; a report of an older version is left out."""
    found = {}
    for path, text in sorted(files.items()):
        try:
            content = schema.parse(schema.Measurements, _json(text, path), path)
        except schema.Outdated:
            continue
        found[content.experiment] = content.runs
    return found


def _json(text: str, path: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise StudyError(f"{path}: not sound JSON ({error})", DATA) from None


def _files(folder: Path) -> dict[str, str]:
    return {str(file): file.read_text(encoding="utf-8") for file in folder.glob("*.json")}


def _committed() -> dict[str, str]:
    """The reports that Git has of this folder."""
    try:
        done = subprocess.run(
            ["git", "archive", "HEAD", METRICS], capture_output=True, check=False
        )
        reason = done.stderr.decode(errors="replace").strip().splitlines()
    except OSError as error:
        raise StudyError(f"git: {error.strerror}; name a folder of reports", DATA) from None
    if done.returncode:
        raise StudyError(f"{METRICS}: {reason[-1] if reason else 'not in Git'}", DATA)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        read = {m.name: archive.extractfile(m) for m in archive if m.name.endswith(".json")}
        return {name: file.read().decode() for name, file in read.items() if file is not None}
