"""How much computing: `budget` of params.yaml, and the numbers that depend on it.

    budget: cpu                                   taste, cpu or paper; cpu where it is left out
    rounds: { cpu: 20000, paper: 400000 }         any number of `train`, `arguments` and `draws`

A run is read with the numbers of the budget, so it is the same run in two budgets that give it the
same numbers. A taste needs no numbers of its own, it takes those of cpu with

    rounds     cpu / 100, and 20 at least, logged eight times
    seeds      0 and 1: never seeds of a result
    draws      4 of each test image
"""

from collections.abc import Iterator
from typing import Any

NAMES = ("taste", "cpu", "paper")
DEFAULT = "cpu"
SHARE, FEWEST, SEEDS, DRAWS, LOGS = 100, 20, 2, 4, 8  # of a taste


def of(content: dict) -> str:
    """The budget that the content of a params.yaml names."""
    found: str = content.get("budget", DEFAULT)
    return found


def choose(content: dict) -> list[str]:
    """Gives every run the numbers of the budget, in place, and returns what is wrong with them.

    content: of params.yaml, every run's block whole (pipeline/study/inheritance.py).
    """
    budget, problems = of(content), list[str]()
    if budget not in NAMES:  # pipeline/study/schema.py says what may stand there
        return []
    for e, experiment, runs in _experiments(content):
        for r, run in runs:
            where = f"experiments.{e}.runs.{r}"
            stated = _is_stated(run.get("train"))
            for key in ("arguments", "train"):
                if key in run:
                    run[key] = _chosen(run[key], budget, f"{where}.{key}", problems)
            if budget == "taste" and isinstance(run.get("train"), dict):
                _taste(run, stated)
        if "draws" in experiment:
            where, stated = f"experiments.{e}.draws", _is_stated({"rounds": experiment["draws"]})
            experiment["draws"] = _chosen(experiment["draws"], budget, where, problems)
            if budget == "taste" and not stated and isinstance(experiment["draws"], int):
                experiment["draws"] = min(experiment["draws"], DRAWS)
        elif budget == "taste":
            experiment["draws"] = DRAWS
    return problems


def depends(content: dict, experiment: str) -> bool:
    """Whether numbers of an experiment depend on the budget. content: of params.yaml, whole."""
    return of(content) == "taste" or any(
        _is_budgeted(part)
        for e, block, runs in _experiments(content)
        for part in (block.get("draws"), *(run for _, run in runs))
        if e == experiment
    )


def _experiments(content: dict) -> Iterator[tuple[str, dict, list[tuple[str, dict]]]]:
    """Each experiment with its runs, by name; blocks of a wrong type are left to the schema."""
    experiments = content.get("experiments")
    for e, experiment in experiments.items() if isinstance(experiments, dict) else ():
        if isinstance(experiment, dict):
            runs = experiment.get("runs")
            named = runs.items() if isinstance(runs, dict) else ()
            yield e, experiment, [(r, run) for r, run in named if isinstance(run, dict)]


def _is_choice(value: Any) -> bool:
    return isinstance(value, dict) and not value.keys().isdisjoint(NAMES)


def _is_budgeted(value: Any) -> bool:
    if _is_choice(value):
        return True
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_is_budgeted, parts))


def _chosen(value: Any, budget: str, where: str, problems: list[str]) -> Any:
    """A value with every choice in it made."""
    if _is_choice(value):
        if unknown := sorted(map(str, value.keys() - set(NAMES))):
            problems.append(
                f"{where}: no budget is named {unknown[0]}; allowed: taste, cpu, paper"
            )
        elif budget in value:
            return value[budget]
        elif budget == "taste" and DEFAULT in value:
            return value[DEFAULT]
        else:
            problems.append(f"{where}: has no number for the budget {budget}")
        return next(iter(value.values()))
    if isinstance(value, dict):
        return {k: _chosen(v, budget, f"{where}.{k}", problems) for k, v in value.items()}
    if isinstance(value, list):
        return [_chosen(v, budget, f"{where}.{i}", problems) for i, v in enumerate(value)]
    return value


def _is_stated(train: Any) -> bool:
    """Whether a block says how many rounds a taste has."""
    rounds = train.get("rounds") if isinstance(train, dict) else None
    return isinstance(rounds, dict) and "taste" in rounds


def _taste(run: dict, stated: bool) -> None:
    """A run cut to a taste. stated: whether it says its rounds itself."""
    train = run["train"]
    rounds, seeds = train.get("rounds"), train.get("seeds")
    if isinstance(rounds, int):
        if not stated:
            train["rounds"] = rounds = max(rounds // SHARE, FEWEST)
        train["log_every"] = max(rounds // LOGS, 1)
    if isinstance(seeds, list):
        run["arguments"] = _first(run.get("arguments"), len(seeds))
        cut = {
            key: _first(train[key], len(seeds)) for key in ("optimizer", "players") & train.keys()
        }
        train |= cut | {"seeds": list(range(min(SEEDS, len(seeds))))}


def _first(value: Any, replicas: int) -> Any:
    """A block whose lists of a number per replica hold those of the first replicas alone."""
    if isinstance(value, dict):
        return {key: _first(v, replicas) for key, v in value.items()}
    if isinstance(value, list) and len(value) == replicas > SEEDS:
        return value[:SEEDS]
    return value
