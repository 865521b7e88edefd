"""A reduced study: some experiments, two runs each, few rounds, three seeds.

    python -m tests.reduce FOLDER EXPERIMENT ...

For CI: what is trained is nothing to draw a conclusion from. Claims about the runs that are left
out are left out with them. That every run trains and is measured is for tests/test_runs.py.
"""

import sys
from pathlib import Path

from ruamel.yaml import YAML

SMALLER = ("gaussian_1d", "ring", "grid", "linear_gaussian")
RUNS = 2


def reduce(content: dict, names: list[str], rounds: int = 40, seeds: int = 3) -> dict:
    """The params of these experiments, two runs each, cut to so many rounds and seeds."""
    content["experiments"] = {name: content["experiments"][name] for name in names}
    content["train"]["seeds"] = list(range(seeds))
    content["train"]["log_every"] = max(rounds // 8, 1)
    for experiment in content["experiments"].values():
        for name in list(experiment["runs"])[RUNS:]:
            del experiment["runs"][name]
        for run in experiment["runs"].values():
            run.setdefault("train", {})["rounds"] = rounds
        if "best_of" in experiment:
            experiment["best_of"]["groups"] = [
                group
                for group in experiment["best_of"]["groups"]
                if any(name.startswith(f"{group}_") for name in experiment["runs"])
            ]
    for name in SMALLER:
        if name in content["data"]:
            content["data"][name].update(train=2_000, validation=500, test=1_000)
    return content


def kept(claims: dict, experiments: dict) -> dict:
    """The ledger without the claims about runs that are not there."""

    def is_there(claim):
        if "experiment" not in claim:
            return True
        experiment = experiments.get(claim["experiment"], {"runs": {}})
        named = {claim.get("run"), claim.get("versus"), *claim.get("runs", [])} - {None}
        return named <= {*experiment["runs"], *experiment.get("controls", [])}

    claims["claims"] = [claim for claim in claims["claims"] if is_there(claim)]
    settled = {k for claim in claims["claims"] for k in claim.get("corrections", [])}
    for name in set(claims.get("corrections", {})) - settled:
        del claims["corrections"][name]
    return claims


def main(folder: str, *names: str, rounds: int = 40, seeds: int = 3) -> None:
    yaml12 = YAML()
    params, ledger = Path(folder, "params.yaml"), Path(folder, "claims.yaml")
    content = yaml12.load(params.read_text(encoding="utf-8"))
    content = reduce(content, list(names), rounds, seeds)
    claims = kept(yaml12.load(ledger.read_text(encoding="utf-8")), content["experiments"])
    for path, what in ((params, content), (ledger, claims)):
        with open(path, "w", encoding="utf-8") as file:
            yaml12.dump(what, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
